import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Dispatcher, MemoryJournal, openAuthorizer, ShellRegistry } from '@arpa2amqp/dispatcher';
import { BusError, DEFAULT_LIMITS, type Command, type Reply } from '@arpa2amqp/protocol';
import { defineShell, inlineHost } from '@arpa2amqp/shell';
import fc from 'fast-check';
import { Completer } from '../src/completer.js';
import { Conversation } from '../src/conversation.js';
import type { HostLink } from '../src/host/host-link.js';
import { TicketDesk } from '../src/host/ticket-desk.js';
import { InputReader, pathOf } from '../src/input/input-reader.js';
import { LineAssistant } from '../src/line-assistant.js';
import { LocalCommands } from '../src/local-commands.js';
import { ShellCatalog } from '../src/shell-catalog.js';
import { readTypedLine } from '../src/typed-line.js';

const EXPIRES = new Date(Date.now() + 3_600_000);
const PRINCIPAL = 'demo@ARPA2.TEST';
const IDENTITY = 'demo@arpa2.test';

const shells = new ShellRegistry();
const usage = [
  ['cert', 'The certificate'],
  ['pubkey', 'The key'],
] as const;
shells.add(
  inlineHost(
    defineShell({
      name: 'arpa2zone',
      version: '1.0',
      intro: 'Zones.',
      complete: {
        odd: () => ['<odd>', 'a<<b', '?', '?x', '#x'],
        zone: () => ['orvelte.nep', 'with blank.nep', { value: 'other.nep', help: 'Another' }],
      },
      commands: [
        {
          spec: 'dane ( config ( any-end | ca-root ) ( cert | pubkey ) | add <zone> <port> )',
          summary: 'TLSA records',
          effect: 'change',
          open: true,
          types: { port: 'integer' },
          help: Object.fromEntries(usage),
          run: () => undefined,
        },
        {
          spec: 'login <name> [ password <password> ]',
          summary: 'Log in',
          effect: 'change',
          open: true,
          types: { password: { type: 'string', secret: true } },
          run: () => undefined,
        },
        { spec: 'find <odd>', summary: 'Find', effect: 'read', open: true, run: () => undefined },
        {
          spec: 'mode <mode>',
          summary: 'Choose',
          effect: 'read',
          open: true,
          types: { mode: { type: 'choice', choices: ['at once', 'later'] } },
          run: () => undefined,
        },
        { spec: '#tag', summary: 'Looks like a comment', effect: 'read', open: true, run: () => undefined },
        { spec: '?mark', summary: 'Looks like a question', effect: 'read', open: true, run: () => undefined },
        {
          spec: 'trap <text>',
          summary: 'A pattern that backtracks for ever',
          effect: 'read',
          open: true,
          types: { text: { type: 'pattern', pattern: '(a+)+b' } },
          run: () => undefined,
        },
      ],
    }),
  ),
);
afterAll(async () => await shells.close());

/** The dispatcher in this process, which can be cut off. */
class InProcess implements HostLink {
  readonly knowsCaller = true;
  isCutOff = false;
  isMute = false;
  /** Only what is open in every shell is shown. */
  isHidden = false;
  readonly #dispatcher = new Dispatcher({
    shells,
    authorizer: {
      ...openAuthorizer,
      visible: async (requests) =>
        await Promise.resolve(requests.map(({ command }) => !this.isHidden || command.builtin === true)),
    },
    journal: new MemoryJournal(),
    limits: DEFAULT_LIMITS,
  });

  async run(commands: readonly Command[]): Promise<readonly Reply[]> {
    if (this.isCutOff) throw new BusError('cannot-reach', 'Nobody there');
    if (this.isMute) return await new Promise(() => undefined);
    const times = { issuedMs: Date.now(), expiresMs: Date.now() + 10_000 };
    const options = { isAtomic: false, confirmSeconds: 0, isDryRun: false };
    const batch = { id: crypto.randomUUID(), to: null, replyTo: null, ...times, ...options, commands };
    return await this.#dispatcher.run(batch, { identity: IDENTITY, principal: PRINCIPAL, expires: EXPIRES });
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  destroy(): void {
    this.isCutOff = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

describe('help with a line', () => {
  let link: InProcess;
  let conversation: Conversation;
  let assistant: LineAssistant;
  let catalog: ShellCatalog;
  let inputs: InputReader;
  let parts: ConstructorParameters<typeof LineAssistant>[0];
  beforeEach(async () => {
    link = new InProcess();
    const tickets = new TicketDesk(async () => {
      return await Promise.resolve({ kind: 'valid', principal: PRINCIPAL, identity: IDENTITY, expires: EXPIRES });
    });
    catalog = new ShellCatalog(link);
    inputs = new InputReader({ mayReadFiles: true, standardInput: null });
    const local = new LocalCommands({ version: '0.1.0', link, tickets, catalog });
    conversation = new Conversation({ link, tickets, catalog, local, inputs, start: null });
    const completer = new Completer({ link, catalog, conversation });
    parts = { completer, conversation, catalog, inputs };
    assistant = new LineAssistant(parts);
    await conversation.run('arpa2zone');
  });

  const complete = async (line: string): Promise<readonly unknown[]> => {
    const found = await assistant.complete(line, line.length, new AbortController().signal);
    const texts = found.candidates.map(({ text }) => text);
    return [line.slice(0, found.start), texts, found.placeholders.map(({ name }) => name), found.mayEnd];
  };

  test.each<[string, string, string[], string[], boolean]>([
    ['dane ', 'dane ', ['add', 'config'], [], false],
    ['dane co', 'dane ', ['config'], [], false],
    ['dane config any-', 'dane config ', ['any-end'], [], false],
    ['dane config any-end cert', 'dane config any-end ', ['cert'], [], false],
    ['dane add o', 'dane add ', ['orvelte.nep', 'other.nep'], ['<zone>'], false],
    ['dane add w', 'dane add ', [`'with blank.nep'`], ['<zone>'], false],
    ['dane add "w', 'dane add ', ['"with blank.nep"'], ['<zone>'], false],
    ['dane add x ', 'dane add x ', [], ['<port>'], false],
    ['dane add x 1 ', 'dane add x 1 ', [], [], true],
    ['arpa2zone dane config ca-root p', 'arpa2zone dane config ca-root ', ['pubkey'], [], false],
    ['arpa2z', '', ['arpa2zone'], [], false],
    ['version | in', 'version | ', ['include'], [], false],
    ['version | include ', 'version | include ', [], ['<text>'], false],
    ['dane nonsense ', 'dane nonsense ', [], [], false],
  ])('completion of %j', async (line, before, texts, placeholders, mayEnd) => {
    await conversation.run('help');
    expect(await complete(line)).toEqual([before, texts, placeholders, mayEnd]);
  });

  describe('with where the input comes from', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'arpa2shell-files-'));
      for (const name of ['lists.txt', 'listed', 'my file', '.hidden', '<odd>']) {
        writeFileSync(path.join(folder, name), '');
      }
      mkdirSync(path.join(folder, 'sub'));
      symlinkSync('sub', path.join(folder, 'subtle'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test.each<[string, string, string[]]>([
      ['dane < F/li', 'dane < ', ['F/listed', 'F/lists.txt']],
      ['dane <F/li', 'dane <', ['F/listed', 'F/lists.txt']],
      ['dane < base64:F/li', 'dane < ', ['base64:F/listed', 'base64:F/lists.txt']],
      ['dane < F/m', 'dane < ', [`'F/my file'`]],
      ['dane <"F/m', 'dane <', ['"F/my file"']],
      ['dane < F/s', 'dane < ', ['F/sub/', 'F/subtle/']],
      ['dane < F/.', 'dane < ', ['F/.hidden']],
      ['dane < F/none/x', 'dane < ', []],
      ['dane < bas', 'dane < ', ['base64:']],
      ['dane <<', 'dane <<', []],
      ['dane < F/listed co', 'dane < F/listed ', ['config']],
      ['< F/listed dane config any-', '< F/listed dane config ', ['any-end']],
    ])('completion of %j', async (line, before, texts) => {
      const inFolder = (text: string): string => text.replace('F/', `${folder}/`);
      expect((await complete(inFolder(line))).slice(0, 2)).toEqual([inFolder(before), texts.map(inFolder)]);
    });

    test('every name that is offered is that of the file, also where it looks like something else', async () => {
      const odd = mkdtempSync(path.join(tmpdir(), 'arpa2shell-odd-'));
      const names = [
        '-',
        '-x',
        'base64:x',
        '<x',
        '<<x',
        'a<<b',
        '>',
        '&1',
        '(b',
        'value>',
        '?',
        '#',
        ' "\'\\ ',
        '~user',
        'plain',
      ];
      for (const name of names) writeFileSync(path.join(odd, name), '');
      mkdirSync(path.join(odd, '~'));
      const before = process.cwd();
      process.chdir(odd);
      try {
        for (const line of ['dane < ', 'dane <', 'dane < "', `dane <'`, 'dane < base64:', 'dane < "base64:']) {
          const found = await assistant.complete(line, line.length, new AbortController().signal);
          const inputs = found.candidates
            .filter(({ text }) => text !== 'base64:')
            .map(({ text }) => readTypedLine(line.slice(0, found.start) + text).input);
          const files = inputs.map((input) => (input?.kind === 'file' ? path.normalize(pathOf(input)) : null));
          expect(files.sort()).toEqual([...names, '~/'].sort());
          expect(inputs).toEqual(inputs.map(() => expect.objectContaining({ isBase64: line.includes('base64') })));
        }
        expect((await complete('dane < -'))[1]).toEqual(['./-', './-x']);
      } finally {
        process.chdir(before);
        rmSync(odd, { recursive: true });
      }
    });

    test('a directory goes on', async () => {
      const found = await assistant.complete(`dane < ${folder}/sub`, folder.length + 11, new AbortController().signal);
      expect(found.candidates.map(({ label, isPart }) => [label, isPart])).toEqual([
        ['sub/', true],
        ['subtle/', true],
      ]);
      expect(await complete('login <')).toEqual(['login <', expect.anything(), [], false]);
    });

    test('no file is looked for in a restricted session', async () => {
      const restricted = new LineAssistant({
        ...parts,
        inputs: new InputReader({ mayReadFiles: false, standardInput: null }),
      });
      const line = `dane < ${folder}/`;
      const found = await restricted.complete(line, line.length, new AbortController().signal);
      expect(found.candidates).toEqual([]);
    });
  });

  test('what would be taken for input, a question, a comment or a wish for help is quoted', async () => {
    expect((await complete('find '))[1]).toEqual(['#x', `'<odd>'`, `'?'`, '?x', `'a<<b'`]);
    expect((await complete('#'))[1]).toEqual([`'#tag'`]);
    for (const line of ['find ', 'find "', '']) {
      const found = await assistant.complete(line, line.length, new AbortController().signal);
      for (const { text, label } of found.candidates) {
        const { words, isQuestion } = readTypedLine(line.slice(0, found.start) + text);
        expect([words.at(-1), isQuestion]).toEqual([label, false]);
      }
    }
  });

  test('each candidate has its line of help, and the first word can be all there is', async () => {
    const found = await assistant.complete('dane config any-end ', 20, new AbortController().signal);
    expect(found.candidates).toEqual(usage.map(([text, help]) => ({ text, label: text, help })));
    const [, firsts] = (await complete('')) as readonly [string, string[]];
    expect(firsts).toEqual(
      expect.arrayContaining(['dane', 'help', 'quit', 'reset', 'whoami', 'arpa2zone', 'arpa2shell']),
    );
  });

  test('help with a shell comes from the host, from the shell of shells too', async () => {
    const inside = await conversation.run('help dane');
    expect(inside).toMatchObject({ reply: { stdout_: expect.stringMatching(/TLSA records/) } });
    await conversation.run('arpa2shell');
    catalog.forget();
    for (const line of ['help arpa2zone dane', '?arpa2zone dane']) expect(await conversation.run(line)).toEqual(inside);
    expect(await conversation.run('help arpa2zone')).toMatchObject({
      reply: { stdout_: expect.stringMatching(/^.*login/ms) },
    });
    expect(await complete('help arpa2z')).toEqual(['help ', ['arpa2zone'], [], false]);
    expect((await complete('help arpa2zone dan')).slice(0, 2)).toEqual(['help arpa2zone ', ['dane']]);
    expect(assistant.judge('help arpa2zone dane')).toEqual([]);
    expect(await conversation.run('help arpa2shell')).toMatchObject({
      reply: { stdout_: expect.stringMatching(/^arpa2shell\n.*shell of shells/) },
    });
    link.isCutOff = true;
    await expect(conversation.run('help arpa2zone dane')).rejects.toMatchObject({ code: 'cannot-reach' });
    catalog.forget();
    expect(await conversation.run('help')).toMatchObject({
      reply: { stdout_: expect.stringMatching(/not known: it could not be asked/) },
    });
  });

  test('whoami does not wait long for a host that says nothing, and not at all for one who gives up', async () => {
    await conversation.run('arpa2shell');
    expect(await conversation.run('whoami')).toMatchObject({
      reply: { stdout_: expect.not.stringContaining('ticket') },
    });
    link.isMute = true;
    jest.useFakeTimers({ now: EXPIRES.getTime() - 10_000 });
    try {
      const asking = conversation.run('whoami');
      await jest.advanceTimersByTimeAsync(5000);
      expect(await asking).toMatchObject({
        reply: {
          stdout_: expect.stringMatching(/^You are: .*\nExpir.*\nThis .* your ticket.* not answer within 5 s\n$/),
        },
      });
      const stop = new AbortController();
      const stopped = conversation.run('whoami', { signal: stop.signal });
      await jest.advanceTimersByTimeAsync(1);
      stop.abort();
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    } finally {
      jest.useRealTimers();
    }
  });

  test.each(['isCutOff', 'isMute'] as const)('when the host %s, the known grammar does', async (how) => {
    link[how] = true;
    const begun = performance.now();
    expect(await complete('dane config any-')).toEqual(['dane config ', ['any-end'], [], false]);
    expect(await complete('dane add ')).toEqual(['dane add ', [], ['<zone>'], false]);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test.each<[string, string]>([
    ['', ''],
    ['da', ''],
    ['dan', 'e config|add'],
    ['dane ', 'config|add'],
    ['dane c', 'onfig any-end|ca-root'],
    ['dane add ', '<zone>'],
    ['dane add x ', '<port>'],
    ['dane nonsense ', ''],
    ['mode l', 'ater'],
    ['mode a', ''],
    ['arpa2zone dane config any-end p', 'ubkey'],
    ['version | inc', ''],
    ['version <', ' <file>'],
    ['version < ', '<file>'],
    ['version <<', 'END'],
    ['version < x', ''],
    ['dane < x c', 'onfig any-end|ca-root'],
  ])('the hint behind %j', (line, hint) => {
    expect(assistant.hint(line)).toBe(hint);
  });

  test.each<[string, string[]]>([
    ['dan', []],
    ['dann', ['dann']],
    ['dane config any-end', []],
    ['dane config nonsense cert', ['nonsense']],
    ['dane add x y', []],
    ['dane add x y ', ['y']],
    ['arpa2zone nonsense ', ['nonsense']],
    ['arpa2zone', []],
    ['quit now ', ['now']],
    ['version | includ', []],
    ['version | inklude x', ['inklude']],
    ['dane < x config nonsense cert', ['nonsense']],
    ['dane config any-end cert <', []],
    ['dane config any-end cert <<', []],
    ['dane config any-end cert < x <y', ['<y']],
    ['dane add <zone> ', ['<zone>']],
    ['version | include a <x', ['<x']],
    ['dane add a<<b', ['a<<b']],
    ['dane config a<<b cert', ['a<<b']],
    ['dane add x | include a<<b', ['a<<b']],
    ['dane \u0007', ['\u0007']],
  ])('what cannot be right in %j', (line, wrong) => {
    expect(assistant.judge(line).map(({ start, end }) => line.slice(start, end))).toEqual(wrong);
  });

  test('a shell without a command for the user can be entered, and entering it again shows what was granted since', async () => {
    link.isHidden = true;
    catalog.forget();
    expect(await conversation.run('arpa2zone')).toMatchObject({ kind: 'moved', intro: 'Zones.' });
    expect(await complete('dan')).toEqual(['', [], [], false]);
    expect(catalog.names).toEqual([]);
    link.isHidden = false;
    expect(await conversation.run('arpa2zone')).toMatchObject({ kind: 'moved' });
    expect(await complete('dan')).toEqual(['', ['dane'], [], false]);
    expect(catalog.names).toEqual(['arpa2zone']);
    await expect(conversation.run('arpa2nosuch')).rejects.toThrow(/The host has no shell "arpa2nosuch"/);
  });

  test('no pattern of the host is run here', () => {
    expect(assistant.judge(`trap ${'a'.repeat(200)}`)).toEqual([]);
  });

  test('nothing typed makes it fail', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('', 'dane ', 'dane add ', 'version | '),
        (text, head) => {
          expect(typeof assistant.hint(head + text)).toBe('string');
          for (const { start, end } of assistant.judge(head + text)) expect(start).toBeLessThan(end);
        },
      ),
    );
  });

  test.each<[string, boolean]>([
    ['dane add x 1', true],
    ['login me', true],
    ['login me password hunter2', false],
    ['login me pasword hunter2', false],
    ['arpa2zone login me password hunter2', false],
    ['arpa2other login me', false],
    ['logn me password hunter2', false],
    ['bogus hunter2', false],
    ['quit', true],
    ['echo "unfinished', false],
    ['', false],
  ])('whether %j may be kept: %p', (line, isStorable) => {
    expect(conversation.isStorable(line)).toBe(isStorable);
  });
});
