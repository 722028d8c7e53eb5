import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { OrphanGuard } from '../src/orphan-guard.js';
import { runProgram } from '../src/program-run.js';

test('a program loses no output when a busy event loop comes late to its pipes', async () => {
  const directory = new WorkDirectory('arpa2amqp-program');
  const pidFile = directory.file('pid');
  const guard = new OrphanGuard();
  const running = runProgram({
    program: ['/bin/sh', '-c', `(sleep 0.2; echo late) & echo $$ > ${pidFile}`],
    directory: directory.path,
    environment: {},
    input: '',
    maxOutputBytes: 1000,
    killGraceMs: 100,
    drainMs: 400,
    signal: new AbortController().signal,
    guard,
  });
  const pid = await waitUntil(() => existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')));
  await waitUntil(() => !existsSync(`/proc/${pid}`));
  // The exit was seen; now nothing is until the time to drain the pipes is over, and what comes next are the timers.
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  const result = await running;
  expect(result.kind === 'ended' ? result.stdout.toString() : result.kind).toBe('late\n');
  directory.remove();
});
