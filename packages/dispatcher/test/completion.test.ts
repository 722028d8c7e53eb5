import { afterAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, completionOf, type Batch, type Reply } from '@arpa2amqp/protocol';
import { defineShell, inlineHost, type Caller } from '@arpa2amqp/shell';
import { Dispatcher, MemoryJournal, ShellRegistry, openAuthorizer, type Authorizer } from '../src/index.js';

const caller: Caller = {
  identity: 'demo@arpa2.test',
  principal: 'demo@ARPA2.TEST',
  expires: new Date(Date.now() + 3_600_000),
};

const shells = new ShellRegistry();
let opened = 0;
shells.add(
  inlineHost(
    defineShell<number>({
      name: 'garden',
      version: '1.0',
      intro: 'Grows things.\nVersion 1.0 of it.',
      types: { tool: { type: 'choice', choices: ['spade', 'rake', 'saw'], help: 'What to dig with' } },
      openSession: () => ++opened,
      complete: {
        plant: () => ['fern', 'fennel', { value: 'fig', help: 'A tree' }, 'secret-fern', '\u001b[31mred'],
        bed: () => Array.from({ length: 500 }, (_, index) => `bed-${index}`),
        tool: () => [{ value: 'spade', help: 'Digs' }, { value: 'scythe' }],
        password: () => ['hunter2'],
        never: async () => await new Promise(() => undefined),
      },
      commands: [
        {
          spec: 'plant ( add | del ) <plant> [ at <bed> ] [ with <tool> ] <note...>',
          summary: 'Change the plants',
          effect: 'change',
          open: true,
          help: { add: 'Put it in', '<plant>': 'Name of the plant', '<note>': 'To remember' },
          run: (call) => call.print('planted'),
        },
        {
          spec: 'unlock <password> <code>',
          summary: 'Open the gate',
          effect: 'read',
          open: true,
          types: {
            password: { type: 'string', secret: true },
            code: { type: 'choice', choices: ['1234'], secret: true },
          },
          run: () => undefined,
        },
        { spec: 'wait <never>', summary: 'Wait', effect: 'read', open: true, run: () => undefined },
        { spec: 'burn', summary: 'Burn all', effect: 'change', open: true, run: () => undefined },
      ],
    }),
  ),
);
shells.add(inlineHost(defineShell({ name: 'gate', version: '1', intro: '', commands: [hidden('open')] })));
afterAll(async () => {
  await shells.close();
});

function hidden(spec: string) {
  return { spec, summary: 'Probe', effect: 'read' as const, open: true as const, run: () => undefined };
}

/** Hides `burn`, all of `gate`, and values that say that they are secret. */
const careful: Authorizer = {
  ...openAuthorizer,
  visible: async (requests) =>
    await Promise.resolve(
      requests.map(
        ({ shell, command, candidate }) =>
          shell !== 'gate' && command.spec !== 'burn' && candidate?.value.startsWith('secret') !== true,
      ),
    ),
};

function dispatcherWith(authorizer: Authorizer): Dispatcher {
  return new Dispatcher({ shells, authorizer, journal: new MemoryJournal(), limits: DEFAULT_LIMITS });
}

let ids = 0;
function batchOf(commands: readonly unknown[]): Batch {
  ids += 1;
  const [issuedMs, expiresMs] = [Date.now(), Date.now() + 30_000];
  const flags = { isAtomic: false, confirmSeconds: 0, isDryRun: false };
  return { id: `id-${ids}`, to: null, replyTo: null, issuedMs, expiresMs, ...flags, commands };
}

const asking = (line: string, partial = '') => ({ complete_: { words: line.split(' ').filter(Boolean), partial } });

async function complete(line: string, partial = '', authorizer: Authorizer = openAuthorizer) {
  const [reply] = await dispatcherWith(authorizer).run(batchOf([asking(line, partial)]), caller);
  const completion = completionOf(reply!);
  if (completion === undefined) throw new Error(`not an answer: ${JSON.stringify(reply)}`);
  return { ...completion, values: completion.candidates.map(({ value }) => value) };
}

const NOTHING: Reply = { candidates: [], placeholders: [], mayEnd: false };

describe('completion', () => {
  test('begins with the shells and their commands', async () => {
    expect((await complete('')).candidates).toEqual([{ value: 'garden', help: 'Grows things.' }, { value: 'gate' }]);
    expect((await complete('', 'gar')).values).toEqual(['garden']);
    const { candidates, values, mayEnd } = await complete('garden');
    expect(values).toEqual([...values].sort());
    expect(values).toEqual(expect.arrayContaining(['burn', 'help', 'plant', 'unlock', 'wait', 'whoami']));
    expect(candidates).toContainEqual({ value: 'plant', help: 'Change the plants' });
    expect(mayEnd).toBe(false);
    expect(await complete('garden burn')).toMatchObject({ candidates: [], placeholders: [], mayEnd: true });
    expect((await complete('garden help', 'un')).candidates).toEqual([{ value: 'unlock', help: 'Open the gate' }]);
  });

  test('tells literals, live values, choices and placeholders, each with its help', async () => {
    expect(await complete('garden plant')).toMatchObject({
      candidates: [{ value: 'add', help: 'Put it in' }, { value: 'del' }],
      placeholders: [],
    });
    expect(await complete('garden plant add', 'f')).toMatchObject({
      candidates: [{ value: 'fennel' }, { value: 'fern' }, { value: 'fig', help: 'A tree' }],
      placeholders: [{ name: '<plant>', help: 'Name of the plant' }],
      mayEnd: false,
    });
    expect((await complete('garden plant add')).values).toContain('\u001b[31mred');
    expect(await complete('garden plant add fern with', 's')).toMatchObject({
      candidates: [{ value: 'saw' }, { value: 'scythe' }, { value: 'spade', help: 'Digs' }],
      placeholders: [
        { name: '<tool>', help: 'What to dig with' },
        { name: '<note...>', help: 'To remember' },
      ],
      mayEnd: true,
    });
    expect((await complete('garden plant add fern with', 'x')).placeholders.map(({ name }) => name)).toEqual([
      '<note...>',
    ]);
  });

  test('lists 200 candidates and says that there are more', async () => {
    const first = await complete('garden plant add fern at');
    expect(first.values).toHaveLength(200);
    expect(first.more).toBe(true);
    const narrowed = await complete('garden plant add fern at', 'bed-49');
    expect(narrowed.values).toHaveLength(11);
    expect(narrowed).not.toHaveProperty('more');
  });

  test('never shows a secret', async () => {
    expect(await complete('garden unlock')).toMatchObject({ candidates: [], placeholders: [{ name: '<password>' }] });
    expect(await complete('garden unlock x')).toMatchObject({ candidates: [], placeholders: [{ name: '<code>' }] });
    const [description] = await dispatcherWith(openAuthorizer).run(batchOf([{ do_: 'garden describe' }]), caller);
    expect(JSON.stringify(description)).toContain('"code":{"type":"string","secret":true}');
    expect(JSON.stringify(description)).not.toContain('1234');
  });

  test('shows what the caller may see', async () => {
    expect((await complete('', '', careful)).values).toEqual(['garden']);
    expect((await complete('garden', '', careful)).values).not.toContain('burn');
    expect((await complete('garden help', '', careful)).values).not.toContain('burn');
    expect(await complete('garden burn', '', careful)).toMatchObject(NOTHING);
    expect((await complete('garden plant add', 'f', careful)).values).toEqual(['fennel', 'fern', 'fig']);
    expect((await complete('garden plant add', 's', careful)).values).toEqual([]);
    const replies = await dispatcherWith(careful).run(
      batchOf([{ do_: 'garden help' }, { do_: 'garden help', command: 'burn' }, { do_: 'garden describe' }]),
      caller,
    );
    expect(replies[1]).toMatchObject({ stderr_: expect.stringMatching(/^No help on "burn"/) });
    expect(JSON.stringify([replies[0], replies[2]])).not.toContain('burn');
    const failing: Authorizer = {
      ...openAuthorizer,
      visible: async () => await Promise.reject(new Error('the store is away')),
    };
    for (const line of ['', 'garden', 'garden plant', 'garden plant add']) {
      expect(await complete(line, '', failing)).toMatchObject(NOTHING);
    }
  });

  test.each([
    'nowhere',
    'garden fly',
    'garden plant eat',
    'garden burn now',
    'garden version 1 2',
    'constructor',
    'garden __proto__',
  ])('knows nothing behind "%s", which is no error', async (line) => {
    expect(await complete(line)).toMatchObject(NOTHING);
  });

  test('drops what takes longer than 200 ms', async () => {
    const start = performance.now();
    expect(await complete('garden wait')).toMatchObject({ candidates: [], placeholders: [{ name: '<never>' }] });
    expect(performance.now() - start).toBeGreaterThan(150);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('stands between commands, runs none, and is not journalled', async () => {
    const journal = new MemoryJournal({ maxBatches: 0 });
    const dispatcher = new Dispatcher({ shells, authorizer: openAuthorizer, journal, limits: DEFAULT_LIMITS });
    const replies = await dispatcher.run(
      batchOf([{ do_: 'garden version' }, asking('garden', 'pl'), { do_: 'garden ping6' }]),
      caller,
    );
    expect(replies).toEqual([
      { stdout_: 'garden-1.0\n' },
      { candidates: [{ value: 'plant', help: 'Change the plants' }], placeholders: [], mayEnd: false },
      { stdout_: 'pong6\n' },
    ]);
    const denying: Authorizer = {
      ...openAuthorizer,
      decide: async (requests) =>
        await Promise.resolve(requests.map(({ call }) => ({ isGranted: call.args[0] !== 'plant', reason: 'no' }))),
    };
    const plant = { do_: 'garden plant add', plant: 'fern', note: 'x' };
    const mixed = await dispatcherWith(denying).run(
      batchOf([asking('garden', 'pl'), plant, asking(''), { do_: 'garden ping6' }]),
      caller,
    );
    expect(mixed.map(({ error_: error, stdout_: out }) => error?.code ?? out)).toEqual([
      undefined,
      'denied',
      undefined,
      'pong6\n',
    ]);
  });

  test('does not fill the memory with answers', async () => {
    const many = Array.from({ length: 500 }, () => asking('garden plant add fern at'));
    const limits = { ...DEFAULT_LIMITS, maxMessageBytes: 10_000 };
    const dispatcher = new Dispatcher({ shells, authorizer: openAuthorizer, journal: new MemoryJournal(), limits });
    const replies = await dispatcher.run(batchOf(many), caller);
    expect(replies[0]).toMatchObject({ more: true });
    expect(replies.at(-1)).toMatchObject({ error_: { code: 'too-large' } });
  });
});
