import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, runProgram, type DaemonProcess, SshServer, waitUntil, type SshResult } from '@arpa2amqp/testkit';
import { ADDRESS, BusWorld, writeShell } from './bus-world.js';

const MAIN = fileURLToPath(new URL('../packages/arpa2shell/dist/main.js', import.meta.url));
const DAEMON = fileURLToPath(new URL('../packages/arpa2amqp.d/dist/main.js', import.meta.url));
const LISTS = fileURLToPath(new URL('../shells/arpa2acl', import.meta.url));
const GUIDE = readFileSync(new URL('../docs/ssh.md', import.meta.url), 'utf8');

/** What docs/ssh.md tells an administrator to install, with other names in place of its own. */
function fromGuide(name: string, replacements: Readonly<Record<string, string>>): string {
  const block = new RegExp(`<!-- test/ssh\\.test\\.ts: ${name} -->\\n\`\`\`\\w*\\n(.*?)\`\`\``, 's').exec(GUIDE)?.[1];
  return Object.entries(replacements).reduce((text, [theirs, ours]) => {
    if (!text.includes(theirs)) throw new Error(`docs/ssh.md: "${theirs}" is not in its ${name}`);
    return text.replaceAll(theirs, ours);
  }, block ?? '');
}

const cachesOfSessions = (): string[] => readdirSync('/tmp').filter((name) => name.startsWith('krb5cc_'));

describeWith(['krb5kdc', 'sshd'], 'arpa2shell over SSH, set up as in docs/ssh.md', () => {
  let world: BusWorld;
  let cache: string;
  let server: SshServer;
  let wrapper: string;
  let configuration: string;
  let daemon: DaemonProcess;
  let settingsFile: string;
  /** Made by whoever gets a command to run that is none of ours. */
  let canary: string;
  let cachesBefore: string[];

  beforeAll(async () => {
    cachesBefore = cachesOfSessions();
    world = await BusWorld.create();
    await world.realm.addUser('operator');
    cache = await world.realm.ticket('operator', { forwardable: true });
    // A session without a delegated ticket would find it, as it is in the krb5.conf of all of them.
    rmSync(world.realm.defaultCache);
    writeShell(world.shells, 'arpa2probe', { 'say hello': 'echo hello' });
    const state = world.directory.file('state');
    await runProgram(process.execPath, [DAEMON, 'acl', 'init', 'operator@arpa2.test', '--state', state]);
    daemon = await world.startDaemon([...world.args, '--shells', world.shells, LISTS, '--state', state]);
    canary = world.directory.file('canary');
    const settings = fromGuide('configuration', {
      '/internetwide/arpa2.net/reservoir': ADDRESS,
      'amqp://127.0.0.1:5672': daemon.url,
    });
    settingsFile = world.directory.file('arpa2shell.yaml');
    // The shell takes its user's home from the system, so a history would be that of whoever runs the tests.
    const ours = `krb5Config: ${world.realm.environment['KRB5_CONFIG'] ?? ''}\nhistory: false\n`;
    writeFileSync(settingsFile, `${settings}${ours}`, { mode: 0o600 });
    wrapper = world.directory.file('arpa2shell-login');
    const script = fromGuide('wrapper', {
      '/usr/bin/node': process.execPath,
      '/usr/lib/node_modules/arpa2shell/dist/main.js': MAIN,
      '--restricted': `--restricted --config '${settingsFile}'`,
    });
    writeFileSync(wrapper, script);
    chmodSync(wrapper, 0o755);
    configuration = fromGuide('sshd_config', {
      'Group arpa2-operators': 'Group operator',
      '/usr/local/bin/arpa2shell-login': wrapper,
    });
    server = await SshServer.start({ realm: world.realm, configuration });
  });

  afterAll(async () => {
    await server.close();
    await world[Symbol.asyncDispose]();
  });

  const ssh = async (words: readonly string[], to = server): Promise<SshResult> =>
    await to.run('ssh', ['-K', to.destination, '--', ...words], { cache });

  test('a delegated ticket is who the operator is', async () => {
    expect(await ssh(['whoami'])).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^You are: {4}operator@arpa2\.test\nExpiration: \w{3} \w{3} .* \d{4}\n$/),
      stderr: '',
    });
  });

  test('commands run in the daemon, one as words or many on standard input', async () => {
    expect(await ssh(['arpa2probe', 'say', 'hello'])).toEqual({ exitCode: 0, stdout: 'hello\n', stderr: '' });
    const script = await server.run('ssh', ['-K', server.destination], {
      cache,
      input: 'arpa2probe say hello\nwhoami\n',
    });
    expect(script).toMatchObject({ exitCode: 0, stderr: '' });
    expect(script.stdout).toMatch(/^hello\nYou are: {4}operator@arpa2\.test\n/);
  });

  test('a command gets its input from the other side, never from a file of this one', async () => {
    const entry = (name: string): string => `acl garden.bed "${name}" %R mary@example.org\n`;
    const file = world.directory.file('lists.txt');
    writeFileSync(file, entry('file'));
    const [piped, below, refused] = await Promise.all([
      server.run('ssh', ['-K', server.destination, 'arpa2acl acl import < -'], { cache, input: entry('piped') }),
      ssh([`arpa2acl acl import <<END\n${entry('below')}END`]),
      ssh([`arpa2acl acl import < ${file}`]),
    ]);
    for (const one of [piped, below]) expect(one).toMatchObject({ exitCode: 0, stderr: '' });
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^arpa2shell: Files of this machine are not read in a restricted session: .*\(usage\)\n$/,
    );
    const { stdout } = await ssh(['arpa2acl acl export']);
    expect(stdout).toContain(entry('piped'));
    expect(stdout).toContain(entry('below'));
    expect(stdout).not.toContain(entry('file'));
  });

  test('without delegation the operator is nobody', async () => {
    const result = await server.run('ssh', [server.destination, 'whoami'], { cache });
    expect(`${result.stdout}${result.stderr}`).toContain('You are nobody');
  });

  test('on a terminal there is a prompt, and nothing stays behind a hang-up', async () => {
    const client = server.spawn('ssh', ['-K', '-tt', server.destination], { cache });
    let screen = '';
    client.stdout.on('data', (text: string) => (screen += text));
    const shows = async (pattern: RegExp): Promise<boolean> =>
      await waitUntil(() => pattern.test(screen), { what: `${String(pattern)} on a terminal` });
    try {
      await shows(/arpa2shell.*> /);
      client.stdin.write('whoami\r');
      await shows(/You are: {4}operator@arpa2\.test/);
      expect(sessionsWith(settingsFile)).toHaveLength(1);
    } finally {
      client.kill('SIGKILL');
    }
    await waitUntil(() => sessionsWith(settingsFile).length === 0, { what: 'the end of arpa2shell after a hang-up' });
  });

  test('no words lead to a system shell', async () => {
    const touch = `touch ${canary}`;
    const attempts = [
      ['sh', '-c', `'${touch}'`],
      [`whoami; ${touch}`],
      [`whoami | ${touch}`],
      [`whoami\n${touch}`],
      [`$(${touch}) \`${touch}\` '; ${touch}; '`],
      ['-f', '/etc/passwd', '--local', '-c', touch],
    ];
    const results = await Promise.all(attempts.map(async (words) => await ssh(words)));
    for (const result of results) {
      expect([0, 255, null]).not.toContain(result.exitCode);
      expect(result.stdout).toBe('');
      expect(result.stderr).not.toContain('root:');
    }
    expect(existsSync(canary)).toBe(false);
  });

  test('no file comes or goes', async () => {
    const source = world.directory.file('source');
    writeFileSync(source, 'content');
    const remote = `${server.destination}:${canary}`;
    const results = await Promise.all([
      server.run('scp', ['-q', source, remote], { cache }),
      server.run('scp', ['-q', '-O', source, remote], { cache }),
      server.run('scp', ['-q', `${server.destination}:${source}`, canary], { cache }),
      server.run('sftp', ['-b', '-', server.destination], { cache, input: `put ${source} ${canary}\n` }),
    ]);
    expect(results.map(({ exitCode }) => exitCode)).not.toContain(0);
    expect(existsSync(canary)).toBe(false);
  });

  test('nothing is forwarded', async () => {
    const port = new URL(daemon.url).port;
    const strict = ['-K', '-o', 'ExitOnForwardFailure=yes'];
    const [through, back] = await Promise.all([
      server.run('ssh', [...strict, '-W', `127.0.0.1:${port}`, server.destination], { cache }),
      server.run('ssh', [...strict, '-N', '-R', `127.0.0.1:0:127.0.0.1:${port}`, server.destination], { cache }),
    ]);
    expect(through).toMatchObject({ exitCode: 255, stdout: '', stderr: expect.stringContaining('forwarding failed') });
    expect(back).toMatchObject({ exitCode: 255, stderr: expect.stringContaining('remote port forwarding failed') });
  });

  test('neither the environment of the client nor files of the operator run anything', async () => {
    const code = world.directory.file('preload.cjs');
    writeFileSync(code, `require('node:fs').writeFileSync(${JSON.stringify(canary)}, '')`);
    const touch = `/usr/bin/touch ${canary}\n`;
    mkdirSync(`${server.home}/.ssh`, { mode: 0o700 });
    writeFileSync(`${server.home}/.ssh/environment`, `NODE_OPTIONS=--require=${code}\n`);
    for (const name of ['.ssh/rc', '.profile', '.bashrc', '.shrc']) writeFileSync(`${server.home}/${name}`, touch);
    const environment = {
      NODE_OPTIONS: `--require=${code}`,
      ENV: `${server.home}/.shrc`,
      BASH_ENV: `${server.home}/.shrc`,
    };
    const send = ['-K', '-o', 'SendEnv=NODE_OPTIONS ENV BASH_ENV'];

    const refused = await server.run('ssh', [...send, server.destination, 'whoami'], { cache, environment });
    expect(refused).toMatchObject({ exitCode: 0, stderr: '' });
    expect(existsSync(canary)).toBe(false);

    // The wrapper stands even where somebody added the line that the guide warns of.
    await using careless = await SshServer.start({
      realm: world.realm,
      configuration: `AcceptEnv *\n${configuration}`,
    });
    const dropped = await careless.run('ssh', [...send, careless.destination, 'whoami'], { cache, environment });
    expect(dropped).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('operator@arpa2.test'), stderr: '' });
    expect(existsSync(canary)).toBe(false);
  });

  test('as login shell it is the same', async () => {
    await using variant = await SshServer.start({
      realm: world.realm,
      loginShell: wrapper,
      configuration: `Subsystem sftp /usr/lib/openssh/sftp-server\n${configuration.replace(/^ *ForceCommand.*$/m, '')}`,
    });
    const [known, unknown, injected, file] = await Promise.all([
      ssh(['whoami'], variant),
      ssh(['sh', '-c', `'touch ${canary}'`], variant),
      ssh([`whoami; touch ${canary}`], variant),
      variant.run('sftp', ['-b', '-', variant.destination], { cache, input: `put ${wrapper} ${canary}\n` }),
    ]);
    expect(known).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('operator@arpa2.test'), stderr: '' });
    for (const { exitCode } of [unknown, injected, file]) expect([0, null]).not.toContain(exitCode);
    expect(existsSync(canary)).toBe(false);
  });

  test('without the wrapper the environment still says nothing', async () => {
    const shell = `${process.execPath} ${MAIN} --config ${settingsFile}`;
    await using plain = await SshServer.start({
      realm: world.realm,
      configuration: `AcceptEnv KRB5_CONFIG ARPA2AMQP_*\n${configuration.replace(wrapper, shell)}`,
    });
    const environment = { ARPA2AMQP_URL: 'amqp://127.0.0.1:1', ARPA2AMQP_TO: '/internetwide/arpa2.test/elsewhere' };
    const known = await plain.run(
      'ssh',
      ['-K', '-o', 'SendEnv=ARPA2AMQP_*', '-o', `SetEnv=KRB5_CONFIG=${canary}`, plain.destination, 'whoami'],
      { cache, environment },
    );
    expect(known).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('operator@arpa2.test'), stderr: '' });
    expect(await ssh([`whoami; touch ${canary}`], plain)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(existsSync(canary)).toBe(false);
  });

  test('the delegated ticket is gone after each of these sessions', async () => {
    await waitUntil(() => cachesOfSessions().every((name) => cachesBefore.includes(name)), {
      what: 'the end of the caches of all sessions',
    });
  });
});

/** Process ids of the shells that run with this configuration. */
function sessionsWith(settingsFile: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.includes(MAIN) && words.includes(settingsFile);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}
