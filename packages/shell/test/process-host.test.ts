import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BusError } from '@arpa2amqp/protocol';
import { waitUntil } from '@arpa2amqp/testkit';
import type { ShellHost } from '../src/index.js';
import { backoffMs } from '../src/backoff.js';
import { expectGone, isRunning, plan, Probe, PROBE_MODULE, processProbe, recordingLogger } from './probe.js';

const FAST = { graceMs: 300 };

async function processId(probe: Probe): Promise<number> {
  return Number((await probe.output('pid')).stdout);
}

/** Opens sessions until the shell takes a command again. */
async function backUp(host: ShellHost): Promise<Probe> {
  return await waitUntil(async () => {
    const probe = await Probe.open(host);
    return (await probe.codes(['hello a']))[0] === 'ok' ? probe : null;
  });
}

describe('a process shell', () => {
  let host: ShellHost;
  let probe: Probe;
  let child: number;
  const log = recordingLogger();
  const named = (event: string) => log.events.filter((entry) => entry.event === event);

  beforeEach(async () => {
    log.events.length = 0;
    host = await processProbe({ ...FAST, logger: log.logger });
    probe = await Probe.open(host);
    child = await processId(probe);
  });
  afterEach(async () => {
    await host.close();
    await expectGone(child);
  });

  test('that dies makes what was in flight unavailable, and comes back', async () => {
    const other = await Probe.open(host);
    await other.output('set red');
    const sleeping = other.codes(['sleep', 'hello a']);
    expect(await probe.codes(['hello a', 'die', 'hello b'])).toEqual(['ok', 'unavailable', 'unavailable']);
    expect(await sleeping).toEqual(['unavailable', 'unavailable']);
    await expectGone(child);
    // While it is down: the built-in commands are answered, and a session that lost its state stays lost.
    const meanwhile = await Probe.open(host);
    expect(await meanwhile.codes(['ping6', 'hello a', 'version'])).toEqual(['ok', 'unavailable', 'ok']);
    const again = await backUp(host);
    expect(await other.codes(['get', 'whoami'])).toEqual(['unavailable', 'ok']);
    expect((await again.output('get')).stdout).toBe('nothing of demo@arpa2.net\n');
    expect(named('shell-down')).toHaveLength(1);
    expect(named('shell-up')).toHaveLength(1);
  });

  test('that crashes between two commands comes back too', async () => {
    expect(await probe.codes(['crash-later'])).toEqual(['ok']);
    await expectGone(child);
    await backUp(host);
    expect(JSON.stringify(named('shell-stray-output'))).toContain('SyntaxError');
  });

  test('that holds the processor is answered for at the deadline, then killed', async () => {
    const other = await Probe.open(host);
    const start = performance.now();
    expect(await probe.codes(['hello a', 'stuck', 'hello b'], { timeoutMs: 200 })).toEqual([
      'ok',
      'timeout',
      'unavailable',
    ]);
    expect(performance.now() - start).toBeLessThan(5000);
    await expectGone(child);
    expect(named('shell-stuck-killed')).toHaveLength(1);
    expect(await other.codes(['ping6'])).toEqual(['ok']);
    await backUp(host);
  });

  test('that holds the processor for a while only is not killed, and runs nothing it must not', async () => {
    const given = new AbortController();
    const codes = probe.codes(['stuck 250', 'set red', 'set blue'], { signal: given.signal });
    setTimeout(() => given.abort(), 50);
    expect(await codes).toEqual(['interrupted', 'not-run', 'not-run']);
    expect((await probe.output('get')).stdout).toContain('nothing');
    expect(await probe.codes(['stuck 250', 'set red'], { timeoutMs: 50, stopOnFailure: true })).toEqual([
      'timeout',
      'not-run',
    ]);
    expect((await probe.output('get')).stdout).toContain('nothing');
    expect(await processId(probe)).toBe(child);
  });

  test('keeps what a plugin prints by itself out of replies and in the log, cut', async () => {
    expect(await probe.reply('chatter 5000')).toEqual({ stdout_: 'done\n' });
    await waitUntil(() => named('shell-stray-output').some(({ fields }) => fields['stream'] === 'stderr'));
    const texts = named('shell-stray-output').map(({ fields }) => String(fields['text']));
    expect(texts[0]).toBe('"chatter \\u{1b}[31m0"');
    expect(texts.every((text) => text.length < 300)).toBe(true);
    expect(texts.length).toBeLessThanOrEqual(40);
    await host.close();
    // The pipes of a process are drained to their end by themselves, after its exit: a grandchild may hold them.
    await waitUntil(() => named('shell-stray-output-dropped').length > 0);
  });

  test('that closes its channel is ended and comes back', async () => {
    const codes = await probe.codes(['mute', 'hello a'], { timeoutMs: 200 });
    expect(codes[1]).toMatch(/timeout|unavailable/);
    await expectGone(child);
    await backUp(host);
  });

  test.each(['log', 'output'])('that nests what it says too deeply (%s) does not take us with it', async (where) => {
    await (await Probe.open(host)).codes([`deep ${where}`], { timeoutMs: 5000 });
    await expectGone(child);
    expect(named('shell-channel-broken')).toMatchObject([{ fields: { fault: 'a message is none of ours' } }]);
    await backUp(host);
  });

  test('that logs without end is cut short', async () => {
    expect(await probe.codes(['tattle 500', 'hello a'])).toEqual(['ok', 'ok']);
    expect(named('shell-told')).toHaveLength(20);
    await host.close();
    expect(named('shell-log-dropped')).toMatchObject([{ fields: { dropped: 480 } }]);
  });

  test('that speaks something else on its channel is ended and comes back', async () => {
    const sleeping = (await Probe.open(host)).codes(['sleep']);
    await probe.codes(['garbage', 'hello a'], { timeoutMs: 1000 });
    expect(await sleeping).toEqual(['unavailable']);
    expect(named('shell-channel-broken')).toMatchObject([{ fields: { fault: 'a line is not JSON' } }]);
    await backUp(host);
  });

  test('that goes round the limit of its own side meets it on ours', async () => {
    const other = await processProbe(FAST);
    const forged = await (await Probe.open(other)).output('forge 50000', { maxOutputBytes: 10_000 });
    expect(forged).toMatchObject({ stdout: '', code: 'too-large' });
    await other.close();
  });

  test('takes what it has started with it', async () => {
    const grandchild = Number((await probe.output('grandchild')).stdout);
    expect(isRunning(grandchild)).toBe(true);
    await host.close();
    await expectGone(grandchild);
  });

  test('gets a minimal environment', async () => {
    process.env['PROBE_SECRET'] = 'x';
    process.env['PROBE_ALLOWED'] = 'y';
    const names = Object.keys(await probe.reply('environment'));
    expect(names.filter((name) => !['PATH', 'LANG', 'TZ'].includes(name))).toEqual([]);
    const allowed = await processProbe({ environment: ['PROBE_ALLOWED'] });
    expect(await (await Probe.open(allowed)).reply('environment')).toMatchObject({ PROBE_ALLOWED: 'y' });
    await allowed.close();
  });

  test('finishes what runs when it is closed, once, and takes nothing more', async () => {
    const sleeping = probe.codes(['sleep 300']);
    await Promise.all([host.close(), host.close()]);
    expect(await sleeping).toEqual(['ok']);
    expect(await (await Probe.open(host)).codes(['hello a', 'ping6'])).toEqual(['unavailable', 'ok']);
  });

  test('is ended at once when it is destroyed', async () => {
    const sleeping = probe.codes(['sleep', 'hello a']);
    host.destroy();
    expect(await sleeping).toEqual(['unavailable', 'unavailable']);
    await host.close();
    expect(isRunning(child)).toBe(false);
  });

  test('needs no round trip for each command of a batch', async () => {
    const command = plan(host, 'hello World');
    const commands = Array.from({ length: 100 }, () => ({ command }));
    const limits = { timeoutMs: 10_000, maxOutputBytes: 1000 };
    const { session } = probe;
    const ratios: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const start = performance.now();
      await session.runAll(commands, limits);
      const together = performance.now();
      for (const entry of commands) await session.run(entry.command, limits);
      ratios.push((performance.now() - together) / (together - start));
    }
    // Both under the same load; 3 and more is usual.
    expect(Math.max(...ratios)).toBeGreaterThan(1.5);
  });
});

describe('a process shell that does not come up', () => {
  async function failure(options: Parameters<typeof processProbe>[0]): Promise<BusError> {
    const error: unknown = await processProbe(options).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BusError);
    return error as BusError;
  }

  test.each([
    ['its module is missing', { module: '/nonexistent/module.js' }, 'Cannot find module'],
    ['its module makes another shell', { options: { name: 'other' } }, 'a shell named "other"'],
    ['its module throws', { options: { refuse: true } }, 'there is no back end'],
    ['it says nothing', { options: { hang: true }, startTimeoutMs: 500 }, 'it said nothing within 500 ms'],
    [
      'its module is no shell',
      { module: new URL('fixtures/probe-commands.mjs', import.meta.url).pathname },
      'createShell',
    ],
  ])('because %s', async (_why, options, message) => {
    const error = await failure(options);
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain('Starting the shell probe failed');
    expect(error.message).toContain(message);
  });

  test('one whose session cannot be opened fails its commands, not the built-in ones', async () => {
    const host = await processProbe({ options: { closedDoor: true } });
    const probe = await Probe.open(host);
    expect(await probe.output('hello a')).toMatchObject({ stderr: 'the back end is away\n', code: 'unavailable' });
    expect(await probe.codes(['hello a', 'ping6'])).toEqual(['unavailable', 'ok']);
    await probe.session.close();
    await host.close();
  });
});

test('a process shell ends with all it started when the daemon is killed', async () => {
  const maker = fileURLToPath(new URL('fixtures/orphan-maker.mjs', import.meta.url));
  const daemon = spawn(process.execPath, [maker, PROBE_MODULE], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  daemon.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await waitUntil(() => printed.includes('\n'));
  const pids = printed.trim().split(' ').map(Number);
  expect(pids.map(isRunning)).toEqual([true, true]);
  daemon.kill('SIGKILL');
  for (const pid of pids) await expectGone(pid);
});

test('pauses between restarts grow to a limit and are spread', () => {
  expect([0, 1, 5].map((failures) => backoffMs(failures, () => 1))).toEqual([100, 200, 3200]);
  expect(backoffMs(1000, () => 1)).toBe(30_000);
  expect(backoffMs(1, () => 0)).toBe(100);
});
