import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, ProgramError, runProgram, type DaemonProcess } from '@arpa2amqp/testkit';
import type { Client } from 'arpa2amqp';
import { ADDRESS, BusWorld, SERVICE, writeShell } from './bus-world.js';

const PROGRAM = new URL('../packages/arpa2amqp.d/dist/main.js', import.meta.url).pathname;

describeWith(['krb5kdc'], 'a daemon with access control lists', () => {
  let world: BusWorld;
  let file: string;
  let daemon: DaemonProcess;
  let client: Client;

  /** Runs `arpa2amqp.d acl` with the configuration of the daemon. @returns its exit code and what it printed */
  const onHost = async (...words: readonly string[]): Promise<{ code: number; said: string }> => {
    try {
      const { stdout } = await runProgram(process.execPath, [PROGRAM, 'acl', ...words, '--config', file]);
      return { code: 0, said: stdout };
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      return { code: (error.cause as { code: number }).code, said: error.output };
    }
  };
  const set = (value: string) => ({ do_: 'garden set', bed: 'North', value });
  const codes = async (...commands: Parameters<Client['run']>[1][]) =>
    (await client.run(ADDRESS, commands.flat())).map(({ error_: error }) => error?.code ?? 'ok');

  beforeAll(async () => {
    world = await BusWorld.create();
    writeShell(world.shells, 'garden', { 'set <bed> <value>': 'echo set', 'look <bed>': 'echo green' });
    const manifestFile = `${world.shells}/garden/shell.json`;
    const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { commands: { open?: true; needs?: object }[] };
    const [setting, looking] = manifest.commands;
    for (const [command, rights] of [
      [setting, 'W'],
      [looking, 'R'],
    ] as const) {
      delete command?.open;
      Object.assign(command ?? {}, { needs: { rights, class: 'garden.bed', instances: ['<bed:lower>'] } });
    }
    writeFileSync(manifestFile, JSON.stringify(manifest));
    file = world.directory.file('daemon.yaml');
    const settings = [
      `address: ${ADDRESS}`,
      `keytab: ${world.realm.keytab(SERVICE)}`,
      'shells: [shells]',
      'state: state',
    ];
    writeFileSync(file, settings.join('\n'));
    expect(await onHost('init', 'admin@arpa2.test')).toMatchObject({ code: 0 });
    daemon = await world.startDaemon(['--config', file, '--listen', 'amqp://127.0.0.1:0']);
    client = await world.connect(daemon);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('nobody can do anything without an entry but what is open to all', async () => {
    expect(await client.run(ADDRESS, [set('x'), { do_: 'garden ping6' }, { do_: 'garden whoami' }])).toMatchObject([
      {
        stderr_: 'Denied: demo@arpa2.test has no right W (write) on garden.bed "north"\n',
        error_: { code: 'denied' },
      },
      { stdout_: 'pong6\n' },
      { stdout_: expect.stringContaining('demo@arpa2.test') },
    ]);
    const [help] = await client.run(ADDRESS, [{ do_: 'garden help' }]);
    expect(help?.stdout_).not.toMatch(/set|look/);
    expect(await onHost('revoke', 'arpa2acl', 'admin@arpa2.test')).toEqual({
      code: 2,
      said: expect.stringMatching(/^arpa2amqp\.d: Cannot make the change: .*\(acl-last-administrator\)\n$/),
    });
    expect(daemon.lines.some(({ level }) => level === 'warn')).toBe(false);
  });

  test('a grant on the host works at once, a revocation too, and explain says why', async () => {
    expect(await onHost('explain', 'demo@arpa2.test', 'garden', 'set', 'NORTH', 'x')).toEqual({
      code: 1,
      said: expect.stringMatching(
        /^Denied: garden set NORTH x\nNo right W .* on garden\.bed "north": no entry is for demo/,
      ),
    });
    const granted = await onHost('grant', 'garden.bed', 'north', '%W', 'demo@arpa2.test', '%R', '@.');
    expect(granted).toEqual({ code: 0, said: 'acl garden.bed "north" %R @. %W demo@arpa2.test\n' });
    expect(await codes([set('x'), { do_: 'garden look', bed: 'north' }, { ...set('x'), bed: 'south' }])).toEqual([
      ...['ok', 'denied', 'denied'],
    ]);
    const [help] = await client.run(ADDRESS, [{ do_: 'garden help' }]);
    expect(help?.stdout_).toMatch(/set/);
    expect(await onHost('explain', 'demo@arpa2.test', 'garden', 'set', 'NORTH', 'x')).toEqual({
      code: 0,
      said: expect.stringContaining('the entry for demo@arpa2.test is %W'),
    });
    expect(await onHost('revoke', 'garden.bed', 'north', 'demo@arpa2.test')).toMatchObject({ code: 0 });
    expect(await codes([set('x'), { do_: 'garden look', bed: 'north' }])).toEqual(['denied', 'ok']);
  });

  test('realms are mapped to domains, and those of no domain are denied everything', async () => {
    const start = async (realms: string): Promise<void> => {
      const own = world.directory.file('realms.yaml');
      writeFileSync(own, `${readFileSync(file, 'utf8')}\n${realms}`);
      client = await world.connect(await world.startDaemon(['--config', own, '--listen', 'amqp://127.0.0.1:0']));
    };
    await start('realms: { ARPA2.TEST: staff.example }');
    await onHost('grant', 'garden.bed', 'north', '%W', '@staff.example');
    expect(await codes([set('x')])).toEqual(['ok']);
    const [whoami] = await client.run(ADDRESS, [{ do_: 'garden whoami' }]);
    expect(whoami?.stdout_).toContain('demo@staff.example');
    await start("realms: { OTHER.TEST: staff.example, '*': false }");
    expect(await codes([set('x'), { do_: 'garden ping6' }])).toEqual(['denied', 'denied']);
    await expect(start("realms: { '*': staff.example }")).rejects.toThrow(/name each realm.*\(config\)/);
    await expect(start('realms: { ARPA2.TEST: Staff }')).rejects.toThrow(/domain in lower case.*\(config\)/);
  });
});
