import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@arpa2amqp/testkit';
import { executableProbe, expectGone, isRunning, Probe, recordingLogger } from './probe.js';

const FAST = { killGraceMs: 200, drainMs: 100 };

async function open(options: Parameters<typeof executableProbe>[0] = {}): Promise<Probe> {
  return await Probe.open(await executableProbe({ ...FAST, ...options }));
}

describe('an executable shell', () => {
  test('gets the caller and nothing else of our environment', async () => {
    process.env['PROBE_SECRET'] = 'x';
    process.env['PROBE_ALLOWED'] = 'y';
    const own = ['PATH', 'LANG', 'TZ', 'ARPA2_SHELL', 'REMOTE_USER', 'REMOTE_EXPIRES', 'ARPA2_PRINCIPAL'];
    const probe = await open({ environment: ['PROBE_ALLOWED'] });
    const environment = await probe.reply('environment');
    expect(Object.keys(environment).filter((name) => !own.includes(name))).toEqual(['PROBE_ALLOWED']);
    expect(environment).toMatchObject({ ARPA2_SHELL: 'probe', REMOTE_EXPIRES: '4099148988' });
  });

  test('reads no shell syntax', async () => {
    expect(await (await open()).reply('hello $(id);`id`')).toEqual({ stdout_: 'Hello $(id);`id`\n' });
  });

  test('fails with words of ours when it ends badly without any', async () => {
    const probe = await open();
    expect(await probe.output('status')).toEqual({
      stdout: '',
      stderr: 'probe ended with the exit status 3 and no message\n',
      code: 'failed',
    });
    expect(await probe.output('die')).toEqual({
      stdout: '',
      stderr: 'probe was ended by the signal SIGKILL\n',
      code: 'internal',
    });
    expect(await probe.output('binary')).toMatchObject({ stdout: '', code: 'failed' });
    expect((await probe.output('binary')).stderr).toContain('not UTF-8');
  });

  test('need not read its input', async () => {
    const probe = await open({ mode: 'unread' });
    expect(await probe.output('cat', { stdin: 'x'.repeat(1_000_000) })).toEqual({ stdout: '', stderr: '' });
  });

  describe('leaves nothing behind', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'arpa2-probe-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    async function noted(run: (probe: Probe) => Promise<unknown>, mode = 'normal'): Promise<number[]> {
      const file = path.join(folder, String(Math.random()));
      process.env['PROBE_PIDS'] = file;
      await run(await open({ mode, environment: ['PROBE_PIDS'] }));
      return readFileSync(file, 'utf8').trim().split(' ').map(Number);
    }

    test.each([
      ['ends when asked', 'normal'],
      ['is deaf to SIGTERM', 'deaf'],
    ])('when its time is over and it %s', async (_what, mode) => {
      const start = performance.now();
      const pids = await noted(async (probe) => {
        expect(await probe.output('sleep', { timeoutMs: 2000 })).toMatchObject({ stdout: '', code: 'timeout' });
      }, mode);
      expect(performance.now() - start).toBeLessThan(8000);
      expect(pids).toHaveLength(2);
      for (const pid of pids) await expectGone(pid);
    });

    test('when it closes its output and goes on', async () => {
      const [pid = 0] = await noted(async (probe) => {
        expect((await probe.output('close-output', { timeoutMs: 2000 })).code).toBe('timeout');
      });
      await expectGone(pid);
    });

    test.each(['grandchild', 'grandchild closed'])('when it starts a process that stays: %s', async (line) => {
      const probe = await open();
      const { stdout, code } = await probe.output(line);
      expect(code).toBeUndefined();
      await expectGone(Number(stdout));
    });

    test('of its pipes when a process has left the group with them', async () => {
      const start = performance.now();
      const pid = Number((await (await open()).output('escape')).stdout);
      expect(performance.now() - start).toBeLessThan(8000);
      // Out of our reach by its own will: it is the program's to end. Here it is ours.
      expect(isRunning(pid)).toBe(true);
      process.kill(pid, 'SIGKILL');
      await expectGone(pid);
    });

    test('when the host is destroyed', async () => {
      const pids = await noted(async (probe) => {
        const codes = probe.codes(['sleep', 'hello a']);
        await waitUntil(() => existsSync(process.env['PROBE_PIDS'] ?? ''));
        probe.host.destroy();
        expect(await codes).toEqual(['unavailable', 'not-run']);
        await probe.host.close();
        expect(await (await Probe.open(probe.host)).codes(['hello a', 'ping6'])).toEqual(['unavailable', 'ok']);
      });
      for (const pid of pids) await expectGone(pid);
    });
  });

  test('that cannot be started is unavailable, and the log tells why', async () => {
    const { logger, events } = recordingLogger();
    const probe = await open({ program: ['/nonexistent/program'], logger });
    expect(await probe.codes(['hello a'])).toEqual(['unavailable']);
    expect(events).toEqual([
      { event: 'shell-not-started', fields: { shell: 'probe', error: '"spawn /nonexistent/program ENOENT"' } },
    ]);
    const tooLong = await open({ program: ['/bin/true', 'x'.repeat(3_000_000)] });
    expect(await tooLong.codes(['hello a'])).toEqual(['unavailable']);
  });
});
