import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { BusError } from '@arpa2amqp/protocol';
import fc from 'fast-check';
import { parseArguments } from '../src/cli/arguments.js';
import { readConfiguration } from '../src/cli/configuration.js';
import { confine, forcedCommand, isFromOutside } from '../src/cli/confinement.js';
import { parseDescribed } from '../src/cli/described-options.js';
import type { Arguments } from '../src/cli/parsed-arguments.js';
import { PROGRAM } from '../src/cli/program.js';
import { parseQuickly } from '../src/cli/quick-options.js';
import { resolveSettings } from '../src/cli/settings.js';

const folder = mkdtempSync(path.join(tmpdir(), 'arpa2shell-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TO = '/internetwide/arpa2.test/reservoir';

async function parsed(...words: string[]): Promise<Arguments> {
  const result = await parseArguments('/usr/bin/arpa2shell', words);
  if (result.kind === 'run') return result.args;
  throw new Error(result.kind === 'usage' ? result.message : result.text);
}

describe('the command line', () => {
  test.each([
    '--connect=amqp://127.0.0.1:1',
    '-c',
    '--',
    '--help',
    '-f',
    `'a' 'b'`,
    '"quoted"',
    '12',
    '',
    '--command=x',
  ])('what stands behind -c is a line and never anything else: %j', async (line) => {
    expect((await parsed('-c', line)).commands).toEqual([line]);
    expect(await parsed('--to', TO, '-c', line)).toMatchObject({ to: TO, commands: [line], connect: undefined });
  });

  test('the name it is called by chooses the shell', async () => {
    const start = async (name: string): Promise<unknown> => {
      const result = await parseArguments(name, []);
      return result.kind === 'run' ? result.args.start : result;
    };
    expect(await start('/usr/bin/arpa2dns')).toBe('arpa2dns');
    expect(await start('/usr/bin/arpa2shell')).toBeNull();
    expect(await start('/usr/lib/arpa2shell/dist/main.js')).toBeNull();
    expect(await start('/tmp/arpa2../x')).toBeNull();
  });

  test('of an option that is given again a list goes on, and else the last one counts', async () => {
    const flags = ['--restricted', '--restricted', '-e', '-e'];
    const words = ['--shells', 'a', 'b', '--to', 'x', '--shells', 'c', '--to', 'y', '--shells=d', ...flags];
    const told = { shells: ['a', 'b', 'c', 'd'], to: 'y', isRestricted: true, isExitOnError: true, isJson: false };
    expect(await parsed(...words)).toMatchObject(told);
    const described = parseDescribed(words);
    expect(described).toMatchObject({ kind: 'values', values: { shells: told.shells, to: ['x', 'y'] } });
    await expect(parsed('--restricted', '--restricted', '--trust-environment')).rejects.toThrow(/cannot be combined/);
  });

  test('the version it tells is that of its package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await parseArguments('/usr/bin/arpa2shell', ['--version'])).toEqual({ kind: 'text', text: version });
  });

  test.each([
    [['whoami'], /no operand "whoami": use -c/],
    [['--nosuch'], /nosuch/],
    [['-c', 'x', '-f', 'y'], /cannot be combined/],
    [['-c'], /takes a line/],
    [['-cwhoami'], /takes a line/],
    [['-ec', 'whoami'], /takes a line/],
    [['--restricted', '--trust-environment'], /cannot be combined/],
  ])('%j is refused', async (words, reason) => {
    await expect(parsed(...words)).rejects.toThrow(reason);
  });
});

test('what is parsed without yargs is what yargs makes of it', () => {
  const names = Object.keys(PROGRAM.options).filter((name) => name !== 'command');
  const word = fc.oneof(
    fc.constantFrom(
      ...names.map((name) => `--${name}`),
      '-e',
      '-f',
      '-ef',
      '--to=x',
      '--json=false',
      '--no-json',
      '--',
      '-',
    ),
    fc.constantFrom(
      'x',
      '',
      '12',
      '--help',
      '-h',
      '--version',
      'a=b',
      '--=',
      '---to',
      '--to.x',
      '-e=1',
      '--constructor',
    ),
  );
  let quick = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const values = parseQuickly(words);
      if (values === null) return;
      quick += 1;
      const described = parseDescribed(words);
      expect(described.kind).toBe('values');
      if (described.kind !== 'values') return;
      for (const name of [...names, '_']) expect([name, described.values[name]]).toEqual([name, values[name]]);
    }),
    { numRuns: 500 },
  );
  expect(quick).toBeGreaterThan(20);
});

describe('the settings', () => {
  const resolve = async (words: string[], config = {}, environment = {}, isRestricted = false) =>
    resolveSettings(await parsed(...words), config, environment, isRestricted);

  test('options win over the environment, that over the configuration', async () => {
    const environment = { ARPA2AMQP_TO: `${TO}2`, ARPA2AMQP_URL: 'amqp://env', HOME: '/elsewhere/x' };
    const config = { to: `${TO}3`, connect: 'amqp://file', timeout: '5s' };
    expect(await resolve(['--to', TO], config, environment)).toMatchObject({
      host: { to: TO, connection: { url: 'amqp://env', timeoutMs: 5000 } },
      historyFile: '/elsewhere/x/.arpa2shell_history',
    });
    expect(await resolve([], config)).toMatchObject({ host: { to: `${TO}3`, connection: { url: 'amqp://file' } } });
  });

  test('in a restricted session the environment has no say', async () => {
    const environment = { ARPA2AMQP_TO: `${TO}2`, ARPA2AMQP_URL: 'amqp://env', HOME: '/nowhere' };
    const settings = await resolve([], { to: TO }, environment, true);
    expect(settings).toMatchObject({ host: { to: TO, connection: { url: 'amqp://127.0.0.1:5672' } } });
    expect(settings.historyFile).not.toMatch(/nowhere/);
    await expect(resolve([], {}, environment, true)).rejects.toThrow(/No host was named/);
  });

  test.each<[string[], RegExp]>([
    [['--to', 'x'], /address/i],
    [['--to', TO, '--timeout', '1 day'], /Time span/],
    [['--to', TO, '--service', 'x'], /<service>@<host>/],
    [['--local'], /--shells/],
  ])('%j is refused', async (words, reason) => {
    await expect(resolve(words)).rejects.toThrow(reason);
    await expect(resolve(words)).rejects.toBeInstanceOf(BusError);
  });
});

describe('the configuration file', () => {
  const file = path.join(folder, 'arpa2shell.yaml');

  test('is read, with paths relative to it', async () => {
    writeFileSync(file, `to: ${TO}\nshells: [shells, /usr/lib/arpa2/shells]\nca: ca.pem\n`);
    expect(await readConfiguration(file, true)).toEqual({
      to: TO,
      shells: [path.join(folder, 'shells'), '/usr/lib/arpa2/shells'],
      ca: path.join(folder, 'ca.pem'),
    });
  });

  test.each([
    ['an unknown key', 'tooo: x\n', /unknown key "tooo"/],
    ['a wrong type', 'history: 5\n', /history/],
    ['no YAML', 'to: [', /Cannot read the configuration/],
  ])('is refused for %s', async (_what, text, reason) => {
    writeFileSync(file, text);
    await expect(readConfiguration(file, true)).rejects.toThrow(reason);
  });

  test('is refused when others may write it, and may be missing unless it was named', async () => {
    writeFileSync(file, `to: ${TO}\n`);
    chmodSync(file, 0o666);
    await expect(readConfiguration(file, true)).rejects.toThrow(/writable by nobody else/);
    const missing = path.join(folder, 'missing.yaml');
    expect(await readConfiguration(missing, false)).toEqual({});
    await expect(readConfiguration(missing, true)).rejects.toThrow(/ENOENT/);
  });
});

test('a restricted session keeps what describes terminal, language and ticket, and nothing that could load code', () => {
  const environment: NodeJS.ProcessEnv = {
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    KRB5CCNAME: 'FILE:/tmp/krb5cc_1',
    KRB5_CONFIG: '/tmp/evil',
    KRB5_TRACE: '/tmp/trace',
    GSS_MECH_CONFIG: '/tmp/evil',
    NODE_OPTIONS: '--require /tmp/evil',
    NODE_PATH: '/tmp',
    LD_PRELOAD: '/tmp/evil.so',
    OPENSSL_CONF: '/tmp/evil',
    PATH: '/tmp',
    PAGER: 'sh',
    VISUAL: 'sh',
    ARPA2AMQP_URL: 'amqp://elsewhere',
    'BASH_FUNC_x%%': '() { :; }',
  };
  confine(environment, undefined);
  expect(environment).toEqual({
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    KRB5CCNAME: 'FILE:/tmp/krb5cc_1',
    PATH: expect.stringMatching(/^\/usr\/local\/sbin:/) as unknown,
  });
});

test('SSH sessions are told by what sshd sets', () => {
  const session = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', SSH_ORIGINAL_COMMAND: 'whoami' };
  expect(isFromOutside(session, '/usr/bin/arpa2shell')).toBe(true);
  expect(isFromOutside({}, '/usr/bin/arpa2shell')).toBe(false);
  expect(forcedCommand(session)).toBe('whoami');
  expect(forcedCommand({ SSH_ORIGINAL_COMMAND: 'whoami' })).toBeNull();
});
