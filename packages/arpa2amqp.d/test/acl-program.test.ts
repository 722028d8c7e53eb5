import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AclStore, parseDocument } from '@arpa2amqp/acl';
import { describeWith, runProgram, WorkDirectory } from '@arpa2amqp/testkit';
import { createLog, Daemon, resolveConfiguration } from '../src/index.js';
import { runAclProgram } from '../src/acl-program.js';
import { isHostAuthor } from '../src/host-author.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
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
  expect(await acl('revoke', 'garden.bed', '@.arpa2.test', '--state', state)).toEqual({
    exitCode: 1,
    text: 'Nothing was changed: garden.bed has no entry for exactly @.arpa2.test\nNo entries for garden.bed\n',
  });
  expect(await onHost('revoke', 'garden.bed', '007', '@.', '+svc@host.arpa2.test')).toMatch(/^No entries/);
});

test('an entry that begins with % is revoked as it is printed, or not at all', async () => {
  const line = 'acl garden.bed "odd" %R %%x@a.b\n';
  expect(await onHost('grant', 'garden.bed', 'odd', '%R', '%%x@a.b')).toBe(line);
  expect(await acl('revoke', 'garden.bed', 'odd', '%%x@a.b', '@.', '--state', state)).toEqual({
    exitCode: 1,
    text: `Nothing was changed: garden.bed "odd" has no entry for exactly @.\n${line}`,
  });
  expect(await acl('revoke', 'garden.bed', 'odd', '%%%x@a.b', '--state', state)).toMatchObject({
    exitCode: 1,
    text: expect.stringContaining('exactly %%%x@a.b'),
  });
  await expect(onHost('revoke', 'garden.bed', 'odd', '%x@a.b')).rejects.toThrow(/begins with % is written with two/);
  expect(await onHost('revoke', 'garden.bed', 'odd', '%%x@a.b')).toMatch(/^No entries/);
});

test('the log tells who changed what, the newest last', async () => {
  const other = directory.file('logged');
  const log = async (...words: readonly string[]) => (await acl('log', ...words, '--state', other)).text;
  await acl('init', 'x@y.example', '--state', other);
  await acl('grant', 'garden.bed', 'north', '%R', '@.', '%W', 'ops@arpa2.test', '--state', other);
  const store = await AclStore.open(`${other}/acl.mdb`);
  const document = parseDocument('group g@a\nacl garden.bed "" %K %%odd@a');
  await store.importDocument(document, { by: 'eve\u202e\u001b[2J', mode: 'merge' });
  await store.close();
  await acl('revoke', 'garden.bed', 'north', '@.', '--state', other);
  const host = `host:${userInfo().username}`;
  const eve = 'eve\\u{202e}\\u{1b}[2J';
  const lines = [
    `1 ${host} grant arpa2acl "" %A x@y.example`,
    `2 ${host} grant garden.bed "north" %R @.`,
    `2 ${host} grant garden.bed "north" %W ops@arpa2.test`,
    `3 ${eve} add-group group g@a`,
    `3 ${eve} grant garden.bed "" %K %%odd@a`,
    `4 ${host} revoke garden.bed "north" @.`,
  ];
  const rows = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^(\d+) {2}\d{4}-\d\d-\d\dT[\d:.]{12}Z {2}(.*?) {2}/, '$1 $2 '));
  const cut = '# There are older ones: --limit N shows more than';
  expect(rows(await log())).toEqual(lines);
  expect(rows(await log('--since', '2'))).toEqual(lines.slice(3));
  expect(rows(await log('--limit', '2'))).toEqual([`${cut} 2`, ...lines.slice(3)]);
  expect(rows(await log('garden.bed'))).toEqual([lines[1], lines[2], lines[4], lines[5]]);
  expect(rows(await log('garden.bed', 'north', '--limit', '1'))).toEqual([`${cut} 1`, lines[5]]);
  expect(rows(await log('garden.bed', ''))).toEqual([lines[4]]);
  expect(await log('--since', '4')).toBe('No changes\n');
  expect(await log('nothing.such')).toBe('No changes\n');
  for (const wrong of [['--since', '-1'], ['--since', 'x'], ['--limit', '0'], ['a', 'b', 'c'], ['A']]) {
    await expect(log(...wrong)).rejects.toMatchObject({
      code: expect.stringMatching(/^(usage|acl-invalid-resource)$/),
    });
  }
});

describeWith(['sshd'], 'where the system does not know the user', () => {
  test('the lists are made and changed, and the log tells the number', async () => {
    const passwd = directory.file('passwd');
    writeFileSync(passwd, '');
    // As in a container: libnss_wrapper answers from a file without users.
    const environment = { LD_PRELOAD: 'libnss_wrapper.so', NSS_WRAPPER_PASSWD: passwd, NSS_WRAPPER_GROUP: passwd };
    const run = async (...words: readonly string[]): Promise<string> => {
      const args = [MAIN, 'acl', ...words, '--state', directory.file('nameless')];
      return (await runProgram(process.execPath, args, { environment })).stdout;
    };
    await run('init', 'x@y.example');
    await run('grant', 'garden.bed', '%R', '@.');
    const by = (await run('log')).match(/host:\S+/g);
    expect(by).toEqual(Array.from({ length: 2 }, () => `host:uid:${process.geteuid?.()}`));
    expect(by?.every(isHostAuthor)).toBe(true);
  });
});

test('explain takes a principal for whom the daemon would take it', async () => {
  const config = directory.file('realms.yaml');
  const realms = '{ CORP.LOCAL: corp.example.com, EVIL.ORG: false, lower.realm: lower.example }';
  writeFileSync(config, `state: ${state}\nshells: [${shells}]\nrealms: ${realms}\n`);
  await onHost('grant', 'garden.bed', 'west', '%WK', 'demo@corp.example.com', '+http@www.corp.example.com');
  const line = ['garden', 'set', 'west'];
  const asked = async (who: string) => await acl('explain', who, ...line, '--config', config);
  for (const [principal, identity] of [
    ['demo@CORP.LOCAL', 'demo@corp.example.com'],
    ['HTTP/www.corp.example.com@CORP.LOCAL', '+http@www.corp.example.com'],
  ] as const) {
    const { exitCode, text } = await asked(principal);
    expect(text).toMatch(`Granted: garden set west\nPrincipal ${principal} is ${identity}\nGranted right W`);
    expect(exitCode).toBe(0);
  }
  expect((await asked('demo@lower.realm')).text).toMatch(/is demo@lower\.example\nNo right W/);
  expect((await asked('demo@corp.local')).text).toMatch(/^Denied: garden set west\nNo right W/);
  for (const [principal, why] of [
    ['demo@EVIL.ORG', /is of a realm that is not let in here/],
    ['demo/admin@CORP.LOCAL', /does not map to an ARPA2 identity/],
    ['demo@Corp.Local', /is of a realm that is not in upper case/],
    ['http/www.corp.example.com@COM', /is the domain of another realm/],
  ] as const) {
    const { exitCode, text } = await asked(principal);
    expect(text).toMatch(why);
    expect(text).toMatch(/^Denied: garden set west\nPrincipal .*\n$/);
    expect(exitCode).toBe(1);
  }
});

test('explain says that a group is no caller', async () => {
  const other = directory.file('grouped');
  const place = ['--state', other];
  await acl('init', 'x@y.example', ...place);
  const store = await AclStore.open(`${other}/acl.mdb`);
  await store.importDocument(parseDocument('group staff@a\nacl garden.bed "" %A staff@a'), { by: 'x', mode: 'merge' });
  await store.close();
  const { text } = await acl('explain', 'staff@a', 'garden', 'set', 'b', ...place, '--shells', shells);
  expect(text).toMatch(/^Denied: garden set b\nstaff@a is a group: what it is granted is for its members/);
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
    text: expect.stringMatching(/not clear what it is about/),
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
  ['a principal as a selector', ['grant', 'a', '%R', 'svc/h.a@A'], 'acl-invalid-selector', /is written \+svc@host/],
  ['a second init', ['init', 'me@arpa2.test'], 'acl-exists', /there is a file already/],
  ['two directories', ['list', '--state', '/nowhere'], 'usage', /--state once/],
])('%s is refused', async (_what, words, code, message) => {
  await expect(acl(...words, '--state', state)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('a principal is no first administrator, and nothing is made', async () => {
  const other = directory.file('none');
  for (const principal of ['admin/admin@ARPA2.TEST', 'svc/host.arpa2.test@ARPA2.TEST']) {
    await expect(acl('init', principal, '--state', other)).rejects.toThrow(/svc\/host@REALM is written \+svc@host/);
  }
  expect(existsSync(other)).toBe(false);
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
