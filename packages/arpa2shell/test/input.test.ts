import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, runProgram, waitUntil, type DaemonProcess } from '@arpa2amqp/testkit';
import { connect, type Client, type Command, type Reply } from 'arpa2amqp';
import { linesFrom } from '../src/line-source.js';
import { commandsFrom, commandsOf, type ScriptCommand } from '../src/script-command.js';
import { Script } from '../src/script.js';
import { openWorkshop } from '../src/workshop.js';
import { ADDRESS, MAIN, shellFolder, ShellWorld, type Ended, type StartOptions } from './shell-world.js';
import { PtySession } from './terminal/pty-session.js';

const LIMIT = 512 * 1024;

describeWith(['krb5kdc'], 'what a command gets on its standard input', () => {
  let world: ShellWorld;
  let daemon: DaemonProcess;
  let bus: string[];
  let folder: string;
  let collection: string;
  let client: Client;
  const lines = (...commands: string[]): string[] => commands.flatMap((command) => ['-c', command]);
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const run = async (commands: string[], options?: StartOptions): Promise<Ended> =>
    await world.run([...bus, ...commands], options);
  /** Runs commands as the program does, but in this process: to start it takes longer than all that is done then. */
  const perform = async (
    commands: Iterable<ScriptCommand> | AsyncIterable<ScriptCommand>,
    isExitOnError = false,
  ): Promise<Ended> => {
    const inputs = { mayReadFiles: true, standardInput: null };
    const host = { kind: 'bus', to: ADDRESS, connection: { url: daemon.url }, ca: undefined } as const;
    const workshop = await openWorkshop(host, { start: null, version: '0.1.0', inputs });
    await using _link = workshop.link;
    const printed = { stdout: '', stderr: '' };
    const to = (name: 'stdout' | 'stderr') => async (text: string) => {
      printed[name] += await Promise.resolve(text);
    };
    const script = new Script({
      ...workshop,
      isJson: false,
      isExitOnError,
      stdout: to('stdout'),
      stderr: to('stderr'),
    });
    return { code: await script.run(commands, new AbortController().signal), ...printed };
  };
  /** Lines as they come on standard input. */
  const scriptOf = (text: string | Buffer): AsyncIterable<ScriptCommand> =>
    commandsFrom(linesFrom(Readable.from([Buffer.from(text)]) as AsyncIterable<Buffer>, 'line'));
  const ask = async (command: Command): Promise<Reply> => (await client.run(ADDRESS, [command]))[0] ?? {};
  /** The entries of a list, as `acl show` tells them. */
  const shown = async (instance: string): Promise<unknown> =>
    (await ask({ do_: 'arpa2acl acl show', class: 'garden.bed', instance }))['entry'];
  const dataOf = async (name: string): Promise<string> => {
    const { resources } = await ask({ do_: 'arpa2reservoir resource list in', colluuid: collection });
    const { key = '' } = (resources as { name: string; key: string }[]).find((one) => one.name === name) ?? {};
    return (await ask({ do_: 'arpa2reservoir resource get in', colluuid: collection, key })).stdout_ ?? '';
  };
  const add = (name: string, more: string): string =>
    `arpa2reservoir resource add in ${collection} name=${name} type=text/plain ${more}`;

  beforeAll(async () => {
    world = await ShellWorld.create();
    folder = world.directory.file('files');
    mkdirSync(folder);
    const shells = ['arpa2acl', 'arpa2reservoir'].map(shellFolder);
    daemon = await world.startDaemon({ shells, state: await world.makeLists() });
    bus = ['--to', ADDRESS, '--connect', daemon.url];
    world.realm.enter();
    client = await connect({ url: daemon.url, ccache: `FILE:${world.realm.defaultCache}` });
    await ask({ do_: 'arpa2reservoir domain add', newdomain: 'example.com' });
    const made = await ask({ do_: 'arpa2reservoir collection add', domain: 'example.com', descr: 'files' });
    collection = made.headers_?.[0]?.[1] ?? 'none';
  });
  afterAll(async () => {
    await client.close();
    await daemon.close();
    await world[Symbol.asyncDispose]();
  });

  test('is a file: text as it is, and in base64 what is none', async () => {
    const lists = file('my lists.txt', 'acl garden.bed "file" %R john@example.org\n');
    const photo = randomBytes(3000);
    const crlf = '\ufeffone\r\n\ttwo ä€😀\0';
    const ended = await perform(
      commandsOf([
        `arpa2acl acl import < '${lists}'`,
        add('text', `<${file('text', crlf)}`),
        `${add('photo', 'encoding=base64')} < base64:${file('photo', photo)} | count`,
        add('broken', `< ${path.join(folder, 'photo')}`),
      ]),
    );
    expect(ended).toEqual({
      code: 2,
      stdout: expect.stringMatching(/^Resource: \S+\n1\n$/) as unknown,
      stderr: expect.stringMatching(
        /^arpa2shell: The input, ".*photo", is not UTF-8: .*< base64:FILE \(not-utf8\)\n$/,
      ) as unknown,
    });
    expect(await shown('file')).toMatch(/john@example\.org/);
    expect(await dataOf('text')).toBe(`${crlf}\n`);
    expect(Buffer.from(await dataOf('photo'), 'base64').equals(photo)).toBe(true);
  });

  test('is never more than a command may get, and what cannot be read is told and not sent', async () => {
    const pipe = path.join(folder, 'pipe');
    await runProgram('mkfifo', [pipe]);
    const ended = await perform(
      commandsOf([
        add('whole', `< ${file('whole', 'x'.repeat(LIMIT))}`),
        ...[file('large', 'x'.repeat(LIMIT + 1)), `base64:${file('photo2', Buffer.alloc(LIMIT * 0.75 + 1))}`].map(
          (name) => add('much', `< ${name}`),
        ),
        ...[folder, pipe, '/dev/zero', `${folder}/none`, `${folder}/large/none`].map((name) =>
          add('none', `< ${name}`),
        ),
        'quit < x',
        'arpa2acl < x',
        'whoami < x',
      ]),
    );
    expect(ended.stdout).toMatch(/^Resource: \S+\n$/);
    const told = ended.stderr.split('\n').map((line) => line.replaceAll(folder, ''));
    expect(told).toEqual([
      `arpa2shell: The input, "/large", is larger than ${LIMIT} bytes: a command takes no more (too-large)`,
      `arpa2shell: The input, "/photo2" in base64, is larger than ${LIMIT} bytes: a command takes no more (too-large)`,
      'arpa2shell: Cannot read "": it is a directory (usage)',
      'arpa2shell: Cannot read "/pipe": it is no regular file (usage)',
      'arpa2shell: Cannot read "/dev/zero": it is no regular file (usage)',
      'arpa2shell: Cannot read "/none": there is no such file (usage)',
      'arpa2shell: Cannot read "/large/none": there is no such file (usage)',
      'arpa2shell: quit takes no input ("<") (syntax)',
      'arpa2shell: arpa2acl takes no input ("<") (syntax)',
      'arpa2shell: whoami takes no input ("<") (syntax)',
      '',
    ]);
  });

  /** The other end of the pipe stays open: only Ctrl-C ends the wait, and half an input is not sent. */
  const interruptedWhileReading = async (): Promise<void> => {
    const child = world.spawn([...bus, ...lines('ping6', add('half', '< -'))]);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin?.on('error', () => undefined);
    child.stdin?.write('half');
    await waitUntil(() => stdout === 'pong6\n', { what: 'the command before' });
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([5, null]);
    expect([stdout, stderr]).toEqual(['pong6\n', 'arpa2shell: Interrupted: nothing was sent (aborted)\n']);
  };

  test('is standard input where that is free, once', async () => {
    const photo = randomBytes(100);
    const commands = lines(`${add('stdin', 'encoding=base64')} < base64:-`, add('again', '< -'));
    const script = file('script', `${add('fed', '<<END')}\nfed\nEND\n${add('first', '< -')}\n`);
    const [ended, fed, piped] = await Promise.all([
      run(commands, { input: photo }),
      run(['-f', script], { input: 'first\n' }),
      run([], { input: readFileSync(script) }),
      interruptedWhileReading(),
    ]);
    expect(ended.stdout).toMatch(/^Resource: \S+\n$/);
    expect(ended.stderr).toBe(
      'arpa2shell: Cannot read standard input: a command before has read it; give the text behind <<WORD (usage)\n',
    );
    expect(await dataOf('stdin')).toBe(`${photo.toString('base64')}\n`);
    expect(fed).toMatchObject({ code: 0, stderr: '' });
    expect(await dataOf('fed')).toBe('fed\n');
    expect(await dataOf('first')).toBe('first\n');
    expect(piped.stderr).toMatch(/^arpa2shell: line:4: .*the commands themselves come from it/);
  });

  test('is text below the line, in scripts and behind -c', async () => {
    const script = [
      'arpa2acl',
      'acl import <<END | count',
      'acl garden.bed "below" %R mary@example.org',
      '# quit',
      'END',
      'quit',
      add('indented', '<<-"the end"'),
      '\tone\r',
      '\t\t<<two',
      ' END',
      '\tthe end',
      'ping6',
    ];
    const [ended, more] = await Promise.all([
      perform(scriptOf(`${script.join('\r\n')}\n`), true),
      perform(commandsOf([`${add('given', '<<END')}\na\tb\n\nEND\n`, 'ping6'])),
    ]);
    expect(ended).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^0\nResource: \S+\npong6\n$/) as unknown,
    });
    expect(await shown('below')).toMatch(/mary@example\.org/);
    expect(await dataOf('indented')).toBe('one\r\n<<two\n END\n');
    expect(more).toMatchObject({ code: 0, stderr: '' });
    expect(await dataOf('given')).toBe('a\tb\n\n');
  });

  test('is not run as commands, nor cut, whatever is wrong with its line', async () => {
    const script = [
      'arpa2acl acl import <<A | nosuch\nping6\nA',
      Buffer.from('arpa2acl acl import <<A\n\xff\nping6\nA', 'latin1'),
      `arpa2acl acl import force <<A\n${'x'.repeat(LIMIT)}\nping6\nA`,
      'arpa2acl acl import <<A <<B\nA\nping6\nB',
      'arpa2acl acl import force <<A\n# no end\nping6\n',
    ].flatMap((part) => [Buffer.from(part), Buffer.from('\n')]);
    const [ended, doubtful] = await Promise.all([
      perform(scriptOf(Buffer.concat(script))),
      perform(scriptOf('arpa2acl acl import "<<A\nping6\nA\nping6\n')),
    ]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr.split('\n')).toEqual([
      'arpa2shell: line:1: There is no filter "nosuch" (syntax)',
      'arpa2shell: line:4: line:5: The line is not UTF-8 (not-utf8)',
      `arpa2shell: line:8: The text up to "A" is larger than ${LIMIT} bytes (too-large)`,
      'arpa2shell: line:12: The input is given twice: leave one "<" or "<<" out (syntax)',
      'arpa2shell: line:16: The text has no end, which is a line "A": the command was not run (syntax)',
      '',
    ]);
    expect(doubtful).toMatchObject({ code: 1, stdout: '' });
    expect(doubtful.stderr).toMatch(/^arpa2shell: line:1: .*not closed; the lines below are not run, .*\(syntax\)\n$/);
  });

  test('is no file in a restricted session, whose user has no other way to the files of this machine', async () => {
    const lists = file('other.txt', 'acl garden.bed "restricted" %R x@example.org\n');
    const config = file('restricted.yaml', `krb5Config: ${world.realm.environment['KRB5_CONFIG'] ?? ''}\n`);
    const restricted = ['--restricted', '--config', config];
    const [refused, fed] = await Promise.all([
      run([...restricted, ...lines(`arpa2acl acl import < ${lists}`)]),
      run([...restricted, ...lines('arpa2acl acl import < -')], { input: readFileSync(lists) }),
    ]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^arpa2shell: Files of this machine are not read in a restricted session: .*\(usage\)\n$/,
    );
    expect(fed).toMatchObject({ code: 0, stderr: '' });
    expect(await shown('restricted')).toMatch(/x@example\.org/);
  });

  test('on a terminal: completed, shown, given up, and never in the history', async () => {
    file('to import.txt', 'acl garden.bed "typed" %R a@example.org\n');
    const home = path.join(folder, 'home');
    mkdirSync(home);
    const env = {
      ...world.realm.environment,
      HOME: home,
      PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    };
    await using user = new PtySession(MAIN, { args: bus, env, rows: 60, columns: 120 });
    await user.cursorBehind('arpa2shell> ');
    user.type('arpa2acl\r');
    await user.cursorBehind('arpa2acl> ');
    user.type('acl import ');
    user.type(`< ${folder}/to\t`);
    await user.cursorBehind(`< '${folder}/to import.txt' `);
    user.type('\r');
    await user.shows(/to import\.txt'\n.*arpa2acl>$/);
    user.type('acl import <<END\r');
    await user.shows(/<<END\n>$/);
    user.type('quit\r');
    await user.shows(/> quit\n>$/);
    user.type('# secret? not\t');
    await user.cursorBehind('> # secret? not\\t');
    user.type('\u001b[A\u0003');
    await user.shows(/secret\? not\\t\^C\n.*arpa2acl>$/);
    user.type('acl import <<END\r');
    await user.shows(/<<END\n>$/);
    // As a terminal pastes: tabs are text, the ends of lines end them.
    user.type('\u001b[200~acl garden.bed "pasted"\t%R c@example.org\rEND\r\u001b[201~');
    await user.shows(/> END\n.*arpa2acl>$/);
    user.type('acl import force <<END\racl garden.bed "cut" %R d@example.org\r');
    await user.shows(/d@example\.org\n>$/);
    user.type('\u0004');
    await user.shows('The text was ended by Ctrl-D, not by a line "END"');
    await user.cursorBehind('arpa2acl> ');
    user.type('\u0004');
    await user.cursorBehind('arpa2shell> ');
    user.type('\u0004');
    expect(await user.exit()).toBe(0);
    const history = readFileSync(path.join(home, '.arpa2shell_history'), 'utf8').split('\n');
    expect(history).toEqual([
      'arpa2acl',
      `acl import < '${folder}/to import.txt' `,
      'acl import <<END',
      'acl import force <<END',
      '',
    ]);
    for (const name of ['typed', 'pasted', 'cut']) expect(await shown(name)).toMatch(/@example\.org/);
    expect(daemon.log).not.toContain('example.org');
    expect(readFileSync(path.join(world.directory.file('state'), 'audit.log'), 'utf8')).not.toContain('example.org');
  });

  test('a terminal that goes away in the middle of a text sends nothing of it', async () => {
    const env = { ...world.realm.environment, HOME: folder };
    const leave = async (term: string): Promise<void> => {
      await using user = new PtySession(MAIN, { args: bus, env: { ...env, TERM: term } });
      await user.cursorBehind('arpa2shell> ');
      user.type('arpa2acl acl import <<END\r');
      await user.shows(/<<END\n>$/);
      user.type('acl garden.bed "lost" %R e@example.org\r');
      await user.shows(/example\.org\n>$/);
      if (term === 'dumb') user.type('\u0004');
      else user.hangUp();
      await user.exit();
    };
    await Promise.all(['xterm', 'dumb'].map(leave));
    expect(await shown('lost')).toBe('');
  });
});
