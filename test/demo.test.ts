import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { describeWith, runProgram, waitUntil } from '@arpa2amqp/testkit';

const DEMO = fileURLToPath(new URL('../demo/dist/main.js', import.meta.url));
const TERMINAL = fileURLToPath(new URL('peers/demo_on_terminal.py', import.meta.url));

describeWith(['krb5kdc', 'knotd', 'python-peers'], 'npm start', () => {
  test('without a terminal it shows a batch and its record, and ends', async () => {
    const { stdout, stderr } = await runProgram(process.execPath, [DEMO], { timeoutMs: 60_000 });
    expect(JSON.parse(stdout)).toHaveLength(6);
    expect(stderr).toMatch(/DNS serves it: _443\._tcp\.orvelte\.nep\. 3600 TLSA 3 1 2 [0-9A-F]{128}/);
    expect(stderr).toContain('Denied: demo@arpa2.test has no right D (delete) on arpa2dns.zone');
    const lines = stderr.split('\n').filter((line) => line.startsWith('{"seq"'));
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        identity: 'demo@arpa2.test',
        words: expect.arrayContaining(['dane', 'add', 'orvelte.nep']),
        decision: 'granted',
      },
      { identity: 'demo@arpa2.test', words: ['zone', 'del', 'orvelte.nep'], decision: 'denied', outcome: 'denied' },
    ]);
    expect(stderr).toMatch(/\d+ lines are whole/);
  }, 60_000);

  test('on a terminal it ends in the shell, and leaves nothing behind', async () => {
    const { stdout } = await runProgram('/usr/bin/python3', [TERMINAL, process.execPath, DEMO], { timeoutMs: 90_000 });
    expect(stdout).toMatch(/You are:\s+demo@arpa2\.test/);
    expect(stdout).toContain('Stopping everything');
    const [, directory = ''] = /KRB5_CONFIG='.*\/(arpa2-realm-[^/]+)\//.exec(stdout) ?? [];
    expect(directory).not.toBe('');
    await waitUntil(() => !readdirSync(tmpdir()).includes(directory));
  }, 90_000);
});
