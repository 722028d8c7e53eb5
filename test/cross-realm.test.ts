import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AclStore, parseDocument, parseIdentity } from '@arpa2amqp/acl';
import { describeWith, Realm, type DaemonProcess } from '@arpa2amqp/testkit';
import { connect, type Client } from 'arpa2amqp';
import { ADDRESS, BusWorld, SERVICE, writeShell } from './bus-world.js';

const PARTNER = 'PARTNER.EXAMPLE';

describeWith(['krb5kdc'], 'callers with tickets of another realm', () => {
  let world: BusWorld;
  let partner: Realm;
  const clients: Client[] = [];

  beforeAll(async () => {
    world = await BusWorld.create();
    writeShell(world.shells, 'garden', { 'look <bed>': 'echo green' });
    // The names are those of our own realm: its users and services must not be mistaken for them.
    partner = await Realm.create({
      realm: PARTNER,
      users: ['demo', 'admin', SERVICE, 'web/www.partner.example', 'Demo'],
    });
    await partner.lead(world.realm);
    // This process asks for its tickets in the realm of the callers, which knows the way.
    world.realm.leave();
    partner.enter();
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    partner.leave();
    await world[Symbol.asyncDispose]();
    await partner.close();
  });

  const whoami = async (daemon: DaemonProcess, user: string, realm = partner): Promise<string> => {
    const client = await connect({ url: daemon.url, ccache: `FILE:${await realm.ticket(user)}` });
    clients.push(client);
    const [reply] = await client.run(ADDRESS, [{ do_: 'garden whoami' }]);
    return reply?.stdout_?.split('\n')[0] ?? reply?.stderr_ ?? '';
  };

  test('are who they are there, and nobody here', async () => {
    const daemon = await world.startDaemon();
    expect(await whoami(daemon, 'demo')).toBe('You are:    demo@partner.example');
    expect(await whoami(daemon, 'Demo')).toBe('You are:    demo@partner.example');
    expect(await whoami(daemon, 'web/www.partner.example')).toBe('You are:    +web@www.partner.example');
    // A realm has no say over the hosts of others: this would be the identity of the daemon itself.
    expect(await whoami(daemon, SERVICE)).toMatch(/Principal ".*@PARTNER\.EXAMPLE" does not map/);
  });

  test('have what the lists grant to them by name, and none of what their namesakes here have', async () => {
    const state = world.directory.file('state');
    const config = world.directory.file('lists.yaml');
    const common = [`address: ${ADDRESS}`, `keytab: ${world.realm.keytab(SERVICE)}`, 'shells: [shells]'];
    writeShell(
      world.shells,
      'garden',
      { 'look <bed>': 'echo green' },
      { rights: 'R', class: 'garden.bed', instances: ['<bed>'] },
    );
    writeFileSync(config, [...common, 'state: state', ''].join('\n'));
    mkdirSync(state, { mode: 0o700 });
    await using lists = await AclStore.create(`${state}/acl.mdb`, parseIdentity('admin@arpa2.test'));
    const document = parseDocument(
      'acl garden.bed "north" %R demo@arpa2.test @arpa2.test +arpa2amqp@reservoir.arpa2.test',
    );
    await lists.importDocument(document, { by: 'test', mode: 'merge' });
    const daemon = await world.startDaemon(['--config', config, '--listen', 'amqp://127.0.0.1:0']);
    const look = async (user: string): Promise<string> => {
      const client = await connect({ url: daemon.url, ccache: `FILE:${await partner.ticket(user)}` });
      clients.push(client);
      const [reply] = await client.run(ADDRESS, [{ do_: 'garden look', bed: 'north' }]);
      return reply?.stderr_ ?? reply?.stdout_ ?? '';
    };
    for (const user of ['demo', 'admin', 'web/www.partner.example']) {
      expect(await look(user)).toMatch(/^Denied: \S+partner\.example has no right R/);
    }
    await lists.importDocument(parseDocument('acl garden.bed "north" %R demo@partner.example'), {
      by: 'test',
      mode: 'merge',
    });
    expect(await look('demo')).toBe('green\n');
    expect(await look('admin')).toMatch(/^Denied: admin@partner\.example/);
  });

  test.each([
    ['a service of this realm from one that lies above it', 'TEST', SERVICE, /is the domain of another realm/],
    ['somebody in its domain from one that lies below it', 'EVIL.ARPA2.TEST', 'mallory', /of a realm in arpa2\.test/],
  ])('do not pose as %s', async (_, name, user, refusal) => {
    const daemon = await world.startDaemon();
    await using other = await Realm.create({ realm: name, users: [user] });
    await other.lead(world.realm);
    partner.leave();
    other.enter();
    try {
      expect(await whoami(daemon, user, other)).toMatch(refusal);
    } finally {
      other.leave();
      partner.enter();
    }
  });

  test('are denied everything where their realm is not let in', async () => {
    const config = world.directory.file('closed.yaml');
    const common = [`address: ${ADDRESS}`, `keytab: ${world.realm.keytab(SERVICE)}`, 'shells: [shells]', 'open: true'];
    writeFileSync(config, [...common, `realms: { ${PARTNER}: false }`, ''].join('\n'));
    const daemon = await world.startDaemon(['--config', config, '--listen', 'amqp://127.0.0.1:0']);
    expect(await whoami(daemon, 'demo')).toMatch(/is of a realm that is not let in here/);
  });
});
