import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, waitUntil, type DaemonProcess } from '@arpa2amqp/testkit';
import { ADDRESS, MAIN, shellFolder, ShellWorld } from './shell-world.js';

describeWith(['krb5kdc'], 'arpa2shell without a terminal', () => {
  let world: ShellWorld;
  let daemon: DaemonProcess;
  let bus: string[];
  beforeAll(async () => {
    world = await ShellWorld.create();
    daemon = await world.startDaemon();
    bus = ['--to', ADDRESS, '--connect', daemon.url];
  });
  afterAll(async () => {
    await daemon.close();
    await world[Symbol.asyncDispose]();
  });
  const lines = (...commands: string[]): string[] => commands.flatMap((command) => ['-c', command]);

  test('commands of the shells, one-off and from inside, with what was set', async () => {
    const ended = await world.run([
      ...bus,
      ...lines(
        'test1 whoami',
        'test1 start at 3',
        'test1',
        'start show',
        'start at 5',
        'start show',
        'test1',
        'start show',
      ),
      ...lines('start at 7', 'reset', 'start show', 'quit', 'help test1 ping6', 'ping6'),
    ]);
    expect(ended).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^You are: {4}demo@arpa2\.test\nExpiration: .*\n0\n5\n0\n0\nping6\n {4}.*\npong6\n$/,
      ) as unknown,
    });
  });

  test('replies are text on stdout and stderr, or one JSON document', async () => {
    const commands = lines(
      'test1',
      'list',
      'headed',
      'ping',
      'echo a b | include b',
      'echo a b | count',
      'headed | json',
      'nasty',
    );
    const [text, json] = await Promise.all([
      world.run([...bus, ...commands]),
      world.run([...bus, '--json', ...commands, ...lines('nosuch', 'echo "x')]),
    ]);
    expect(text.stdout).toBe(
      'rows:\n  name  size\n  a     1\n  bcd   20\nnone: (none)\nwho:\n  is: me\n' +
        'Delay: 5\n\nbody\nb\n2\n{\n  "headers_": [\n    [\n      "Delay",\n      "5"\n    ]\n  ],\n  "stdout_": "body\\n"\n}\n\u001b[31mred\u0007\n',
    );
    expect(text.stderr).toBe('EPROTONOSUPPORT: Please upgrade to ping6\n');
    expect(text.code).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual([
      { rows: expect.any(Array) as unknown, none: [], who: { is: 'me' } },
      { headers_: [['Delay', '5']], stdout_: 'body\n' },
      { stderr_: 'EPROTONOSUPPORT: Please upgrade to ping6\n', error_: { code: 'failed' } },
      { stdout_: 'a\nb\n' },
      { stdout_: 'a\nb\n' },
      { headers_: [['Delay', '5']], stdout_: 'body\n' },
      { stdout_: '\u001b[31mred\u0007\n' },
      { stderr_: expect.stringMatching(/nosuch/) as unknown, error_: { code: 'unknown-command', at: 1 } },
      { stderr_: expect.stringMatching(/not closed/) as unknown, error_: { code: 'syntax' } },
    ]);
    expect(json.stderr).toBe('');
    expect(json.code).toBe(1);
  });

  test('a script from a file or from standard input; bad lines are told by their place and passed over', async () => {
    const script = Buffer.concat([
      Buffer.from('# a comment\n\ntest1\r\necho one\n'),
      Buffer.from([0x65, 0x63, 0x68, 0x6f, 0x20, 0xff, 0x0a]),
      Buffer.from(`echo \u0007\n${'x'.repeat(1024 * 1024 + 1)}\n`),
      Buffer.from('?start\nstart ?\nquit\nversion'),
    ]);
    const file = world.directory.file('script');
    writeFileSync(file, script);
    const [fromInput, fromFile, stopped, missing] = await Promise.all([
      world.run(bus, { input: script }),
      world.run([...bus, '-f', file]),
      world.run([...bus, '-e', '-f', file]),
      world.run([...bus, '-f', '/nowhere']),
    ]);
    expect(fromInput.stderr.replaceAll('line:', `${file}:`)).toBe(fromFile.stderr);
    expect(fromInput.stderr.split('\n')).toEqual([
      'arpa2shell: line:5: The line is not UTF-8 (not-utf8)',
      expect.stringMatching(/^arpa2shell: line:6: .*U\+0007.*\(syntax\)$/),
      expect.stringMatching(/^arpa2shell: line:7: The line is longer than 1048576 bytes \(too-large\)$/),
      '',
    ]);
    expect(fromInput.stdout).toMatch(
      /^one\nstart \(at <number> \| show\)\n {4}Where to start\n(?: {2,6}at {4}Set it\n {2,6}show {2}Print it\n){2}arpa2shell-0\.1\.0\n$/,
    );
    expect(fromInput.code).toBe(2);
    expect(stopped).toMatchObject({ code: 2, stdout: 'one\n' });
    expect(missing.code).toBe(2);
  });

  test('without a ticket, what needs none works, and the rest says so', async () => {
    const cache = world.realm.freshCache();
    const commands = lines(
      'whoami',
      'version',
      'ping6',
      'test1',
      'arpa2any',
      'whoami',
      'date',
      'help',
      'ping',
      'echo x',
    );
    const ended = await world.run([...bus, ...commands], { cache });
    expect(ended.stdout).toMatch(/^arpa2shell-0\.1\.0\npong6\n\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\nCommands:\n/);
    expect(ended.stderr.split('\n')).toEqual([
      'You are nobody',
      expect.stringMatching(/no command "test1", and whether .*You have no Kerberos ticket.*\(no-ticket\)$/),
      'You are nobody',
      'EPROTONOSUPPORT: Please upgrade to ping6',
      'arpa2shell: You have no Kerberos ticket: get one with kinit (no-ticket)',
      '',
    ]);
    expect(ended.code).toBe(3);
  });

  test('another ticket counts from the next command on, and an expired one is told apart from none', async () => {
    const cache = await world.realm.ticket('demo');
    const child = world.spawn(bus, { cache });
    let output = '';
    const note = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
    const say = async (line: string, answer: RegExp): Promise<void> => {
      output = '';
      child.stdin?.write(`${line}\n`);
      await waitUntil(() => answer.test(output)).catch(() => expect(output).toMatch(answer));
    };
    child.stdin?.write('test1\n');
    await say('echo x', /^x\n$/);
    await world.realm.ticket('demo', { cache, lifetimeSeconds: 1 });
    await waitUntil(
      async () => {
        await say('whoami', /^You .*\n/);
        return output.startsWith('You have expired');
      },
      { what: 'the end of the ticket', everyMs: 100 },
    );
    await say('echo x', /ticket has expired.*\(ticket-expired\)/);
    await world.realm.ticket('demo', { cache });
    await say('start at 4', /^$/);
    await say('start show', /^4\n/);
    await world.realm.ticket('other', { cache });
    await say('whoami', /^You are: {4}other@arpa2\.test\n/);
    await say('start show', /^0\n/);
    child.stdin?.end();
    await once(child, 'close');
  });

  test('a daemon that goes away in mid-command is one line, and the shell goes on with the next one', async () => {
    const first = await world.startDaemon();
    const child = world.spawn(['--to', ADDRESS, '--connect', first.url]);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const started = world.directory.file('started');
    child.stdin?.write(`test1 slow ${started}\n`);
    await waitUntil(() => existsSync(started), { what: 'the slow command' });
    const { url } = first;
    first.signal('SIGKILL');
    await waitUntil(() => stderr.includes('\n'), { what: 'the line about the loss' });
    expect(stderr).toMatch(
      /^arpa2shell: line:1: The connection to the host was lost: whether .* is not known \(unknown-outcome\)\n$/,
    );
    stderr = '';
    child.stdin?.write('test1 ping6\n');
    await waitUntil(() => stderr.includes('\n'), { what: 'the line about nobody there' });
    expect(stderr).toMatch(/^arpa2shell: line:2: .*\(cannot-reach\)\n$/);
    await using second = await world.startDaemon({ listen: url });
    child.stdin?.end('test1 ping6\n');
    await once(child, 'close');
    expect(second.exitCode).toBeNull();
    expect(stdout).toBe('pong6\n');
    await first.close();
  });

  test('whoami in the shell of shells is what the host knows of the caller, groups and roles too', async () => {
    await using host = await world.startDaemon({
      shells: [shellFolder('arpa2acl')],
      state: await world.makeLists(),
      hasLists: true,
    });
    const there = ['--to', ADDRESS, '--connect', host.url];
    const members = 'demo@arpa2.test other@arpa2.test';
    const groups = lines(
      ...['arpa2acl', 'group add staff@arpa2.test', `group join staff@arpa2.test ${members}`],
      ...['role add ops@arpa2.test', `role join ops@arpa2.test ${members}`, 'quit'],
    );
    const demo = await world.run([...there, ...groups, ...lines('whoami', 'arpa2acl whoami')]);
    const [cache, none] = [await world.realm.ticket('other'), world.realm.freshCache()];
    const nowhere = ['--to', ADDRESS, '--connect', 'amqp://127.0.0.1:1'];
    const [other, nobody, alone, wrong] = await Promise.all([
      // Nothing is granted to this one, so the host names no shell.
      world.run([...there, ...lines('whoami | exclude Expiration')], { cache }),
      world.run([...there, ...lines('whoami')], { cache: none }),
      world.run([...nowhere, ...lines('whoami')]),
      world.run([...there, ...lines('whoami x')]),
    ]);
    const known =
      /^You are: {4}demo@arpa2\.test\nExpiration: .*\nGroups: {5}staff@arpa2\.test\nRoles: {6}ops@arpa2\.test\n/;
    expect(demo).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(known) as unknown });
    const half = demo.stdout.length / 2;
    expect(demo.stdout.slice(0, half)).toBe(demo.stdout.slice(half));
    expect(other).toEqual({
      code: 0,
      stderr: '',
      stdout: 'You are:    other@arpa2.test\nGroups:     staff@arpa2.test\nRoles:      ops@arpa2.test\n',
    });
    expect(nobody).toEqual({ code: 1, stderr: 'You are nobody\n', stdout: '' });
    expect(alone).toMatchObject({ code: 0, stderr: '' });
    expect(alone.stdout).toMatch(
      /^You are: {4}demo@arpa2\.test\nExpiration: .*\nThis is what your ticket says: .*, could not be asked: .* \(cannot-reach\)\n$/,
    );
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/Unexpected "x"/) as unknown });
  });

  test('wrong usage is told and nothing is run', async () => {
    const ended = await world.run(['-c', 'ping6']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^arpa2shell: No host was named: use --to.*\(usage\)\n$/);
  });

  test('--local runs the shells without any daemon', async () => {
    const args = ['--local', '--shells', world.shells];
    const ended = await world.run([...args, ...lines('test1', 'start at 2', 'start show', 'whoami', 'nosuch')]);
    expect(ended.stdout).toMatch(/^2\nYou are: {4}demo@arpa2\.test\n/);
    expect(ended.stderr).toMatch(/nosuch/);
    expect(ended.code).toBe(1);
  });

  test('called by the name of a shell it starts there, and cannot leave to the others', async () => {
    const name = world.directory.file('arpa2nosuch');
    symlinkSync(MAIN, name);
    const ended = await world.run([...bus, ...lines('whoami', 'quit', 'ping6')], { name });
    expect(ended.stderr).toMatch(/has no shell "arpa2nosuch"|arpa2nosuch/);
    expect(ended.stdout).toBe('');
  });

  test('as a login shell it takes its one argument as a line, whatever it is', async () => {
    const hostile = ['--connect=amqp://127.0.0.1:1', '-c', '--', `'sh' '-i'`, '$(touch canary); `touch canary`'];
    const all = await world.run([...bus, ...lines(...hostile)]);
    expect(all).toMatchObject({ code: 1, stdout: '' });
    expect(all.stderr.match(/There is no command .*\(unknown-command\)\n/g)).toHaveLength(hostile.length);
    expect(existsSync('canary')).toBe(false);
  });

  test('in an SSH session the environment leads nowhere else, and the forced command is a line', async () => {
    const trap = world.directory.file('trap.cjs');
    const canary = world.directory.file('canary');
    writeFileSync(trap, `require('node:fs').writeFileSync(${JSON.stringify(canary)}, '')`);
    const config = world.directory.file('good.yaml');
    const { KRB5_CONFIG = '' } = world.realm.environment;
    writeFileSync(config, `to: ${ADDRESS}\nconnect: ${daemon.url}\nkrb5Config: ${KRB5_CONFIG}\nhistory: false\n`);
    const environment = {
      SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22',
      SSH_ORIGINAL_COMMAND: 'test1 whoami',
      NODE_OPTIONS: `--require ${trap}`,
      KRB5_CONFIG: '/nowhere',
      ARPA2AMQP_URL: 'amqp://127.0.0.1:1',
      ARPA2AMQP_TO: '/internetwide/arpa2.test/elsewhere',
      PAGER: `touch ${canary}`,
      EDITOR: `touch ${canary}`,
      HISTFILE: canary,
    };
    const ended = await world.run(['--config', config], { environment });
    expect(ended.stderr).toBe('');
    expect(ended.stdout).toMatch(/^You are: {4}demo@arpa2\.test\n/);
    expect(existsSync(canary)).toBe(false);
  });

  test('SIGUSR1 opens no debugger, SIGINT ends a script that waits for its next line', async () => {
    const child = world.spawn(bus);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin?.write('ping6\n');
    await waitUntil(() => output === 'pong6\n');
    child.kill('SIGUSR1');
    child.stdin?.write('ping6\n');
    await waitUntil(() => output !== 'pong6\n');
    expect(output).toBe('pong6\npong6\n');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(5);
    expect(output).toMatch(/^pong6\npong6\narpa2shell: Interrupted: .*\(aborted\)\n$/);
  });
});
