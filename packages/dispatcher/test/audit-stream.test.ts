import { closeSync, constants, openSync, readSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { runProgram, waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { AuditLog, AuditStream } from '../src/index.js';

const directory = new WorkDirectory('arpa2-audit-stream');
afterAll(() => directory.remove());

/** Both ends of a pipe that nobody reads unless asked to. */
async function openPipe(name: string): Promise<{ fd: number; reader: number; read: () => string }> {
  const path = directory.file(name);
  await runProgram('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1024 * 1024);
  const read = (): string => {
    try {
      return buffer.toString('latin1', 0, readSync(reader, buffer));
    } catch {
      return '';
    }
  };
  return { fd: openSync(path, 'w'), reader, read };
}

test('lines leave in order, and the chain goes on after a restart', async () => {
  const { fd, reader, read } = await openPipe('pipe');
  const head = directory.file('head');
  const log = new AuditLog({ destination: new AuditStream(fd, head) });
  log.event('start');
  await log.written();
  log.event('stop');
  await log.close();
  const first = read();
  const again = openSync(directory.file('pipe'), 'w');
  const next = new AuditLog({ destination: new AuditStream(again, head) });
  next.event('start');
  await next.close();
  const lines = `${first}${read()}`.trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3]);
  closeSync(reader);
});

test('a reader who does not read holds up changes, and nothing else', async () => {
  const { fd, reader, read } = await openPipe('stuck');
  const failures: string[] = [];
  const log = new AuditLog({
    destination: new AuditStream(fd),
    onFailure: ({ code }) => failures.push(code),
    onRecovery: () => failures.push('recovered'),
  });
  await log.ensureWritable();
  for (let count = 0; count < 2000; count += 1) log.event('filler', { text: 'x'.repeat(100) });
  await log.written();
  expect(failures).toEqual(['ETIMEDOUT']);
  log.event('more');
  expect(log.written()).toBeNull();
  await expect(log.ensureWritable()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  let text = '';
  await waitUntil(() => {
    text += read();
    return failures.includes('recovered') && text.includes('"more"');
  });
  await log.ensureWritable();
  expect(text.trim().split('\n')).toHaveLength(2001);
  await log.close();
  closeSync(reader);
});
