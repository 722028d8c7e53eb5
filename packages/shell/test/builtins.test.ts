import { describe, expect, test } from '@jest/globals';
import { defineShell, inlineHost, type CommandDefinition } from '../src/index.js';
import { asctime } from '../src/builtins.js';
import { DEMO, executableProbe, plan, Probe } from './probe.js';

const define = (word: string): CommandDefinition<undefined> => ({
  spec: `${word} ( add | del )   <x>`,
  ...(word === 'acme' ? { help: { del: 'Take it out', '<x>': 'What' } } : {}),
  summary: `Change ${word}`,
  effect: 'change',
  open: true,
  run: () => undefined,
});

// The words of the seed's example.
const host = inlineHost(
  defineShell({
    name: 'arpa2dns',
    version: '0.0',
    intro: 'Edit zone data.',
    commands: ['zone', 'record', 'enum', 'dane', 'acme'].map(define),
  }),
);

describe('built-in commands', () => {
  test('version, ping, ping6 as in the seed', async () => {
    const probe = await Probe.open(host);
    expect(await probe.output('version')).toEqual({ stdout: 'arpa2dns-0.0\n', stderr: '' });
    expect(await probe.output('ping6')).toEqual({ stdout: 'pong6\n', stderr: '' });
    expect(await probe.reply('ping')).toEqual({
      stderr_: 'EPROTONOSUPPORT: Please upgrade to ping6\n',
      error_: { code: 'failed' },
    });
  });

  test('date is asctime in UTC', async () => {
    expect(asctime(new Date('2018-11-23T10:27:40Z'))).toBe('Fri Nov 23 10:27:40 2018');
    expect(asctime(new Date('2018-01-03T00:00:09Z'))).toBe('Wed Jan  3 00:00:09 2018');
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { stdout } = await (await Probe.open(host)).output('date');
    const date = Date.parse(`${stdout.trim()} UTC`);
    expect(date).toBeGreaterThanOrEqual(before);
    expect(date).toBeLessThanOrEqual(Date.now());
  });

  test('whoami tells identity and expiration, nobody, and expired', async () => {
    const expires = new Date('2099-11-23T20:29:48Z');
    const known = await Probe.open(host, { ...DEMO, expires });
    expect(await known.reply('whoami')).toEqual({
      stdout_: 'You are:    demo@arpa2.net\nExpiration: Mon Nov 23 20:29:48 2099\n',
    });
    const nobody = await Probe.open(host, { ...DEMO, expires: null });
    expect(await nobody.reply('whoami')).toMatchObject({ stderr_: 'You are nobody\n' });
    const late = await Probe.open(host, { ...DEMO, expires: new Date('2018-11-23T20:29:48Z') });
    expect(await late.reply('whoami')).toMatchObject({ stderr_: 'You have expired\n' });
  });

  test('whoami tells groups and roles where there are any, and that they cannot be looked up', async () => {
    const expires = new Date('2099-11-23T20:29:48Z');
    const caller = { ...DEMO, expires };
    const memberships = [
      { kind: 'group', identity: 'ops@arpa2.net' },
      { kind: 'role', identity: 'boss@arpa2.net' },
      { kind: 'group', identity: 'all@arpa2.net' },
    ] as const;
    const whoami = { command: plan(host, 'whoami') };
    const limits = { timeoutMs: 1000, maxOutputBytes: 1000 };
    const member = await host.open(caller, { groups: async () => await Promise.resolve(memberships) });
    const about = 'You are:    demo@arpa2.net\nExpiration: Mon Nov 23 20:29:48 2099\n';
    expect(await member.runAll([whoami], limits)).toEqual([
      {
        stdout: `${about}Groups:     ops@arpa2.net, all@arpa2.net\nRoles:      boss@arpa2.net\n`,
        stderr: '',
      },
    ]);
    const lost = await host.open(caller, { groups: async () => await Promise.reject(new Error('no lists')) });
    expect(await lost.runAll([whoami], limits)).toEqual([
      { stdout: about, stderr: 'Your groups and roles cannot be looked up now\n', code: 'unavailable' },
    ]);
  });

  test('help lists the commands in columns', async () => {
    expect((await (await Probe.open(host)).reply('help')).stdout_).toBe(
      [
        'Documented commands (type help <topic>):',
        '========================================',
        'acme  dane  date  enum  help  ping  ping6  record  version  whoami  zone',
        '',
      ].join('\n'),
    );
    const many = Array.from({ length: 20 }, (_, index) => define(`command-${index}`));
    const wide = await Probe.open(inlineHost(defineShell({ name: 'wide', version: '1', intro: '', commands: many })));
    const lines = (await wide.output('help')).stdout.trimEnd().split('\n').slice(2);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual(lines.map((line) => line.split(/ +/)[0]).sort());
    expect(lines.join(' ').split(/ +/)).toHaveLength(26);
  });

  test('help with a word prints its syntax and summary', async () => {
    const probe = await Probe.open(host);
    expect(await probe.reply('help dane')).toEqual({ stdout_: 'dane (add | del) <x>\n    Change dane\n' });
    expect(await probe.reply('help acme')).toEqual({
      stdout_: 'acme (add | del) <x>\n    Change acme\n      del  Take it out\n      <x>  What\n',
    });
    expect((await probe.reply('help help')).stdout_).toBe(
      'List available commands with "help" or detailed help with "help cmd".\n',
    );
    expect((await probe.reply('help whoami')).stdout_).toContain('whoami\n');
    expect(await probe.reply('help dan')).toMatchObject({ stderr_: 'No help on "dan", did you mean "dane"?\n' });
  });

  test('answers without the shell: the program need not exist', async () => {
    const absent = await Probe.open(await executableProbe({ program: ['/nonexistent/program'] }));
    expect(await absent.codes(['version', 'ping6', 'whoami', 'help', 'date'])).toEqual(Array(5).fill('ok'));
    expect(await absent.codes(['hello a', 'ping6'])).toEqual(['unavailable', 'ok']);
  });

  test('costs next to nothing', async () => {
    const session = await host.open(DEMO);
    const commands = Array.from({ length: 1000 }, () => ({ command: plan(host, 'ping6') }));
    const limits = { timeoutMs: 1000, maxOutputBytes: 1000 };
    const start = performance.now();
    for (let round = 0; round < 100; round += 1) await session.runAll(commands, limits);
    const perSecond = 100_000 / ((performance.now() - start) / 1000);
    // An order of magnitude under what is measured: this guards against a round trip, not against a busy machine.
    expect(perSecond).toBeGreaterThan(100_000);
  });
});
