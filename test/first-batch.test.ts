import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { completionOf } from '@arpa2amqp/protocol';
import { describeWith, KnotServer, waitUntil, type DaemonProcess } from '@arpa2amqp/testkit';
import { stringify } from 'yaml';
import { ADDRESS, BusWorld, SERVICE, writeShell } from './bus-world.js';
import { runClient } from './client-program.js';

// Programs are started by the dozen, which a busy machine does slowly.
jest.setTimeout(120_000);

const ARPA2DNS = fileURLToPath(new URL('../shells/arpa2dns', import.meta.url));

/** The processes that a process has started, theirs too, whatever group or session they are in. */
function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The second field is the name in parentheses and may hold anything.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const childrenOf = (parent: number): number[] =>
    [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...childrenOf(child)]);
  return childrenOf(pid);
}

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);

describeWith(['krb5kdc', 'knotd'], 'the bus from end to end', () => {
  let world: BusWorld;
  let knot: KnotServer;
  let config = '';

  beforeAll(async () => {
    [world, knot] = await Promise.all([BusWorld.create(), KnotServer.start()]);
    writeShell(world.shells, 'bus', {
      'echo <text>': `echo "$input" | sed 's/.*"text":\\["\\([^"]*\\)".*/\\1/'`,
      'slow <started> <go>': `started=$(echo "$input" | sed 's/.*"started":\\["\\([^"]*\\)".*/\\1/'); go=$(echo "$input" | sed 's/.*"go":\\["\\([^"]*\\)".*/\\1/'); : > "$started"; while [ ! -e "$go" ]; do sleep 0.02; done; echo done`,
    });
    config = world.directory.file('config.yaml');
    writeFileSync(
      config,
      stringify({
        address: ADDRESS,
        keytab: world.realm.keytab(SERVICE),
        shells: [ARPA2DNS, world.shells],
        shellOptions: { arpa2dns: { socket: knot.socket } },
        open: true,
      }),
    );
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await knot.close();
  });

  const startDaemon = async (): Promise<DaemonProcess> => await world.startDaemon(['--config', config]);

  test('the first batch: replies on stdout as one JSON document, exit code 1, and the TLSA record is served', async () => {
    const daemon = await startDaemon();
    const hash = randomBytes(64).toString('hex');
    const batch = [
      { do_: 'arpa2dns zone add', zone: 'orvelte.nep', ns1: 'ns1.orvelte.nep.', rp: 'admin@orvelte.nep' },
      { do_: ['arpa2dns', 'dane', 'config', 'any-end', 'pubkey', 'sha512'] },
      {
        do_: ['arpa2dns', 'dane', 'add'],
        zone: 'orvelte.nep',
        _proto: '_tcp',
        port: '443',
        owner: '@',
        'to-be-matched': hash,
      },
      { do_: 'arpa2dns whoami' },
      { do_: 'arpa2dns ping' },
      { do_: 'arpa2dns ping6' },
    ];
    const { code, stdout, stderr } = await runClient([], {
      input: JSON.stringify(batch),
      environment: { ...world.realm.environment, ARPA2AMQP_URL: daemon.url, ARPA2AMQP_TO: ADDRESS },
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^\[.*\]\n$/);
    expect(JSON.parse(stdout)).toEqual([
      { stdout_: expect.stringContaining('ns1.orvelte.nep is inside the zone and has no address yet') },
      { stdout_: '' },
      { headers_: [['Cache-Update-Delay', '3600']], stdout_: '' },
      { stdout_: expect.stringMatching(/^You are: +demo@arpa2\.test\nExpiration: [^\n]+\n$/) },
      { stderr_: expect.stringMatching(/./), error_: { code: 'failed' } },
      { stdout_: 'pong6\n' },
    ]);
    expect(await knot.query('_443._tcp.orvelte.nep', 'TLSA')).toMatchObject({
      status: 'NOERROR',
      records: [{ type: 'TLSA', data: `3 1 2 ${hash.toUpperCase()}` }],
    });
    expect(daemon.log).not.toContain(hash);
  });

  test('what may come next is told, from the live server', async () => {
    const daemon = await startDaemon();
    const client = await world.connect(daemon);
    const ask = async (words: readonly string[], partial = '') => {
      const [reply] = await client.run(ADDRESS, [{ complete_: { words, partial } }]);
      return completionOf(reply!)!.candidates;
    };
    const zone = 'completed.nep';
    await client.run(ADDRESS, [{ do_: 'arpa2dns zone add', zone, ns1: 'ns1.example.org', rp: 'admin@example.org' }]);
    expect((await ask([])).map(({ value }) => value)).toEqual(['arpa2dns', 'bus']);
    expect(await ask(['arpa2dns', 'dane', 'config', 'any-end'])).toEqual([
      { value: 'cert', help: expect.stringMatching(/certificate/) },
      { value: 'pubkey', help: expect.stringMatching(/public key/) },
    ]);
    // The first questions wake the process of the hooks.
    const zones = await waitUntil(async () => {
      const found = await ask(['arpa2dns', 'dane', 'add'], 'comp');
      return found.length > 0 && found;
    });
    expect(zones).toEqual([{ value: zone }]);
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const start = performance.now();
      await ask(['arpa2dns', 'record', 'list', zone]);
      times.push(performance.now() - start);
    }
    // An answer comes within 50 ms on one machine; only the best tells, because tests share theirs.
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test('300 batches at a time over one client: each gets its own replies, in the order of its commands', async () => {
    const daemon = await startDaemon();
    const client = await world.connect(daemon);
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const run = async (number: number): Promise<unknown> =>
      await client.run(ADDRESS, [
        { do_: 'arpa2dns ping6' },
        { do_: 'bus echo', text: `batch-${number}` },
        { do_: ['arpa2dns', 'record', 'list'], zone: `absent-${number}.nep` },
      ]);
    const replies = await Promise.all(numbers.map(run));
    expect(replies).toEqual(
      numbers.map((number) => [
        { stdout_: 'pong6\n' },
        { stdout_: `batch-${number}\n` },
        { stderr_: expect.stringContaining(`absent-${number}.nep`), error_: { code: 'failed' } },
      ]),
    );
    expect(client.pendingCount).toBe(0);
    await waitUntil(() => daemon.lines.filter(({ msg }) => msg === 'batch').length === 300);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('leaves no process behind after %s', async (signal) => {
    const daemon = await startDaemon();
    const client = await world.connect(daemon);
    const [started, go] = [world.directory.file(`started-${signal}`), world.directory.file(`go-${signal}`)];
    const running = client.run(ADDRESS, [{ do_: 'bus slow', started, go }], { timeoutMs: 5000 });
    running.catch(() => undefined);
    await waitUntil(() => existsSync(started), { what: 'the slow command' });
    const { pid } = daemon;
    const processes = descendantsOf(pid);
    // The process of arpa2dns, the program of bus and its guard.
    expect(processes.length).toBeGreaterThanOrEqual(3);
    daemon.signal(signal);
    if (signal === 'SIGTERM') {
      writeFileSync(go, '');
      expect(await running).toEqual([{ stdout_: 'done\n' }]);
    }
    // A program at work would go on for ever: whoever should have ended it at its time limit is dead.
    await waitUntil(() => ![pid, ...processes].some(isRunning), { what: 'the end of all processes' });
    client.destroy();
    await Promise.allSettled([running]);
  });
});
