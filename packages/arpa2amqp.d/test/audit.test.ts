import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  DaemonProcess,
  describeWith,
  ProgramError,
  Realm,
  runProgram,
  waitUntil,
  WorkDirectory,
} from '@arpa2amqp/testkit';
import { runAclProgram } from '../src/acl-program.js';
import { runAuditProgram } from '../src/audit-program.js';

const CLIENT = fileURLToPath(new URL('../../arpa2amqp/dist/main.js', import.meta.url));
const ADDRESS = '/internetwide/arpa2.test/reservoir';
const SERVICE = 'arpa2amqp/reservoir.arpa2.test';

type Line = Readonly<Record<string, unknown>>;

const directory = new WorkDirectory('arpa2-audit-daemon');
afterAll(() => directory.remove());

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'latin1')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
const audit = async (...words: readonly string[]) => await runAuditProgram(words, '0');

describeWith(['krb5kdc'], 'the audit log of a daemon', () => {
  let realm: Realm;
  let daemon: DaemonProcess;
  const shells = directory.file('shells');
  const state = directory.file('state');
  const log = `${state}/audit.log`;

  const startDaemon = async (...more: readonly string[]): Promise<DaemonProcess> =>
    await DaemonProcess.start({
      args: ['--address', ADDRESS, '--keytab', realm.keytab(SERVICE), '--shells', shells, ...more],
      environment: realm.environment,
    });
  /** Runs the client as a user does. @returns the codes of the replies */
  const run = async (...commands: readonly object[]): Promise<(string | undefined)[]> => {
    const args = [CLIENT, '--connect', daemon.url, '--to', ADDRESS, '--quiet'];
    const options = { environment: realm.environment, input: JSON.stringify(commands) };
    const said = await runProgram(process.execPath, args, options).then(
      ({ stdout }) => stdout,
      (error: unknown) => {
        // It ends with 1 when a command was denied.
        if (error instanceof ProgramError) return error.output;
        throw error;
      },
    );
    return (JSON.parse(said) as { error_?: { code: string } }[]).map((reply) => reply.error_?.code);
  };

  beforeAll(async () => {
    mkdirSync(`${shells}/garden`, { recursive: true });
    writeFileSync(`${shells}/garden/run.sh`, '#!/bin/sh\ncat >/dev/null\necho done\n');
    chmodSync(`${shells}/garden/run.sh`, 0o755);
    const needs = { rights: 'W', class: 'garden.bed', instances: ['<bed:lower>'] };
    const plant = { spec: 'plant <bed>', summary: 'Plant', effect: 'change', needs };
    const manifest = { name: 'garden', kind: 'executable', program: ['./run.sh'], version: '1', intro: '' };
    writeFileSync(`${shells}/garden/shell.json`, JSON.stringify({ ...manifest, commands: [plant] }));
    await runAclProgram(['init', 'admin@arpa2.test', '--state', state], '0');
    await runAclProgram(['grant', 'garden.bed', 'north', '%W', 'demo@arpa2.test', '--state', state], '0');
    realm = await Realm.create({ users: ['demo'], services: [SERVICE] });
    realm.enter();
    await realm.ticket('demo', { cache: realm.defaultCache });
    daemon = await startDaemon('--state', state);
  });
  afterAll(async () => {
    await daemon.close();
    await realm.close();
  });

  test('has every command when its reply is there, and can be verified while the daemon works', async () => {
    const commands = [
      { words_: ['garden', 'plant', 'North'], stdin_: 'seeds' },
      { words_: ['garden', 'plant', 'south'] },
      { do_: 'garden whoami' },
    ];
    expect(await run(...commands)).toEqual([undefined, 'denied', undefined]);
    const lines = linesOf(log);
    const before = ['start', 'lists', 'lists'];
    expect(lines.map(({ record, outcome }) => outcome ?? record)).toEqual([...before, 'intent', 'ok', 'denied', 'ok']);
    expect(lines[4]).toMatchObject({
      identity: 'demo@arpa2.test',
      principal: 'demo@ARPA2.TEST',
      shell: 'garden',
      words: ['plant', 'North'],
    });
    expect(readFileSync(log, 'latin1')).not.toMatch(/seeds/);
    expect(await audit('verify', '--state', state)).toMatchObject({
      exitCode: 0,
      text: expect.stringMatching(/^7 lines are whole, records 1 to 7/),
    });
  });

  test('says who has changed the lists on the host itself, at once or while no daemon ran', async () => {
    const listsIn = (): Line[] => linesOf(log).filter(({ record }) => record === 'lists');
    const bed = { class: 'garden.bed', instance: 'east' };
    const grant = async (selector: string): Promise<void> => {
      await runAclProgram(['grant', 'garden.bed', 'east', '%W', selector, '--state', state], '0');
    };
    await grant('demo@arpa2.test');
    await waitUntil(() => listsIn().length === 3, { what: 'the line of the grant' });
    expect(listsIn()[2]).toMatchObject({
      ...{ by: `host:${userInfo().username}`, position: 3, ...bed },
      change: 'grant garden.bed "east" %W demo@arpa2.test',
      at: expect.stringMatching(/^20.*Z$/),
    });
    await daemon.close();
    await grant('pat@arpa2.test');
    daemon = await startDaemon('--state', state);
    expect(listsIn().slice(3)).toMatchObject([{ position: 4, ...bed }]);
    expect(linesOf(log).at(-2)).toMatchObject({ record: 'start' });
  });

  test('goes on in a new file after SIGHUP, and in a new daemon', async () => {
    renameSync(log, `${log}.1`);
    daemon.signal('SIGHUP');
    await waitUntil(() => daemon.lines.some(({ msg }) => msg === 'reloaded'));
    expect(await run({ do_: 'garden whoami' })).toEqual([undefined]);
    await daemon.close();
    daemon = await startDaemon('--state', state);
    expect(linesOf(log).map(({ record }) => record)).toEqual(['command', 'stop', 'start']);
    const whole = { exitCode: 0, text: expect.stringMatching(/^14 lines are whole/) };
    expect(await audit('verify', `${log}.1`, log, '--state', state)).toMatchObject(whole);
    const found = await audit('verify', log, `${log}.1`);
    expect(found).toMatchObject({ exitCode: 1, text: expect.stringMatching(/audit\.log\.1:1: doubled/) });
  });

  test('keeps everybody from changing anything while it cannot be written', async () => {
    rmSync(log);
    mkdirSync(log);
    expect(await run({ words_: ['garden', 'plant', 'north'] }, { do_: 'garden ping6' })).toEqual([
      'unavailable',
      undefined,
    ]);
    const failures = (): number => daemon.lines.filter(({ msg }) => msg === 'audit-failed').length;
    await waitUntil(() => failures() > 0);
    rmSync(log, { recursive: true });
    expect(await run({ words_: ['garden', 'plant', 'north'] })).toEqual([undefined]);
    expect(linesOf(log).map(({ record, outcome }) => outcome ?? record)).toEqual([
      ...['unavailable', 'ok', 'gone', 'intent', 'ok'],
    ]);
    expect(failures()).toBe(1);
  });

  test('goes to stdout when told, and is nowhere without lists', async () => {
    await daemon.close();
    daemon = await startDaemon('--open', '--audit', '-');
    await run({ words_: ['garden', 'plant', 'anywhere'] });
    const records = daemon.lines.filter((line) => 'record' in line);
    expect(records.map(({ record }) => record)).toEqual(['start', 'intent', 'command']);
    expect(records[2]).toMatchObject({ grounds: 'no-lists', seq: 3 });
  });
});

test.each<[string, string[], string, RegExp]>([
  ['no command', [], 'usage', /Name a command: verify/],
  ['an unknown command', ['shwo'], 'usage', /shwo|Unknown/],
  ['two directories', ['verify', '--state', 'a', '--state', 'b'], 'usage', /once/],
  ['no file', ['verify'], 'usage', /--state DIR/],
  ['a file that is missing', ['verify', '/nowhere/audit.log'], 'usage', /Cannot read the audit log.*ENOENT/],
])('%s is refused', async (_what, words, code, message) => {
  await expect(audit(...words)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
