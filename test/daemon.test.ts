import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, waitUntil } from '@arpa2amqp/testkit';
import { ADDRESS, BusWorld, SERVICE, writeShell } from './bus-world.js';

describeWith(['krb5kdc'], 'the daemon', () => {
  let world: BusWorld;
  beforeAll(async () => {
    world = await BusWorld.create();
    writeShell(world.shells, 'test1', {
      // Tells that it runs, and waits until the test lets it go on.
      'slow <started> <go>': `started=$(echo "$input" | sed 's/.*"started":\\["\\([^"]*\\)".*/\\1/'); go=$(echo "$input" | sed 's/.*"go":\\["\\([^"]*\\)".*/\\1/'); : > "$started"; while [ ! -e "$go" ]; do sleep 0.02; done; echo done`,
      'secret <password>': 'echo ok',
      nap: 'sleep 0.3; echo slept',
    });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** Starts a daemon that must not come up. @returns what it says to the person who started it */
  const refusal = async (args: readonly string[]): Promise<string> =>
    await world.startDaemon(args).then(
      () => 'it started',
      (error: unknown) => (error as Error).message,
    );
  const without = (flag: string): string[] => {
    const at = world.args.indexOf(flag);
    return world.args.toSpliced(at, flag === '--open' ? 1 : 2);
  };

  test('says that it is ready, where, and that it is open', async () => {
    const daemon = await world.startDaemon();
    expect(daemon.url).toMatch(/^amqp:\/\/127\.0\.0\.1:\d+$/);
    const [warning, ready] = daemon.lines;
    expect(warning).toMatchObject({ level: 'warn' });
    expect(warning?.msg).toMatch(/everyone with a ticket may run every command/);
    expect(ready).toMatchObject({ level: 'info', msg: 'ready', address: ADDRESS, shells: ['test1'] });
  });

  test.each<[string, () => string[], RegExp]>([
    ['without lists and without --open', () => without('--open'), /--state DIR.*acl init <identity>.*\(config\)/],
    [
      'with a state directory without lists',
      () => [...without('--open'), '--state', world.directory.file('no-lists')],
      /no access control lists in .*no-lists.*acl init <identity>.*\(config\)/,
    ],
    ['without an address', () => without('--address'), /give --address.*\(config\)/],
    [
      'with an address in upper case',
      () => [...without('--address'), '--address', ADDRESS.toUpperCase()],
      /not canonical.*\(invalid-address\)/,
    ],
    ['without shells', () => without('--shells'), /--shells DIR/],
    [
      'with a folder without shells',
      () => [...without('--shells'), '--shells', '/var/empty-or-absent'],
      /var\/empty-or-absent/,
    ],
    ['with a keytab that is not there', () => [...without('--keytab'), '--keytab', '/nowhere/keytab'], /keytab/i],
    [
      'with a keytab of another service',
      () => [...world.args, '--service', 'arpa2amqp@other.arpa2.test'],
      /other\.arpa2\.test/,
    ],
    ['with a service that is none', () => [...world.args, '--service', 'x'], /<service>@<host>/],
    [
      'with both ways of transport',
      () => [...world.args, '--listen', 'amqp://127.0.0.1:0', '--connect', 'amqp://127.0.0.1:1'],
      /either listens or connects/,
    ],
    [
      'on an address of the network without TLS',
      () => [...world.args, '--listen', 'amqp://0.0.0.0:0'],
      /TLS|SASL|loopback/,
    ],
    ['on a URL that is none', () => [...world.args, '--listen', 'localhost'], /URL/],
    ['with a state directory that cannot be', () => [...world.args, '--state', '/dev/null/state'], /state directory/],
    ['with an unknown option', () => [...world.args, '--opne'], /opne/],
    [
      'with a broker that is not there',
      () => [...world.args, '--connect', 'amqp://127.0.0.1:1'],
      /Cannot take batches from the broker: .*127\.0\.0\.1 port 1.*\(cannot-reach\)/,
    ],
  ])('does not start %s, and says why', async (_what, args, reason) => {
    const said = await refusal(args());
    expect(said).toMatch(reason);
    expect(said).not.toMatch(/\n\s+at /);
  });

  test('does not start with a state directory that others may write to', async () => {
    const state = world.directory.file('state');
    mkdirSync(state);
    chmodSync(state, 0o777);
    expect(await refusal([...world.args, '--state', state])).toMatch(/state directory.*chmod go-w.*\(config\)/);
  });

  test('does not start on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await refusal([...world.args, '--listen', `amqp://127.0.0.1:${port}`])).toMatch(
      new RegExp(`${port}.*in use|EADDRINUSE`),
    );
    server.close();
  });

  test('takes its settings from a YAML file, refuses unknown keys by name, and the command line wins', async () => {
    const file = world.directory.file('config.yaml');
    const settings = [
      `address: ${ADDRESS}`,
      `keytab: ${world.realm.keytab(SERVICE)}`,
      'shells: [shells]',
      'open: true',
    ];
    writeFileSync(file, [...settings, 'lisen: amqp://127.0.0.1:0'].join('\n'));
    expect(await refusal(['--config', file])).toMatch(/unknown key "lisen".*did you mean "listen"\?/);
    writeFileSync(file, [...settings, 'limits: { maxCommands: 2 }', 'listen: amqp://127.0.0.1:1'].join('\n'));
    const daemon = await world.startDaemon(['--config', file, '--listen', 'amqp://127.0.0.1:0']);
    const client = await world.connect(daemon);
    const commands = Array.from({ length: 3 }, () => ({ do_: 'test1 ping6' }));
    expect(await client.run(ADDRESS, commands.slice(1))).toEqual([{ stdout_: 'pong6\n' }, { stdout_: 'pong6\n' }]);
    await expect(client.run(ADDRESS, commands)).rejects.toThrow(/too-many-commands|more than 2/);
    writeFileSync(file, 'address: [unclosed');
    expect(await refusal(['--config', file])).toMatch(/Cannot parse.*line/);
    writeFileSync(file, [...settings, 'shellOptions: { test2: {} }'].join('\n'));
    expect(await refusal(['--config', file, '--listen', 'amqp://127.0.0.1:0'])).toMatch(
      /"test2".*did you mean "test1"\?/,
    );
  });

  test('SIGTERM: takes no more, finishes and answers what is at work, exits with 0', async () => {
    const daemon = await world.startDaemon();
    const client = await world.connect(daemon);
    const [started, go] = [world.directory.file('started'), world.directory.file('go')];
    const running = client.run(ADDRESS, [{ do_: 'test1 slow', started, go }]);
    await waitUntil(() => existsSync(started), { what: 'the slow command' });
    daemon.signal('SIGTERM');
    await waitUntil(() => daemon.lines.some(({ msg }) => msg === 'stopping'));
    writeFileSync(go, '');
    expect(await running).toEqual([{ stdout_: 'done\n' }]);
    await waitUntil(() => daemon.exitCode !== null);
    expect(daemon.exitCode).toBe(0);
    rmSync(started);
    rmSync(go);
  });

  test('SIGTERM: a long batch does not hold it up, and is told what was not run', async () => {
    const file = world.directory.file('short.yaml');
    writeFileSync(file, 'limits: { commandTimeoutMs: 1000 }');
    const daemon = await world.startDaemon([...world.args, '--config', file]);
    const client = await world.connect(daemon);
    const running = client.run(
      ADDRESS,
      Array.from({ length: 20 }, () => ({ do_: 'test1 nap' })),
    );
    await waitUntil(() => childrenOf(daemon.pid).length > 0, { what: 'the first command' });
    daemon.signal('SIGTERM');
    const codes = (await running).map(({ error_: error }) => error?.code);
    expect(codes[0]).toBeUndefined();
    expect(codes.at(-1)).toBe('not-run');
    await waitUntil(() => daemon.exitCode !== null);
    expect(daemon.exitCode).toBe(0);
  });

  test('a second SIGTERM ends it at once, and the command with it', async () => {
    const daemon = await world.startDaemon();
    const client = await world.connect(daemon);
    const [started, go] = [world.directory.file('started'), world.directory.file('go')];
    const running = client.run(ADDRESS, [{ do_: 'test1 slow', started, go }], { timeoutMs: 3000 });
    running.catch(() => undefined);
    await waitUntil(() => existsSync(started), { what: 'the slow command' });
    daemon.signal('SIGTERM');
    await waitUntil(() => daemon.lines.some(({ msg }) => msg === 'stopping'));
    daemon.signal('SIGTERM');
    await waitUntil(() => daemon.exitCode !== null);
    expect(daemon.exitCode).toBe(1);
    await expect(running).rejects.toMatchObject({ exitCode: 5 });
    rmSync(started);
  });

  test('SIGHUP reads the shells again, and what it cannot read leaves the old ones', async () => {
    const daemon = await world.startDaemon();
    const client = await world.connect(daemon);
    const run = async (): Promise<unknown> => await client.run(ADDRESS, [{ do_: 'test9 ping6' }]);
    expect(await run()).toMatchObject([{ error_: { code: 'unknown-shell' } }]);
    writeShell(world.shells, 'test9', { nothing: 'echo' });
    daemon.signal('SIGHUP');
    await waitUntil(() => daemon.lines.some(({ msg }) => msg === 'reloaded'));
    expect(await run()).toEqual([{ stdout_: 'pong6\n' }]);
    writeFileSync(`${world.shells}/test9/shell.json`, '{');
    daemon.signal('SIGHUP');
    await waitUntil(() => daemon.lines.some(({ msg }) => msg === 'reload-failed'));
    expect(await run()).toEqual([{ stdout_: 'pong6\n' }]);
    rmSync(`${world.shells}/test9`, { recursive: true });
  });

  test('SIGHUP leaves batches at work in the shells they began with', async () => {
    const daemon = await world.startDaemon();
    const client = await world.connect(daemon);
    const [started, go] = [world.directory.file('started'), world.directory.file('go')];
    const running = client.run(ADDRESS, [
      { do_: 'test1 slow', started, go },
      { do_: 'test1 secret', password: 'x' },
    ]);
    await waitUntil(() => existsSync(started), { what: 'the slow command' });
    daemon.signal('SIGHUP');
    await waitUntil(() => daemon.lines.some(({ msg }) => msg === 'reloaded'));
    writeFileSync(go, '');
    expect(await running).toEqual([{ stdout_: 'done\n' }, { stdout_: 'ok\n' }]);
    expect(daemon.log).not.toMatch(/"shell":[^\n]*"shell":/);
    rmSync(started);
    rmSync(go);
  });

  test('SIGHUP while SIGHUP is at work leaves no process behind', async () => {
    const kit = path.resolve('packages/shell/dist/index.js');
    const folder = path.join(world.shells, 'test8');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'shell.json'), '{ "name": "test8", "kind": "process", "module": "./index.mjs" }');
    writeFileSync(
      path.join(folder, 'index.mjs'),
      `import { defineShell } from '${kit}';
       export const createShell = () => defineShell({ name: 'test8', version: '1', intro: 'x', commands: [] });`,
    );
    const daemon = await world.startDaemon();
    const [first] = childrenOf(daemon.pid);
    expect(first).toBeDefined();
    daemon.signal('SIGHUP');
    await waitUntil(() => childrenOf(daemon.pid).length === 2, { what: 'the first reload' });
    daemon.signal('SIGHUP');
    await waitUntil(() => daemon.lines.filter(({ msg }) => msg === 'reloaded').length === 2);
    await waitUntil(() => childrenOf(daemon.pid).length === 1, { what: 'the end of the shells that were replaced' });
    expect(childrenOf(daemon.pid)).not.toContain(first);
    rmSync(folder, { recursive: true });
  });

  test('logs one line for a batch, without anything that was in it', async () => {
    const daemon = await world.startDaemon();
    const client = await world.connect(daemon);
    const commands = [{ do_: 'test1 secret', password: 'hunter2', stdin_: 'hunter3' }, { do_: 'test1 ping' }];
    await client.run(ADDRESS, commands);
    await client.run(ADDRESS, [{ do_: 'test1 hunter4' }]);
    await client.run(ADDRESS, [{ do_: 'test1 secret', hunter5: 'hunter6' }]);
    const lines = await waitUntil(() => {
      const found = daemon.lines.filter(({ msg }) => msg === 'batch');
      return found.length === 3 && found;
    });
    expect(lines[0]).toMatchObject({ principal: 'demo@ARPA2.TEST', commands: 2, errors: { failed: 1 } });
    expect(daemon.log).not.toMatch(/hunter|pong|EPROTO/);
  });
});

/** The processes that a process has started and that run. */
function childrenOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}
