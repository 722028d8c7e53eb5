import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkDirectory } from '@arpa2amqp/testkit';
import { createLog, Daemon, resolveConfiguration } from '../src/index.js';
import { runAclProgram } from '../src/acl-program.js';

const directory = new WorkDirectory('arpa2-acl-program');
const shells = directory.file('shells');
const state = directory.file('state');
const acl = async (...words: readonly string[]) => await runAclProgram(words, '0');
const onHost = async (...words: readonly string[]): Promise<string> => {
  const { text, exitCode } = await acl(...words, '--state', state);
  expect(exitCode).toBe(0);
  return text;
};
const explain = async (...words: readonly string[]) =>
  await acl('explain', ...words, '--state', state, '--shells', shells);

beforeAll(async () => {
  mkdirSync(`${shells}/garden`, { recursive: true });
  writeFileSync(`${shells}/garden/run.sh`, '#!/bin/sh\n');
  chmodSync(`${shells}/garden/run.sh`, 0o755);
  const needs = { rights: 'WK', class: 'garden.bed', instances: ['<bed:lower>'] };
  const command = { spec: 'set <bed>', summary: 'Set', effect: 'change', needs };
  const manifest = {
    name: 'garden',
    kind: 'executable',
    program: ['./run.sh'],
    version: '1',
    intro: '',
    commands: [command],
  };
  writeFileSync(`${shells}/garden/shell.json`, JSON.stringify(manifest));
  expect(await onHost('init', 'Admin@arpa2.test')).toBe(`Made ${state}/acl.mdb\nacl arpa2acl "" %A admin@arpa2.test\n`);
});
afterAll(() => directory.remove());

test('entries are granted, listed and revoked', async () => {
  await onHost('grant', 'garden.bed', '%K', '@.arpa2.test');
  await onHost('grant', 'garden.bed', '%RW', 'ops@arpa2.test', '--instance', '%odd@bed');
  await onHost('grant', 'garden.bed', '007', '%R', '@.', '%W', '+svc@host.arpa2.test');
  const lines = [
    'acl garden.bed "" %K @.arpa2.test',
    'acl garden.bed "%odd@bed" %RW ops@arpa2.test',
    'acl garden.bed "007" %R @. %W +svc@host.arpa2.test',
  ];
  const all = (await onHost('list')).split('\n');
  expect(all).toEqual(expect.arrayContaining(['acl arpa2acl "" %A admin@arpa2.test', ...lines]));
  expect((await onHost('list', 'garden.bed')).trim().split('\n').sort()).toEqual([...lines].sort());
  expect(await onHost('list', 'garden.bed', '007')).toBe(`${lines[2]}\n`);
  expect(await onHost('list', 'nothing')).toBe('No entries for nothing\n');
  expect(await onHost('revoke', 'garden.bed', '@.arpa2.test')).toBe('No entries for garden.bed\n');
  expect(await onHost('revoke', 'garden.bed', '@.arpa2.test')).toBe('Nothing to change\nNo entries for garden.bed\n');
  expect(await onHost('revoke', 'garden.bed', '007', '@.', '+svc@host.arpa2.test')).toMatch(/^No entries/);
});

test('explain tells every look-up of every right', async () => {
  await onHost('grant', 'garden.bed', 'north', '%W', '@arpa2.test');
  expect(await explain('john@arpa2.test', 'garden', 'set', 'North')).toEqual({
    exitCode: 1,
    text: `Denied: garden set North
Granted right W (write) on garden.bed "north": the entry for @arpa2.test is %W
  garden.bed "north": john@arpa2.test has no entry
  garden.bed "north": @arpa2.test has %W
No right K (know that it exists) on garden.bed "north": the entry for @arpa2.test is %W
  garden.bed "north": john@arpa2.test has no entry
  garden.bed "north": @arpa2.test has %W
`,
  });
  await onHost('grant', 'garden.bed', 'north', '%WK', '@arpa2.test');
  expect(await explain('john@arpa2.test', 'garden', 'set', 'North')).toMatchObject({ exitCode: 0 });
  expect(await explain('x@y.example', 'garden', 'help')).toEqual({
    exitCode: 0,
    text: 'Granted: garden help\nIt is open to everyone with a ticket\n',
  });
  expect(await explain('x@y.example', 'garden', 'set', 'ü')).toMatchObject({
    exitCode: 1,
    text: expect.stringMatching(/Nobody may do this/),
  });
});

test.each<[string, string[], string, RegExp]>([
  ['no command', [], 'usage', /Name a command/],
  ['an unknown command', ['grnat', 'x'], 'usage', /grnat|Unknown/],
  ['an unknown option', ['list', '--forec'], 'usage', /forec/],
  ['a grant without rights', ['grant', 'garden.bed', 'a', 'x@y.example'], 'acl-invalid-list', /No rights stand before/],
  ['a grant of nothing', ['grant', 'garden.bed'], 'usage', /Name what to grant on garden\.bed/],
  ['rights for nobody', ['grant', 'garden.bed', '%R'], 'acl-invalid-list', /%R/],
  ['an unknown right', ['grant', 'garden.bed', '%X', '@.'], 'acl-invalid-rights', /X/],
  ['a class that is none', ['grant', 'Garden', '%R', '@.'], 'acl-invalid-resource', /class "Garden"/],
  ['everyone by mistake', ['grant', 'garden.bed', '%R', '@'], 'acl-invalid-selector', /everyone is written @\./],
  ['a revocation of nothing', ['revoke', 'garden.bed', 'north'], 'usage', /a selector/],
  ['too many words', ['list', 'garden.bed', 'north', 'x'], 'usage', /at most a class and an instance/],
  ['an identity that is none', ['explain', 'demo', 'garden', 'help'], 'acl-invalid-identity', /"demo"/],
  ['no shells', ['explain', 'x@y.example', 'garden', 'help'], 'usage', /--shells DIR/],
  ['an unknown shell', ['explain', 'x@y.example', 'gardn', 'help', '--shells', shells], 'usage', /mean "garden"\?/],
  [
    'a command that does not fit',
    ['explain', 'x@y.example', 'garden', 'set', '--shells', shells],
    'usage',
    /Cannot explain/,
  ],
  [
    'the end of the last administrator',
    ['revoke', 'arpa2acl', 'admin@arpa2.test'],
    'acl-last-administrator',
    /grant it/,
  ],
  ['a second init', ['init', 'me@arpa2.test'], 'acl-exists', /there is a file already/],
  ['two directories', ['list', '--state', '/nowhere'], 'usage', /--state once/],
])('%s is refused', async (_what, words, code, message) => {
  await expect(acl(...words, '--state', state)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('the end of the last administrator can be forced', async () => {
  const other = directory.file('other');
  await acl('init', 'x@y.example', '--state', other);
  expect(await acl('revoke', 'arpa2acl', 'x@y.example', '--force', '--state', other)).toMatchObject({ exitCode: 0 });
});

test('lists that are missing or damaged are refused with what to do, also by the daemon', async () => {
  await expect(acl('list', '--state', '/nowhere')).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(/acl init/),
  });
  await expect(acl('init', 'x@y.example')).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/--state DIR/),
  });
  const other = directory.file('damaged');
  await acl('init', 'x@y.example', '--state', other);
  const whole = readFileSync(`${other}/acl.mdb`);
  writeFileSync(`${other}/acl.mdb`, whole.subarray(0, whole.length >> 1));
  const damaged = { code: 'config', message: expect.stringMatching(/acl-damaged/) };
  await expect(acl('list', '--state', other)).rejects.toMatchObject(damaged);
  const configuration = resolveConfiguration(
    {},
    { address: '/internetwide/arpa2.test/reservoir', state: other, shells: [shells] },
  );
  await expect(Daemon.start(configuration, createLog('silent'))).rejects.toMatchObject(damaged);
});
