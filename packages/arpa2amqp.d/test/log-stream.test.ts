import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { LogStream } from '../src/log-stream.js';

const DAEMON = fileURLToPath(new URL('../dist/main.js', import.meta.url));

test('lines leave in order, by themselves and at the end', async () => {
  const directory = new WorkDirectory('arpa2amqp-log');
  const file = directory.file('log');
  const fd = openSync(file, 'w');
  const stream = new LogStream(fd);
  const lines = Array.from({ length: 2000 }, (_item, index) => `line ${index} ${'x'.repeat(index % 50)}\n`);
  for (const line of lines) stream.write(line);
  await waitUntil(() => readFileSync(file, 'utf8') === lines.join(''));
  stream.write('last\n');
  stream.finish();
  expect(readFileSync(file, 'utf8')).toBe(`${lines.join('')}last\n`);
  closeSync(fd);
  directory.remove();
});

test('a daemon whose log cannot be written ends all the same', async () => {
  const full = openSync('/dev/full', 'w');
  // It warns of --open, then finds no keytab.
  const args = ['--address', '/internetwide/arpa2.test/reservoir', '--keytab', '/dev/null', '--open'];
  const daemon = spawn(process.execPath, [DAEMON, ...args, '--listen', 'amqp://127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', full],
  });
  const [code] = (await once(daemon, 'exit')) as [number | null];
  expect(code).toBeGreaterThan(0);
  closeSync(full);
});
