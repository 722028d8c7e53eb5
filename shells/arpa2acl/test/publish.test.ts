import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseRights, parseSelector, REPLICATION } from '@arpa2amqp/acl';
import { describeWith, waitUntil } from '@arpa2amqp/testkit';
import { ADMIN, adding as add, HostWorld, type Host } from './host.js';

const PATIENT = { timeoutMs: 20_000 };

describeWith(['krb5kdc'], 'two hosts', () => {
  let world: HostWorld;
  let a: Host;
  let b: Host;
  const same = async (): Promise<void> => {
    await waitUntil(() => b.lists === a.lists, { ...PATIENT, what: 'the lists of the other host' });
  };
  /** Automatic, and soon. */
  const publishing = () => ({ publish: { to: [{ address: b.address, connect: b.url }], pollMs: 50, retryMs: 400 } });

  beforeAll(async () => {
    world = await HostWorld.create('a', 'b');
    a = await world.host('a');
    b = await world.host('b');
    await b.start();
    await a.start(publishing());
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test('a host that does not grant it denies to be sent lists, and is sent them as soon as it does', async () => {
    expect(await a.run(add('early@arpa2.test'))).toEqual({ stdout_: '' });
    const refused = /no right W \(write\) on arpa2acl\.replica.*tried again by itself/;
    expect((await a.run({ do_: 'acl publish' })).stderr_).toMatch(refused);
    expect(b.lists).not.toContain('early');
    await b.follow(a);
    await same();
    expect(await a.run({ do_: 'acl publish' })).toEqual({ hosts: [{ address: b.address, position: 2, pending: 0 }] });
    expect(await b.run({ do_: 'acl hosts' })).toMatchObject({ follows: { sender: '+arpa2amqp@a.arpa2.test' } });
  });

  test('a host does not send to itself, and one that takes lists over sends to nobody', async () => {
    const send = async (from: Host, to: Host): Promise<unknown> =>
      (await from.run({ do_: 'acl publish', address: [to.address] })).stderr_;
    expect(await send(a, a)).toBe(`Nothing was sent: ${a.address} is this host itself, leave it out\n`);
    const follows = /takes over the lists that \+arpa2amqp@a\.arpa2\.test sends, so it sends none/;
    expect(await send(b, a)).toMatch(follows);
    expect((await b.run({ do_: 'acl publish' })).stderr_).toMatch(follows);
    expect(await a.run({ do_: 'acl hosts' })).toMatchObject({ hosts: [{ address: b.address }] });
  });

  test('changes come by themselves, in order, with their author', async () => {
    for (const name of ['one', 'two', 'three']) await a.run(add(`${name}@arpa2.test`));
    await a.run({ do_: 'group add', group: 'staff@arpa2.test' });
    await same();
    const { position } = b.store;
    expect(b.store.changesSince(position - 4)).toMatchObject({
      isComplete: true,
      records: ['one', 'two', 'three', null].map((name) => ({
        by: `${ADMIN} by way of +arpa2amqp@a.arpa2.test`,
        changes: [name === null ? { kind: 'add-group' } : { kind: 'grant', selector: `${name}@arpa2.test` }],
      })),
    });
  });

  test('a host that was away catches up, also when the sender was started anew meanwhile', async () => {
    await b.stop();
    await a.run(add('missed@arpa2.test'));
    await waitUntil(async () => JSON.stringify(await a.run({ do_: 'acl hosts' })).includes('cannot-reach'), PATIENT);
    expect(await a.run({ do_: 'acl hosts' })).toMatchObject({
      position: a.store.position,
      hosts: [{ address: b.address, pending: 1, error: expect.stringMatching(/cannot-reach/) }],
    });
    await a.stop();
    await a.start(publishing());
    await a.run(add('later@arpa2.test'));
    await b.start();
    await same();
    expect(b.store.followed?.position).toBe(a.store.position);
  });

  test('a gap is closed with everything', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => parseSelector(`user${n}@some.where.arpa2.test`));
    await b.store.update(
      [{ kind: 'grant', resource: { class: 'local', instance: '' }, selector: many[0]!, rights: parseRights('%R') }],
      { by: 'host' },
    );
    const list = new Map(many.map((selector) => [selector, parseRights('%R')]));
    await a.store.update([{ kind: 'replace', resource: { class: 'x', instance: '' }, list }], { by: 'host' });
    await same();
    expect(b.store.readList(REPLICATION).list.size).toBe(1);
  });

  test('a host that lets nobody in without a ticket is reached with that of the sender', async () => {
    const { config, client } = await b.listening('0.0.0.0');
    await world.realm.addService('amqp/0.0.0.0');
    await Promise.all([a.stop(), b.stop()]);
    const sasl = { mechanism: 'GSSAPI' } as const;
    const keys = { keytab: world.realm.defaultKeytab, sasl: { mechanisms: [sasl.mechanism] } };
    await b.start({}, { config: { ...config, ...keys }, client: { ...client, sasl } });
    await a.start({ publish: { ...publishing().publish, to: [{ address: b.address, connect: client.url! }] } });
    await a.run(add('ticket@arpa2.test'));
    await same();
  });

  test('a change that would leave the other without an administrator is refused there', async () => {
    await a.run({ do_: 'acl set force', class: 'arpa2acl', instance: '', entry: ['%R', ADMIN] });
    await waitUntil(() => /publish-failed.*leaves no user|leaves no user.*publish-failed/.test(a.log), PATIENT);
    expect(await b.run(add('still@arpa2.test', 'local'))).toMatchObject({ stdout_: expect.anything() });
  });
});
