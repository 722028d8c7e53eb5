import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, runProgram, type DaemonProcess } from '@arpa2amqp/testkit';
import { ADDRESS, BusWorld, SERVICE, writeShell } from './bus-world.js';
import { runClient, type Ended } from './client-program.js';

/** The SASL service of AMQP; 127.0.0.1 is the host of the URL. */
const LOGIN_SERVICE = 'amqp/127.0.0.1';

describeWith(['krb5kdc'], 'a listener that wants to know its peers', () => {
  let world: BusWorld;
  let common: string[];
  beforeAll(async () => {
    world = await BusWorld.create();
    await world.realm.addService(LOGIN_SERVICE);
    writeShell(world.shells, 'test1', { nothing: 'true' });
    // The realm's default keytab has the keys of all its services.
    common = [`address: ${ADDRESS}`, `keytab: ${world.realm.defaultKeytab}`, 'shells: [shells]', 'open: true'];
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const start = async (listen: string, settings: readonly string[]): Promise<DaemonProcess> => {
    const file = world.directory.file('config.yaml');
    writeFileSync(file, [...common, ...settings].join('\n'));
    return await world.startDaemon(['--config', file, '--listen', listen]);
  };
  const whoami = async (daemon: DaemonProcess, ...args: string[]): Promise<Ended> =>
    await runClient(['--connect', daemon.url, '--to', ADDRESS, '--timeout', '10s', ...args], {
      environment: world.realm.environment,
      input: '{"do_":"test1 whoami"}',
    });

  test('by Kerberos: SASL GSSAPI', async () => {
    const daemon = await start('amqp://127.0.0.1:0', ['sasl: { mechanisms: [GSSAPI] }']);
    const known = await whoami(daemon, '--gssapi-login');
    expect(known).toMatchObject({ code: 0, stderr: '' });
    expect(known.stdout).toContain('demo@arpa2.test');
    const unknown = await whoami(daemon);
    expect(unknown).toMatchObject({ code: 3, stdout: '' });
    expect(unknown.stderr).toMatch(/^arpa2amqp: .*\(refused\)/);
  });

  test('inside TLS, whose certificate is checked', async () => {
    const [key, certificate] = [world.directory.file('key.pem'), world.directory.file('cert.pem')];
    await runProgram('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
    ]);
    const daemon = await start('amqps://127.0.0.1:0', [`tls: { certificate: ${certificate}, key: ${key} }`]);
    expect(daemon.url).toMatch(/^amqps:/);
    expect(await whoami(daemon, '--ca', certificate)).toMatchObject({ code: 0 });
    const unchecked = await whoami(daemon);
    expect(unchecked).toMatchObject({ code: 4, stdout: '' });
    expect(unchecked.stderr).toMatch(/certificate/i);
    expect(await whoami(daemon, '--connect', daemon.url.replace('amqps', 'amqp'))).toMatchObject({ code: 4 });
  });

  test('the service of the messages is still the one of the address', async () => {
    const daemon = await start('amqp://127.0.0.1:0', ['sasl: { mechanisms: [ANONYMOUS] }']);
    const ended = await whoami(daemon, '--service', LOGIN_SERVICE);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(await whoami(daemon, '--service', SERVICE)).toMatchObject({ code: 0 });
  });
});
