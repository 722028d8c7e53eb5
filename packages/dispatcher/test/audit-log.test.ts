import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { parseIdentity, AclStore, resourceOf, parseSelector, parseRights } from '@arpa2amqp/acl';
import { DEFAULT_LIMITS, type Batch, type Reply } from '@arpa2amqp/protocol';
import { runProgram, waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { defineShell, inlineHost, type Caller } from '@arpa2amqp/shell';
import {
  AclAuthorizer,
  AuditFile,
  AuditLog,
  AuditStream,
  AuditVerification,
  Dispatcher,
  MemoryJournal,
  openAuthorizer,
  parseHead,
  ShellRegistry,
  type AuditDestination,
  type Authorizer,
  type WriteFailure,
} from '../src/index.js';

type Line = Readonly<Record<string, unknown>>;

const directory = new WorkDirectory('arpa2-audit');
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

let folders = 0;
function newFolder(): { log: string; head: string; folder: string } {
  folders += 1;
  const folder = directory.file(`state-${folders}`);
  mkdirSync(folder);
  return { folder, log: `${folder}/audit.log`, head: `${folder}/audit.head` };
}

const caller: Caller = { identity: 'demo@arpa2.test', principal: 'demo@ARPA2.TEST', expires: null };

function makeShell(changes: string[], name = 'garden') {
  return defineShell({
    name,
    version: '1',
    intro: 'A garden.',
    commands: [
      {
        spec: 'plant <bed> [ key <secret> ]',
        summary: 'Change.',
        effect: 'change',
        needs: { rights: 'W', class: 'garden.bed', instances: ['<bed:lower>'] },
        types: { secret: { type: 'string', secret: true } },
        run: (call) => {
          changes.push(call.value('bed'));
          if (call.value('bed') === 'rock') call.complain('Too hard');
          else call.print('planted');
        },
      },
      { spec: 'look [ <at> ]', summary: 'Read.', effect: 'read', open: true, run: (call) => call.print('green') },
    ],
  });
}

/** A dispatcher with a log, in a folder of its own unless told. */
function start(
  options: { at?: ReturnType<typeof newFolder>; authorizer?: Authorizer; destination?: AuditDestination } = {},
) {
  const at = options.at ?? newFolder();
  const changes: string[] = [];
  const failures: (WriteFailure | number)[] = [];
  const found: string[] = [];
  const audit = new AuditLog({
    destination: options.destination ?? new AuditFile({ path: at.log, headPath: at.head }),
    onFailure: (failure) => failures.push(failure),
    onRecovery: (lost) => failures.push(lost),
    onFound: ({ kind }) => found.push(kind),
    maxWaiting: 2000,
  });
  const shells = new ShellRegistry();
  shells.add(inlineHost(makeShell(changes)));
  opened.push(shells, audit);
  const authorizer = options.authorizer ?? openAuthorizer;
  const journal = new MemoryJournal();
  const dispatcher = new Dispatcher({ shells, authorizer, journal, limits: DEFAULT_LIMITS, audit });
  const run = async (...commands: readonly unknown[]) => await dispatcher.run(batchOf(commands), caller);
  return { ...at, changes, failures, found, audit, dispatcher, shells, run };
}

let ids = 0;
function batchOf(commands: readonly unknown[]): Batch {
  ids += 1;
  const nowMs = Date.now();
  const times = { issuedMs: nowMs, expiresMs: nowMs + 30_000 };
  const flags = { isAtomic: false, confirmSeconds: 0, isDryRun: false };
  return { id: `batch-${ids}`, to: null, replyTo: null, ...times, ...flags, commands };
}

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
const commandsOf = (file: string): Line[] => linesOf(file).filter(({ record }) => record === 'command');
const codes = (replies: readonly Reply[]): (string | undefined)[] => replies.map(({ error_: error }) => error?.code);
const plant = (bed: string): object => ({ words_: ['garden', 'plant', bed] });
const LOOK = { words_: ['garden', 'look'] };

function verify(...files: readonly string[]) {
  return finish(new AuditVerification(), files);
}

/** Also asks the kept end of the chain. */
function verifyWhole({ log, head }: { log: string; head: string }) {
  return finish(new AuditVerification(parseHead(readFileSync(head, 'latin1'))), [log]);
}

function finish(verification: AuditVerification, files: readonly string[]) {
  let end = { file: '', line: 0 };
  for (const file of files) {
    const parts = readFileSync(file).toString('latin1').split('\n');
    const rest = parts.pop() ?? '';
    parts.forEach((part, index) => verification.line(Buffer.from(part, 'latin1'), { file: 'log', line: index + 1 }));
    verification.endOfFile(Buffer.from(rest, 'latin1'), { file: 'log', line: parts.length + 1 });
    end = { file: 'log', line: parts.length };
  }
  return verification.finish(end);
}

describe('records', () => {
  test('of a command that all shells have name the shell', async () => {
    const { run, log, shells } = start();
    shells.add(inlineHost(makeShell([], 'yard')));
    await run({ do_: 'garden version' }, { do_: 'yard version' }, { do_: 'garden version' });
    expect(commandsOf(log).map(({ shell }) => shell)).toEqual(['garden', 'yard', 'garden']);
  });

  test('tell who wanted what, on what the decision rests, and what came of it', async () => {
    const { folder } = newFolder();
    const store = await AclStore.create(`${folder}/acl.mdb`, parseIdentity('admin@arpa2.test'));
    opened.push(store);
    const resource = resourceOf('garden.bed', 'north');
    const edit = {
      kind: 'grant',
      resource,
      selector: parseSelector('@arpa2.test'),
      rights: parseRights('%W'),
    } as const;
    await store.update([edit], { by: 'test' });
    const { run, dispatcher, log } = start({ authorizer: new AclAuthorizer({ store }) });
    const batch = batchOf([
      { do_: 'garden plant key', bed: 'North', secret: 'open sesame' },
      plant('south'),
      { words_: ['garden', 'plant', 'ü'] },
      { complete_: { words: ['garden'], partial: '' } },
      { words_: ['garden', 'look', '\u001b[2J"\u202e'], stdin_: 'not for the log' },
    ]);
    const replies = await dispatcher.run(batch, caller);
    expect(codes(replies)).toEqual([undefined, 'denied', 'denied', undefined, undefined]);
    const common = { identity: 'demo@arpa2.test', principal: 'demo@ARPA2.TEST', batch: batch.id, shell: 'garden' };
    const need = { right: 'W', class: 'garden.bed' };
    expect(linesOf(log)).toMatchObject([
      { record: 'intent', commands: [{ command: 0, shell: 'garden', words: ['plant', 'North', 'key', '***'] }] },
      {
        ...common,
        command: 0,
        words: ['plant', 'North', 'key', '***'],
        effect: 'change',
        decision: 'granted',
        grounds: 'lists',
        needs: [{ ...need, instances: ['north'], granted: true, selector: '@arpa2.test', instance: 'north' }],
        outcome: 'ok',
        ms: expect.any(Number),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
      {
        ...common,
        command: 1,
        decision: 'denied',
        needs: [{ ...need, instances: ['south'], granted: false, selector: null }],
        outcome: 'denied',
      },
      { ...common, command: 2, decision: 'denied', grounds: 'unnamed', outcome: 'denied' },
      { ...common, command: 4, words: ['look', '\u001b[2J"\u202e'], effect: 'read', grounds: 'open', outcome: 'ok' },
    ]);
    const text = readFileSync(log, 'latin1');
    expect(text).not.toMatch(/sesame|not for the log/);
    expect(text).toMatch(/^[ -~\n]*$/);
    await run({ words_: ['garden', 'nothing'] });
    expect(commandsOf(log)).toHaveLength(4);
  });

  test('tell of repeats, of failures, and of callers who are nobody', async () => {
    const { dispatcher, log, changes } = start();
    const batch = batchOf([plant('rock')]);
    await dispatcher.run(batch, caller);
    await dispatcher.run(batch, caller);
    await dispatcher.refuse(batchOf([LOOK, LOOK]), 'x/y/z@EVIL', 'Nobody');
    expect(changes).toEqual(['rock']);
    const [, first, repeat, refused] = linesOf(log);
    expect(first).toMatchObject({ outcome: 'failed', grounds: 'no-lists', decision: 'granted' });
    expect(first).not.toHaveProperty('repeat');
    expect(repeat).toMatchObject({ outcome: 'failed', repeat: true });
    expect(refused).toMatchObject({
      record: 'caller',
      identity: null,
      principal: 'x/y/z@EVIL',
      commands: 2,
      decision: 'denied',
    });
  });

  test('of large batches and of many at once form one chain, and each is there when its replies are', async () => {
    const started = start();
    const { run, log, audit } = started;
    await Promise.all(
      Array.from({ length: 30 }, async (_item, index) => {
        await run(...Array.from({ length: index % 2 === 0 ? 100 : 3 }, () => LOOK), plant(`bed-${index}`));
        const mine = commandsOf(log).filter(({ words }) => (words as string[])[1] === `bed-${index}`);
        expect(mine).toHaveLength(1);
      }),
    );
    await audit.close();
    const findings = verifyWhole(started);
    expect(findings.problems).toEqual([]);
    expect(findings.lines).toBe(15 * 101 + 15 * 4 + 30);
  });
});

// A full disk that is real needs root. Elsewhere the valve below stands for it.
const mount = directory.file('full');
mkdirSync(mount);
const hasDisk = await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount]).then(
  () => true,
  () => false,
);
if (!hasDisk) {
  const reason = 'A log on a disk that is full is not tested: mounting one needs root';
  if (process.env['CI'] === 'true') {
    test('there is a disk that can be full', () => {
      throw new Error(reason);
    });
  } else process.stderr.write(`\n*** SKIPPED: ${reason}\n\n`);
}
const onFullDisk = hasDisk ? test : test.skip;
afterAll(async () => {
  if (hasDisk) await runProgram('umount', ['-l', mount]);
  directory.remove();
});

describe('a log that cannot be written', () => {
  /** A destination that can be told to fail. */
  class Valve implements AuditDestination {
    readonly inner: AuditFile;
    isShut = false;
    constructor(inner: AuditFile) {
      this.inner = inner;
    }
    takeFound = () => this.inner.takeFound();
    prepare = () => (this.isShut ? { code: 'EIO', message: 'Input/output error' } : this.inner.prepare());
    append = (...of: Parameters<AuditDestination['append']>) => this.inner.append(...of);
    reopen = () => this.inner.reopen();
    close = async () => await this.inner.close();
  }

  test('stops changes before they run and nothing else, keeps lines, and goes on by itself', async () => {
    const at = newFolder();
    const valve = new Valve(new AuditFile({ path: at.log, headPath: at.head }));
    const { run, changes, failures, audit } = start({ at, destination: valve });
    await run(plant('a'));
    valve.isShut = true;
    expect(codes(await run(plant('b'), LOOK))).toEqual(['unavailable', undefined]);
    expect(codes(await run(plant('c')))).toEqual(['unavailable']);
    expect(changes).toEqual(['a']);
    valve.isShut = false;
    expect(codes(await run(plant('d')))).toEqual([undefined]);
    expect(commandsOf(at.log).map(({ words, outcome }) => [...(words as string[]), outcome].join(' '))).toEqual([
      'plant a ok',
      'plant b unavailable',
      'look ok',
      'plant c unavailable',
      'plant d ok',
    ]);
    expect(failures).toEqual([{ code: 'EIO', message: 'Input/output error' }, 0]);
    await audit.close();
    expect(verifyWhole(at).problems).toEqual([]);
  });

  test('keeps no more than it may, and says how many lines are lost', async () => {
    const at = newFolder();
    const valve = new Valve(new AuditFile({ path: at.log, headPath: at.head }));
    const { run, failures } = start({ at, destination: valve });
    valve.isShut = true;
    for (let count = 0; count < 50; count += 1) expect(codes(await run(LOOK))).toEqual([undefined]);
    valve.isShut = false;
    await waitUntil(() => existsSync(at.log) && linesOf(at.log).some(({ record }) => record === 'lost'));
    const lost = linesOf(at.log).find(({ record }) => record === 'lost')?.['lines'];
    expect(failures.at(-1)).toBe(lost);
    expect(commandsOf(at.log).length + Number(lost)).toBe(50);
    expect(commandsOf(at.log).length).toBeLessThan(10);
  });

  test('because it was unlinked is made anew', async () => {
    const { run, log, changes } = start();
    await run(LOOK);
    rmSync(log);
    expect(codes(await run(plant('a')))).toEqual([undefined]);
    expect(changes).toEqual(['a']);
    expect(commandsOf(log)).toHaveLength(1);
    rmSync(log);
    mkdirSync(log);
    expect(codes(await run(plant('b')))).toEqual(['unavailable']);
    rmSync(log, { recursive: true });
    expect(codes(await run(plant('c')))).toEqual([undefined]);
    expect(changes).toEqual(['a', 'c']);
    expect(verify(log).problems).toEqual([]);
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  onFullDisk('because the disk is full goes on where the line was torn', async () => {
    const at = { folder: mount, log: `${mount}/audit.log`, head: `${mount}/audit.head` };
    const { run, changes, failures, audit } = start({ at });
    await run(plant('a'));
    writeFileSync(`${mount}/ballast`, Buffer.alloc(40 * 1024));
    // Until the last page is full, in the midst of a line.
    while (failures.length === 0) expect(codes(await run(LOOK))).toEqual([undefined]);
    expect(failures).toMatchObject([{ code: 'ENOSPC' }]);
    expect(readFileSync(at.log, 'latin1')).not.toMatch(/\n$/);
    expect(codes(await run(plant('b')))).toEqual(['unavailable']);
    expect(changes).toEqual(['a']);
    rmSync(`${mount}/ballast`);
    expect(codes(await run(plant('c')))).toEqual([undefined]);
    expect(changes).toEqual(['a', 'c']);
    await audit.close();
    expect(verifyWhole(at).problems).toEqual([]);
  });

  onFullDisk('because the disk is full goes on in a new file, with the torn line as a whole', async () => {
    const at = { folder: mount, log: `${mount}/second.log`, head: `${mount}/second.head` };
    const { run, failures, audit } = start({ at });
    writeFileSync(`${mount}/ballast`, Buffer.alloc(16 * 1024));
    while (failures.length === 0) await run(LOOK, LOOK, LOOK, LOOK);
    renameSync(at.log, `${mount}/second.log.1`);
    rmSync(`${mount}/ballast`);
    await audit.reopen();
    await run(LOOK);
    await audit.close();
    expect(readFileSync(`${mount}/second.log.1`, 'latin1')).not.toMatch(/\n$/);
    expect(verify(`${mount}/second.log.1`, at.log).problems).toEqual([]);
    expect(verifyWhole(at).problems).toEqual([]);
  });

  onFullDisk('because the end of the chain of a stream finds no room goes on when there is some', async () => {
    const at = newFolder();
    const head = `${mount}/third.head`;
    writeFileSync(head, '', { mode: 0o600 });
    const stream = new AuditStream(openSync(at.log, 'a'), head);
    const { run, failures, changes } = start({ at, destination: stream });
    expect(() => writeFileSync(`${mount}/ballast`, Buffer.alloc(128 * 1024))).toThrow('ENOSPC');
    expect(codes(await run(LOOK, plant('a')))).toEqual([undefined, 'unavailable']);
    expect(failures).toMatchObject([{ code: 'ENOSPC' }]);
    rmSync(`${mount}/ballast`);
    expect(codes(await run(plant('b')))).toEqual([undefined]);
    expect(changes).toEqual(['b']);
    expect(verify(at.log).problems).toEqual([]);
  });

  test('because a write does not end is begun anew when that ends, if it was told to meanwhile', async () => {
    const at = newFolder();
    const file = new AuditFile({ path: at.log, headPath: at.head });
    const valve = new Valve(file);
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    valve.append = async (...of) => await opened.then(() => file.append(...of));
    const { audit, failures } = start({ at, destination: valve });
    audit.event('before');
    await waitUntil(() => failures.length > 0);
    expect(failures).toMatchObject([{ code: 'ETIMEDOUT' }]);
    renameSync(at.log, `${at.log}.1`);
    await audit.reopen();
    expect(existsSync(at.log)).toBe(false);
    open();
    await waitUntil(() => existsSync(at.log));
    audit.event('behind');
    await audit.close();
    expect(linesOf(`${at.log}.1`).map(({ record }) => record)).toEqual(['before']);
    expect(linesOf(at.log).map(({ record }) => record)).toEqual(['behind']);
    expect(verifyWhole(at).problems).toEqual([]);
  });
});

describe('a chain', () => {
  test('goes on in a new file, also after a restart', async () => {
    const at = newFolder();
    const first = start({ at });
    await first.run(LOOK);
    renameSync(at.log, `${at.log}.1`);
    await first.run(LOOK);
    await first.audit.reopen();
    await first.run(LOOK);
    await first.audit.close();
    renameSync(at.log, `${at.log}.2`);
    const second = start({ at });
    await second.run(LOOK);
    await second.audit.close();
    const third = start({ at });
    await third.run(LOOK);
    await third.audit.close();
    expect(commandsOf(at.log)).toHaveLength(2);
    expect(verify(`${at.log}.1`, `${at.log}.2`, at.log)).toMatchObject({ lines: 6, first: 1, problems: [] });
    expect(verifyWhole(at)).toMatchObject({ first: 4, problems: [] });
    expect(third.found).toEqual([]);
    expect(second.found).toEqual(['begun']);
  });

  test('is not whole when its beginning is missing', async () => {
    const at = newFolder();
    const { run, audit } = start({ at });
    for (let count = 0; count < 3; count += 1) await run(LOOK);
    await audit.close();
    const lines = readFileSync(at.log, 'latin1').split('\n');
    writeFileSync(at.log, lines.slice(1).join('\n'));
    expect(verifyWhole(at).problems).toMatchObject([
      { kind: 'missing', line: 1, text: expect.stringMatching(/record 1$/) },
    ]);
  });

  test.each<[string, string, (log: string) => void]>([
    ['removed', 'gone', (log) => rmSync(log)],
    ['emptied', 'shrunk', (log) => truncateSync(log, 0)],
    ['cut in the midst of a line', 'shrunk', (log) => truncateSync(log, statSync(log).size - 10)],
  ])('is not whole when it was %s while it was written, and says so in its next line', async (_what, kind, harm) => {
    const at = newFolder();
    const { run, audit, found } = start({ at });
    for (let count = 0; count < 3; count += 1) await run(LOOK);
    harm(at.log);
    await run(LOOK);
    await audit.close();
    expect(found).toEqual([kind]);
    expect(readFileSync(at.log, 'latin1')).toContain(`"record":"${kind}"`);
    const { problems } = verifyWhole(at);
    expect(problems.length).toBeGreaterThan(0);
  });

  test('tells that it was cut, also when it is begun anew at once', async () => {
    const at = newFolder();
    const { run, audit, found } = start({ at });
    await run(LOOK, LOOK);
    truncateSync(at.log, statSync(at.log).size - 10);
    await audit.reopen();
    await run(LOOK);
    await audit.close();
    expect(found).toEqual(['shrunk']);
    expect(readFileSync(at.log, 'latin1')).toMatch(/[^}]\n\{"seq":3,.*"record":"shrunk"/);
  });

  test('is whole when a new file was begun and nothing has happened since', async () => {
    const at = newFolder();
    const { run, audit } = start({ at });
    await run(LOOK);
    renameSync(at.log, `${at.log}.1`);
    await audit.reopen();
    expect(verifyWhole(at).problems).toEqual([]);
    expect(verify(`${at.log}.1`, at.log).problems).toEqual([]);
  });

  test('goes on behind a line that a crash has torn, which stays where it is', async () => {
    const at = newFolder();
    const first = start({ at });
    await first.run(LOOK, LOOK);
    await first.audit.close();
    appendFileSync(at.log, '{"seq":3,"prev":"00');
    const second = start({ at });
    await second.run(LOOK);
    await second.audit.close();
    expect(second.found).toEqual(['torn']);
    expect(readFileSync(at.log, 'latin1')).toMatch(
      /\n\{"seq":3,"prev":"00\n\{"seq":4,"prev":.*"record":"torn","bytes":19\}\n/,
    );
    expect(verifyWhole(at).problems).toEqual([]);
    writeFileSync(at.log, readFileSync(at.log, 'latin1').replace('"prev":"00\n', '"prev":"01\n'));
    expect(verifyWhole(at).problems).not.toEqual([]);
  });

  test('shows for ever that its end was cut off while the daemon was down', async () => {
    const at = newFolder();
    const first = start({ at });
    for (let count = 0; count < 3; count += 1) await first.run(LOOK);
    await first.audit.close();
    const whole = readFileSync(at.log, 'latin1');
    truncateSync(at.log, whole.lastIndexOf('{"seq":3'));
    expect(verifyWhole(at).problems).toMatchObject([{ kind: 'missing', text: expect.stringMatching(/record 3 is/) }]);
    const second = start({ at });
    await second.run(LOOK);
    await second.audit.close();
    expect(second.found).toEqual(['cut']);
    expect(verifyWhole(at).problems).toMatchObject([{ kind: 'missing', line: 3 }]);
  });

  test('tells when somebody else has written to the file', async () => {
    const { run, log, found, audit } = start();
    await run(LOOK);
    appendFileSync(log, 'hello\n');
    await run(LOOK);
    await audit.close();
    expect(found).toEqual(['foreign']);
    expect(verify(log).problems).toMatchObject([{ kind: 'changed', line: 2 }]);
  });
});

test.each<[string, (log: string) => unknown, RegExp]>([
  ['a symbolic link', (log) => symlinkSync('/etc/passwd', log), /symbolic link/],
  ['a directory', (log) => mkdirSync(log), /EISDIR/],
  ['a pipe', async (log) => await runProgram('mkfifo', [log]), /no file/],
  [
    'a file that others may write',
    (log) => {
      writeFileSync(log, '');
      chmodSync(log, 0o662);
    },
    /chmod go-w/,
  ],
])('%s is refused as a log', async (_what, make, message) => {
  const { log, head } = newFolder();
  await make(log);
  const failure = expect.objectContaining({ code: 'config', message: expect.stringMatching(message) });
  expect(() => new AuditFile({ path: log, headPath: head })).toThrow(failure);
});

describe('a log whose other thread ends in the midst', () => {
  test.each<[string, string[], (log: string) => void]>([
    ['goes on', [], () => undefined],
    ['is not misled by what somebody else has written', ['foreign'], (log) => appendFileSync(log, '{"foreign":"line')],
    ['begins anew in a file that was emptied', ['shrunk'], (log) => truncateSync(log, 0)],
  ])('%s', async (_what, kinds, change) => {
    const { run, log, found, audit } = start();
    await run(LOOK);
    // Called for each thread that is started.
    jest.spyOn(Worker.prototype, 'unref').mockImplementationOnce(function (this: Worker) {
      change(log);
      void this.terminate();
    });
    expect(codes(await run(...Array.from({ length: 100 }, () => LOOK)))).not.toContain('unavailable');
    expect(codes(await run(plant('a')))).toEqual([undefined]);
    await audit.close();
    const whole = readFileSync(log, 'latin1').split('\n');
    const commands = whole.filter((line) => line.includes('"words":["look"]')).map((line) => JSON.parse(line) as Line);
    expect(commands.slice(-100).map(({ command }) => command)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
    expect(found).toEqual(kinds);
  });
});

describe('a log that is destroyed', () => {
  test('has what was noted before, however much', () => {
    const at = newFolder();
    const { audit } = start({ at });
    for (let count = 0; count < 1000; count += 1) audit.event('x', { count });
    audit.destroy();
    expect(linesOf(at.log)).toHaveLength(1000);
    expect(verifyWhole(at).problems).toEqual([]);
  });

  test('while another thread writes it fails nobody, and goes on when it is opened again', async () => {
    const at = newFolder();
    const { run, audit } = start({ at });
    await run(...Array.from({ length: 100 }, () => LOOK));
    const late = run(...Array.from({ length: 500 }, () => LOOK));
    // By now the other thread has them.
    await setImmediate();
    audit.destroy();
    expect(codes(await late)).not.toContain('internal');
    await audit.close();
    const second = start({ at });
    await second.run(LOOK);
    await second.audit.close();
    expect(verifyWhole(at).problems).toEqual([]);
  });

  test('writes nothing more, least of all into a file that was opened since, and lets nothing be changed', async () => {
    const at = newFolder();
    const { audit, run, changes } = start({ at });
    await run(LOOK);
    audit.destroy();
    await audit.close();
    const other = `${at.folder}/other`;
    const fd = openSync(other, 'w');
    audit.event('late');
    expect(codes(await run(LOOK, plant('a')))).toEqual([undefined, 'unavailable']);
    expect(changes).toEqual([]);
    expect(readFileSync(other, 'latin1')).toBe('');
    closeSync(fd);
    expect(linesOf(at.log)).toHaveLength(1);
  });
});
