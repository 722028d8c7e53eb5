import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AclStore, parseDocument, parseIdentity } from '@arpa2amqp/acl';
import { completionOf, DEFAULT_LIMITS, identityOf, type Batch } from '@arpa2amqp/protocol';
import { CommandTable, defineShell, inlineHost, readDescription, type Caller } from '@arpa2amqp/shell';
import fc from 'fast-check';
import {
  AclAuthorizer,
  Dispatcher,
  MemoryJournal,
  ShellRegistry,
  type AclAuthorizerOptions,
  type Authorizer,
} from '../src/index.js';

const ran: string[] = [];
const OPEN = { effect: 'read', open: true, summary: 'Open' } as const;
const zone = { class: 'garden.bed', instances: ['<bed:lower>'] };
const garden = defineShell({
  name: 'garden',
  version: '1.0',
  intro: 'Grows things.',
  complete: { bed: () => ['north', 'south'], plant: () => ['fern'], data: () => ['10', '20', 'a.nep'] },
  commands: [
    { spec: 'look', ...OPEN, run: (call) => call.print('green') },
    {
      spec: 'bed ( add <bed> | list | plant <bed> <plant> | choose <bed> )',
      summary: 'Beds',
      effect: 'change',
      open: ['choose'],
      needs: [
        { with: ['add'], rights: 'CW', ...zone },
        { with: ['plant'], rights: 'W', ...zone },
        { with: ['list'], rights: 'K', class: 'garden.bed' },
      ],
      run: (call) => void ran.push(call.words.join(' ')),
    },
    {
      spec: 'seed ( sow <bed> [deep] | sow:sow-all | count | buy )',
      summary: 'Seeds',
      effect: 'change',
      reads: ['count'],
      session: ['deep'],
      help: { seed: 'What is sown', deep: 'Below the frost', count: 'Count them' },
      needs: [
        { rights: 'K', class: 'garden.seed' },
        { with: ['sow'], rights: 'W', class: 'garden.seed', instances: ['<bed:lower>'] },
        { with: ['sow-all'], rights: 'W', class: 'garden.seed' },
        { with: ['deep'], rights: 'O', class: 'garden.seed', instances: ['<bed:lower>'] },
        { with: ['count'], rights: 'R', class: 'garden.seed' },
        { with: ['buy'], rights: 'W', class: 'garden.seed', instances: ['the shop'] },
      ],
      run: () => undefined,
    },
    {
      spec: 'mail <type> <data> [...]',
      summary: 'Mail',
      effect: 'change',
      needs: { rights: 'W', class: 'garden.mail', instances: ['<type:dns-record data...>', '<type:dns-type>'] },
      run: () => undefined,
    },
    { spec: 'burn', summary: 'Burn', effect: 'change', needs: { rights: 'D', class: 'garden' }, run: () => undefined },
  ],
});

const folder = mkdtempSync(path.join(tmpdir(), 'arpa2-authorizer-'));
const shells = new ShellRegistry();
const journal = new MemoryJournal();
let store: AclStore;
let dispatcher: Dispatcher;
beforeAll(async () => {
  shells.add(inlineHost(garden));
  store = await AclStore.create(path.join(folder, 'acl.mdb'), parseIdentity('admin@example.com'));
  await store.importDocument(
    parseDocument(`
      acl garden.bed "" %W @far.example.com
      acl garden.bed "north" %RW john@example.com %C @.example.com
      acl garden.bed "south" %CW @example.com %R john@example.com
      acl garden "" %D admin@example.com`),
    { by: 'test', mode: 'merge' },
  );
  dispatcher = dispatcherWith(new AclAuthorizer({ store }));
});
afterAll(async () => {
  await shells.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function dispatcherWith(authorizer: Authorizer): Dispatcher {
  return new Dispatcher({ shells, authorizer, journal, limits: DEFAULT_LIMITS });
}

let ids = 0;
async function run(identity: string, commands: readonly unknown[], by = dispatcher) {
  const caller: Caller = { identity, principal: 'x', expires: new Date(Date.now() + 60_000) };
  const batch: Batch = {
    id: `id-${(ids += 1)}`,
    to: '/internetwide/arpa2.test/reservoir',
    replyTo: 'reply',
    issuedMs: Date.now(),
    expiresMs: Date.now() + 30_000,
    isAtomic: false,
    confirmSeconds: 0,
    isDryRun: false,
    commands: commands.map((command) => (typeof command === 'string' ? { words_: command.split(' ') } : command)),
  };
  return await by.run(batch, caller);
}
const codes = async (identity: string, ...lines: string[]) =>
  (await run(identity, lines)).map(({ error_: error }) => error?.code ?? 'ok');
const values = async (identity: string, ...words: string[]) => {
  const [reply] = await run(identity, [{ complete_: { words, partial: '' } }]);
  return completionOf(reply!)?.candidates.map(({ value }) => value);
};

test('who has no entry may do what is open, and nothing else', async () => {
  ran.length = 0;
  const replies = await codes(
    'nobody@elsewhere.org',
    ...['garden look', 'garden whoami', 'garden ping6', 'garden bed choose north', 'garden bed list'],
    ...['garden bed add east', 'garden bed plant north fern', 'garden burn'],
  );
  expect(replies).toEqual(['ok', 'ok', 'ok', 'ok', 'denied', 'denied', 'denied', 'denied']);
  expect(ran).toEqual(['bed choose north']);
});

test('a denied command fails alone and says what is missing', async () => {
  ran.length = 0;
  const replies = await run('john@example.com', ['garden bed plant South rose', 'garden bed plant North rose']);
  expect(replies).toEqual([
    {
      stderr_: 'Denied: john@example.com has no right W (write) on garden.bed "south"\n',
      error_: expect.objectContaining({ code: 'denied' }),
    },
    { stdout_: '' },
  ]);
  expect(ran).toEqual(['bed plant North rose']);
});

test('each of the rights is needed, on the instance or else on the class', async () => {
  expect(await codes('mary@example.com', 'garden bed add south', 'garden bed add north')).toEqual(['ok', 'denied']);
  expect(await codes('x@sub.example.com', 'garden bed add north')).toEqual(['denied']);
  expect(await codes('x@far.example.com', 'garden bed plant east fern', 'garden bed plant north fern')).toEqual([
    'ok',
    'denied',
  ]);
});

test('a batch of which nothing may run is not put into the journal', async () => {
  const before = journal.size;
  await codes('nobody@elsewhere.org', 'garden burn');
  expect(journal.size).toBe(before);
  await codes('admin@example.com', 'garden burn');
  expect(journal.size).toBe(before + 1);
});

test('a name that no resource can have is denied', async () => {
  const [reply] = await run('x@far.example.com', [{ words_: ['garden', 'bed', 'plant', 'ünder', 'fern'] }]);
  expect(reply).toMatchObject({
    error_: { code: 'denied' },
    stderr_: expect.stringContaining('not clear what it is about'),
  });
});

test.each([
  '',
  'john',
  'jo hn@example.com',
  'jöhn@example.com',
  `${'x'.repeat(512)}@example.com`,
  '@example.com',
  '@.',
])('the identity %j is denied everything', async (identity) => {
  expect(await codes(identity, 'garden look', 'garden bed list', 'garden whoami')).toEqual(Array(3).fill('denied'));
  expect(await values(identity, 'garden')).toEqual([]);
});

test('what a principal is mapped to is always an identity of the lists', () => {
  const part = fc.stringMatching(/^[!-~]{0,6}$/);
  fc.assert(
    fc.property(part, part, fc.option(part, { nil: null }), (user, realm, host) => {
      let identity: string;
      try {
        identity = identityOf(`${user}${host === null ? '' : `/${host}`}@${realm}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid-principal' });
        return;
      }
      expect(parseIdentity(identity)).toBe(identity);
    }),
    { numRuns: 2000 },
  );
});

test('help, describe and completion show what the caller may do', async () => {
  const help = async (identity: string) => String((await run(identity, ['garden help']))[0]?.stdout_);
  expect(await help('nobody@elsewhere.org')).toMatch(/look/);
  expect(await help('nobody@elsewhere.org')).not.toMatch(/bed|burn/);
  expect(await help('john@example.com')).toMatch(/bed/);
  expect(await help('john@example.com')).not.toMatch(/burn/);
  const [description] = await run('nobody@elsewhere.org', ['garden describe']);
  const specs = (description as { commands: { spec: string }[] }).commands.map(({ spec }) => spec);
  expect(specs).toContain('look');
  expect(specs).not.toContain('burn');
  expect(await values('admin@example.com', 'garden')).toContain('burn');
  expect(await values('john@example.com', 'garden', 'bed', 'plant')).toEqual(['north']);
  expect(await values('mary@example.com', 'garden', 'bed', 'plant')).toEqual(['south']);
  expect(await values('mary@example.com', 'garden', 'bed', 'plant', 'south')).toEqual(['fern']);
  expect(await values('mary@example.com', 'garden', 'bed', 'plant', 'north')).toEqual([]);
  expect(await values('nobody@elsewhere.org', 'garden', 'bed', 'plant')).toEqual([]);
});

describe('of a command only the forms are shown that may be given', () => {
  const next = async (identity: string, ...words: string[]) => {
    const [reply] = await run(identity, [{ complete_: { words: ['garden', ...words], partial: '' } }]);
    const { candidates, placeholders, mayEnd } = completionOf(reply!)!;
    return [...candidates.map(({ value }) => value), ...placeholders.map(({ name }) => name), ...(mayEnd ? ['.'] : [])];
  };
  const help = async (identity: string, topic: string) =>
    String((await run(identity, [`garden help ${topic}`]))[0]?.stdout_);

  beforeAll(async () => {
    await store.importDocument(
      parseDocument(`
        acl garden.bed "" %K keeper@garden.org
        acl garden.seed "" %K sower@example.com %K idler@example.com %KR counter@example.com %KRW owner@example.com %W odd@example.com %K buyer@example.com
        acl garden.seed "the shop" %W buyer@example.com
        acl garden.seed "south" %W sower@example.com
        acl garden.seed "north" %WO owner@example.com`),
      { by: 'test', mode: 'merge' },
    );
  });

  test('in completion, also behind the words of one that may not', async () => {
    expect(await next('keeper@garden.org', 'bed')).toEqual(['choose', 'list']);
    expect(await next('john@example.com', 'bed')).toEqual(['choose', 'plant']);
    expect(await next('mary@example.com', 'bed')).toEqual(['add', 'choose', 'plant']);
    expect(await next('keeper@garden.org', 'bed', 'choose')).toEqual(['north', 'south', '<bed>']);
    expect(await next('keeper@garden.org', 'bed', 'add')).toEqual([]);
    expect(await next('keeper@garden.org', 'bed', 'plant', 'north')).toEqual([]);
    // Not even the command, when nothing but open forms is left, or what all forms need is missing.
    expect(await values('idler@example.com', 'garden')).not.toContain('seed');
    expect(await next('idler@example.com', 'seed')).toEqual([]);
    expect(await values('odd@example.com', 'garden')).not.toContain('seed');
  });

  test('and of the values of several that one resource is named after, each for those before it', async () => {
    await store.importDocument(
      parseDocument('acl garden.mail "mx" %W post@example.com\nacl garden.mail "mx 20" % post@example.com'),
      { by: 'test', mode: 'merge' },
    );
    expect(await next('post@example.com', 'mail', 'MX')).toEqual(['10', '<data>']);
    expect(await next('post@example.com', 'mail', 'MX', '10')).toEqual(['10', '20', 'a.nep', '<data>', '.']);
    expect(await next('post@example.com', 'mail', 'MX', '20')).toEqual(['<data>', '.']);
    const lines = ['garden mail MX 10 a.nep', 'garden mail mx 020 a.nep', 'garden mail MX 30', 'garden mail TXT 10'];
    expect(await codes('post@example.com', ...lines)).toEqual(['ok', 'denied', 'ok', 'denied']);
  });

  test('and what is optional, or stands for two forms, is shown for those that may be given', async () => {
    expect(await next('counter@example.com', 'seed')).toEqual(['count']);
    expect(await next('sower@example.com', 'seed')).toEqual(['sow']);
    expect(await next('buyer@example.com', 'seed')).toEqual(['buy', 'sow']);
    expect(await next('owner@example.com', 'seed')).toEqual(['buy', 'count', 'sow']);
    expect(await next('sower@example.com', 'seed', 'sow')).toEqual(['south', '<bed>']);
    expect(await next('sower@example.com', 'seed', 'sow', 'south')).toEqual(['.']);
    expect(await next('owner@example.com', 'seed', 'sow')).toEqual(['north', 'south', '<bed>', '.']);
    expect(await next('owner@example.com', 'seed', 'sow', 'north')).toEqual(['deep', '.']);
  });

  test('in help, with the lines of help for their words', async () => {
    expect(await help('keeper@garden.org', 'bed')).toBe('bed (list | choose <bed>)\n    Beds\n');
    expect(await help('sower@example.com', 'seed')).toBe(
      'seed sow <bed>\n    What is sown\n      seed  What is sown\n',
    );
    expect(await help('counter@example.com', 'seed')).toBe(
      'seed count\n    What is sown\n      seed   What is sown\n      count  Count them\n',
    );
    expect(await help('idler@example.com', 'seed')).toBe('undefined');
  });

  test('in describe, as a description of its own that another program can compile', async () => {
    const describing = async (identity: string) => {
      const [reply] = await run(identity, ['garden describe']);
      const table = new CommandTable(readDescription(reply));
      return { table, find: (head: string) => table.description.commands[table.find(head) ?? -1] };
    };
    const keeper = await describing('keeper@garden.org');
    expect(keeper.find('seed')).toBeUndefined();
    expect(keeper.find('bed')).toEqual({
      spec: 'bed (list | choose <bed>)',
      summary: 'Beds',
      effect: 'change',
      open: ['choose'],
      needs: [{ with: ['list'], rights: 'K', class: 'garden.bed' }],
      live: ['bed'],
    });
    const { find, table } = await describing('sower@example.com');
    expect(find('seed')).toMatchObject({ spec: 'seed sow <bed>', needs: [{ rights: 'K' }, { with: ['sow'] }] });
    for (const about of ['reads', 'session', 'help.deep']) expect(find('seed')).not.toHaveProperty(about);
    expect(table.planLine(['seed', 'count'])).toMatchObject({ ok: false, code: 'syntax' });
    const owner = await describing('owner@example.com');
    expect(owner.find('seed')?.spec).toBe('seed ( sow <bed> [deep] | sow:sow-all | count | buy )');
  });

  test('what is hidden is denied, and what is shown is granted somewhere', async () => {
    expect(await codes('keeper@garden.org', 'garden bed list', 'garden bed add x')).toEqual(['ok', 'denied']);
    const lines = ['garden seed sow south', 'garden seed sow south deep', 'garden seed sow', 'garden seed count'];
    expect(await codes('sower@example.com', ...lines)).toEqual(['ok', 'denied', 'denied', 'denied']);
  });
});

test('what is wrong with a command is told without what the caller may not see', async () => {
  const told = async (identity: string, command: unknown): Promise<string> => {
    const [reply] = await run(identity, [command]);
    return `${String(reply?.error_?.code)}: ${String(reply?.stderr_)}`;
  };
  const json = { do_: 'garden bed', bogus: 'x' };
  // Whose lists grant everything in one place or another is told of every form.
  expect(await told('admin@example.com', 'garden burm')).toMatch(/^unknown-command: .*did you mean "burn"/);
  expect(await told('x@far.example.com', 'garden bed bogus')).toMatch(
    /^syntax: .*expected "add", "plant" or "choose"\n$/,
  );
  expect(await told('y@example.com', 'garden bed bogus')).toMatch(/"choose"\n$/);
  expect(await told('x@far.example.com', json)).not.toMatch(/\blist\b/);
  expect(await told('x@far.example.com', 'garden burm')).toBe('unknown-command: garden has no command "burm"\n');
  expect(await told('x@far.example.com', 'garden burn now')).toBe(
    'denied: Denied: no form of "burn" is granted to you\n',
  );
  expect(await told('x@elsewhere.org', 'garden bed bogus')).toMatch(/^denied: Denied: no form of "bed"/);
  expect(await told('x@elsewhere.org', 'gardem look')).toMatch(/did you mean "garden"\?; the host has garden/);
});

test('a change of the lists holds for the next batch', async () => {
  const line = 'garden bed plant west fern';
  expect(await codes('new@example.com', line)).toEqual(['denied']);
  expect(await values('new@example.com', 'garden', 'bed', 'plant')).toEqual(['south']);
  await store.importDocument(parseDocument('acl garden.bed "west" %W new@example.com'), { by: 'test', mode: 'merge' });
  expect(await codes('new@example.com', line)).toEqual(['ok']);
});

test('whoami tells groups and roles, those by way of others included', async () => {
  await store.importDocument(
    parseDocument('group crew@example.com mia@example.com\nrole boss@example.com crew@example.com'),
    { by: 'test', mode: 'merge' },
  );
  const [reply] = await run('mia+phone@example.com', ['garden whoami']);
  expect(reply?.stdout_).toContain('\nGroups:     crew@example.com\nRoles:      boss@example.com\n');
  expect((await run('odd%name@example.com', ['garden whoami']))[0]?.stdout_).not.toContain('Groups');
});

test('lists that cannot be read grant nothing', async () => {
  const failures: unknown[] = [];
  const broken: AclAuthorizerOptions['store'] = {
    decide: () => {
      throw new Error('MDB_READERS_FULL');
    },
    grantsSomewhere: () => true,
    membershipsOf: () => {
      throw new Error('MDB_READERS_FULL');
    },
    kindOf: () => null,
  };
  const authorizer = new AclAuthorizer({ store: broken, onFailure: (error) => failures.push(error) });
  const by = dispatcherWith(authorizer);
  const replies = await run('john@example.com', ['garden look', 'garden bed plant north fern'], by);
  expect(replies.map(({ error_: error }) => error?.code)).toEqual(['unavailable', 'unavailable']);
  expect(await run('john@example.com', ['garden whoami'], by)).toMatchObject([{ error_: { code: 'unavailable' } }]);
  failures.pop();
  expect(failures).toMatchObject([{ code: 'acl-unavailable', cause: { message: 'MDB_READERS_FULL' } }]);
  expect(await run('john@example.com', ['garden look'], by)).toEqual([{ stdout_: 'green\n' }]);
});
