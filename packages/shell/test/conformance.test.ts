import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller, ShellHost } from '../src/index.js';
import { DEMO, executableProbe, inlineProbe, Probe, processProbe } from './probe.js';

// One suite, run on every kind of host: a caller must not be able to tell where a shell runs.

const HOSTS: readonly [kind: string, start: () => Promise<ShellHost>][] = [
  ['inline', inlineProbe],
  ['process', processProbe],
  ['executable', executableProbe],
];

describe.each(HOSTS)('%s host', (kind, start) => {
  let host: ShellHost;
  let probe: Probe;
  beforeAll(async () => {
    host = await start();
    probe = await Probe.open(host);
  });
  afterAll(async () => {
    await probe.session.close();
    await host.close();
  });

  test('describes itself, the built-in commands last', () => {
    expect(host.name).toBe('probe');
    expect(host.description).toMatchObject({ version: '1.2', intro: 'Probes hosts.' });
    expect(host.description.commands[0]).toEqual({
      spec: 'hello <name>',
      summary: 'Greet somebody',
      effect: 'read',
      open: true,
    });
    expect(host.description.commands.slice(-7).every(({ builtin }) => builtin === true)).toBe(true);
    expect(JSON.parse(JSON.stringify(host.description))).toEqual(host.description);
  });

  test('prints text, headers and JSON', async () => {
    expect(await probe.reply('hello World')).toEqual({ stdout_: 'Hello World\n' });
    const headers = [
      ['Probe', 'one'],
      ['Probe', 'two'],
    ];
    expect(await probe.reply('headers')).toEqual({ headers_: headers, answer: '42' });
    expect(await probe.reply('json')).toEqual({ list: ['a', 'b'], text: 'ü' });
  });

  test('fails by printing to stderr', async () => {
    expect(await probe.output('complain')).toEqual({ stdout: 'fine\n', stderr: 'not fine\n', code: 'failed' });
  });

  test('feeds stdin', async () => {
    const stdin = `two\nlines, "quoted" and ${'long '.repeat(10_000)}`;
    expect(await probe.reply('cat', { stdin })).toEqual({ stdout_: `${stdin}\n` });
    expect(await probe.output('cat')).toEqual({ stdout: '\n', stderr: '' });
  });

  test('hands over words, values and literals', async () => {
    expect(await probe.reply('words two a b')).toEqual({
      words: ['words', 'two', 'a', 'b'],
      x: ['a', 'b'],
      one: false,
      zwei: true,
    });
    expect(await probe.reply('words one')).toEqual({ words: ['words', 'one'], x: [], one: true, zwei: false });
  });

  test('tells who asks, and nobody as nobody', async () => {
    const { identity, principal } = DEMO;
    expect(await probe.reply('caller')).toEqual({ identity, principal, expires: 4_099_148_988 });
    const nobody: Caller = { identity: '', principal: '', expires: null };
    expect(await (await Probe.open(host, nobody)).reply('caller')).toEqual({
      identity: '',
      principal: '',
      expires: null,
    });
  });

  test('answers timeout at the deadline and goes on', async () => {
    // The command that follows has the same limit, in which a busy machine may not even start a program.
    for (const timeoutMs of [300, 1500, 7500]) {
      const start = performance.now();
      const [slow, next] = await probe.codes(['sleep', 'hello World'], { timeoutMs });
      const lifeMs = performance.now() - start;
      expect(slow).toBe('timeout');
      expect(lifeMs).toBeGreaterThanOrEqual(timeoutMs - 5);
      // It would sleep for 60 s.
      expect(lifeMs).toBeLessThan(30_000);
      if (next === 'ok') return;
      expect(next).toBe('timeout');
    }
    throw new Error('The command after the one that was stopped never ran');
  });

  test('answers interrupted when the caller gives up, and runs nothing more of the batch', async () => {
    const given = new AbortController();
    const codes = probe.codes(['sleep', 'hello b'], { signal: given.signal });
    setTimeout(() => given.abort(), 300);
    expect(await codes).toEqual(['interrupted', 'not-run']);
    expect(await probe.codes(['hello a', 'hello b'], { signal: given.signal })).toEqual(['interrupted', 'not-run']);
    expect(await probe.codes(['hello a'])).toEqual(['ok']);
  });

  test('stops at the first failure when told to', async () => {
    const lines = ['hello a', 'complain', 'hello b', 'ping6'];
    expect(await probe.codes(lines)).toEqual(['ok', 'failed', 'ok', 'ok']);
    expect(await probe.codes(lines, { stopOnFailure: true })).toEqual(['ok', 'failed', 'not-run', 'not-run']);
    const builtin = ['hello a', 'ping', 'hello b'];
    expect(await probe.codes(builtin, { stopOnFailure: true })).toEqual(['ok', 'failed', 'not-run']);
  });

  test.each(['stdout', 'stderr'])('cuts a flood on %s', async (stream) => {
    const output = await probe.output(`flood ${stream} 5000000`, { maxOutputBytes: 10_000 });
    expect(output).toEqual({
      stdout: '',
      stderr: 'The command printed more than 10000 bytes, ask for less at once\n',
      code: 'too-large',
    });
    expect((await probe.output(`flood ${stream} 8000`, { maxOutputBytes: 10_000 })).code).not.toBe('too-large');
  });

  test('runs many sessions at once', async () => {
    const replies = Array.from({ length: 20 }, async (_, index) => {
      const one = await Probe.open(host);
      const reply = await one.reply(`hello ${index}`);
      await one.session.close();
      return reply;
    });
    expect(await Promise.all(replies)).toEqual(
      Array.from({ length: 20 }, (_, index) => ({ stdout_: `Hello ${index}\n` })),
    );
  });

  test('answers nothing in a closed session, twice closed', async () => {
    const closed = await Probe.open(host);
    expect(await closed.codes(['hello a'])).toEqual(['ok']);
    await closed.session.close();
    await closed.session.close();
    expect(await closed.codes(['hello a', 'ping6'])).toEqual(['unavailable', 'unavailable']);
  });

  // A program that is run for every command has no state to keep, and fails by printing only.
  if (kind === 'executable') return;

  test('keeps the state of a session to itself and gives it back', async () => {
    const [one, two] = [await Probe.open(host), await Probe.open(host, { ...DEMO, identity: 'other@arpa2.net' })];
    await one.output('set red');
    expect(await one.reply('get')).toEqual({ stdout_: 'red of demo@arpa2.net\n' });
    expect(await two.reply('get')).toEqual({ stdout_: 'nothing of other@arpa2.net\n' });
    await one.session.close();
    expect((await two.output('closed')).stdout.split(/[,\n]/)).toContain('red');
    await two.session.close();
  });

  test('tells refusals from defects', async () => {
    expect(await probe.output('refuse unavailable')).toEqual({
      stdout: '',
      stderr: 'refused with unavailable\n',
      code: 'unavailable',
    });
    const codes = await probe.codes(['refuse invalid-batch', 'refuse syntax', 'refuse expired', 'refuse denied']);
    expect(codes).toEqual(['failed', 'failed', 'failed', 'denied']);
    const broken = await probe.output('break');
    expect(broken.code).toBe('internal');
    expect(broken.stderr).not.toContain('secret');
  });

  test('gives up a session whose command never ends', async () => {
    const deaf = await Probe.open(host);
    expect(await deaf.codes(['deaf', 'hello a', 'hello b', 'ping6'], { timeoutMs: 1500 })).toEqual([
      'timeout',
      'unavailable',
      'unavailable',
      'ok',
    ]);
    expect(await probe.codes(['hello a'])).toEqual(['ok']);
    await deaf.session.close();
  });
});
