import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseRights, parseSelector } from '@arpa2amqp/acl';
import { BrokerServer, describeWith, waitUntil } from '@arpa2amqp/testkit';
import { adding, HostWorld, type Host, type HostTransport } from './host.js';

/** The blank is part of it. */
const PASSWORD = 'correct horse ';
const USER = 'arpa2';

// Of real daemons over a real broker: nobody listens but the broker, and it wants TLS and a login.
describeWith(['krb5kdc', 'python-peers'], 'hosts behind a broker', () => {
  let world: HostWorld;
  let broker: BrokerServer;
  let a: Host;
  let b: Host;
  let c: Host;

  const arrived = async (): Promise<void> => {
    const have = (): boolean => b.lists === a.lists && c.lists === a.lists;
    await waitUntil(have, { timeoutMs: 30_000, what: 'the lists of the others' });
  };
  const publishing = () => ({ publish: { to: [b, c].map(({ address }) => ({ address })), pollMs: 50, retryMs: 300 } });
  const passwordFile = (): string => world.folder.file('password');
  /** With the login of the daemon as given; the test itself logs in as a user. */
  const over = (sasl: object, tls: object = {}): HostTransport => ({
    config: { connect: broker.url, tls: { ca: broker.authority, ...tls }, sasl },
    client: {
      url: broker.url,
      tls: { ca: readFileSync(broker.authority) },
      sasl: { mechanism: 'PLAIN', username: USER, password: PASSWORD },
    },
  });
  const byPassword = (): HostTransport => over({ user: USER, passwordFile: passwordFile() });

  beforeAll(async () => {
    world = await HostWorld.create('a', 'b', 'c', 'd');
    broker = await BrokerServer.start({ users: { [USER]: PASSWORD }, realm: world.realm, isEncrypted: true });
    writeFileSync(passwordFile(), `${PASSWORD}\n`, { mode: 0o600 });
    [a, b, c] = [await world.host('a'), await world.host('b'), await world.host('c')];
    for (const host of [b, c]) await host.follow(a);
    await Promise.all([b.start({}, over({ mechanisms: ['GSSAPI'] })), c.start({}, byPassword())]);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await broker.close();
  });

  test.each<[string, string, () => HostTransport]>([
    ['ticket', 'GSSAPI arpa2amqp/a.arpa2.test@ARPA2.TEST', () => over({ mechanisms: ['GSSAPI'] })],
    [
      'certificate',
      'EXTERNAL client',
      () => over({ mechanisms: ['EXTERNAL'] }, { certificate: broker.client.certificate, key: broker.client.key }),
    ],
    ['password', `PLAIN ${USER}`, byPassword],
  ])('the lists go out with the %s that the daemon logs in with', async (_what, login, transport) => {
    const before = broker.logins.length;
    await a.start(publishing(), transport());
    await a.run(adding(`${login.toLowerCase().split(' ')[0]!}@arpa2.test`));
    await arrived();
    const logins = broker.logins.slice(before);
    // The daemon itself, and its shell once for each host.
    expect(logins.filter((each) => each === login).length).toBeGreaterThanOrEqual(3);
    for (const host of [a, b, c]) expect(host.log).not.toContain(PASSWORD.trim());
    await a.stop();
  });

  test('a login that is refused is told without its password, and tried again with what the file then holds', async () => {
    await a.start(publishing(), byPassword());
    await arrived();
    writeFileSync(passwordFile(), 'wrong guess');
    await a.run(adding('locked-out@arpa2.test'));
    const { stderr_: words } = await a.run({ do_: 'acl publish' });
    expect(words).toMatch(/PLAIN.*refused.*tried again by itself/);
    writeFileSync(passwordFile(), PASSWORD);
    await arrived();
    expect(`${words!}${a.log}`).not.toMatch(/correct horse|wrong guess/);
  });

  test('a host that only the command names is sent to until it has answered, and once', async () => {
    const d = await world.host('d');
    await d.start({}, byPassword());
    const publish = { do_: 'acl publish', address: d.address };
    const { stderr_: words } = await a.run(publish);
    expect(words).toMatch(/\/d: .*no right W .*; tried again by itself until \d{4}-.*Z, it is not in "publish.to"/);
    const known = async () => {
      const { hosts } = (await a.run({ do_: 'acl hosts' })) as unknown as { hosts: readonly object[] };
      expect(hosts).toHaveLength(3);
      return hosts[2];
    };
    expect(await known()).toEqual({
      address: d.address,
      error: expect.stringMatching(/no right W/),
      once: true,
      until: expect.stringMatching(/Z$/),
    });
    await d.follow(a);
    await waitUntil(() => d.lists === a.lists, { timeoutMs: 20_000, what: 'the lists without another command' });
    const done = { address: d.address, position: a.store.position, pending: 0, once: true };
    await waitUntil(async () => JSON.stringify(await known()) === JSON.stringify(done), { timeoutMs: 20_000 });
    await a.run(adding('not-for-d@arpa2.test'));
    await arrived();
    expect(d.lists).not.toContain('not-for-d');
    expect(await known()).toEqual({ ...done, pending: 1 });
    expect(await a.run(publish)).toMatchObject({ hosts: [{ address: d.address, pending: 0 }] });
    await d.stop();
  });

  test('a broker that dies and comes back empty, and a host that was away, cost time only', async () => {
    await b.stop();
    await broker.kill();
    await a.store.update(
      [
        {
          kind: 'grant',
          resource: { class: 'x', instance: '' },
          selector: parseSelector('away@x'),
          rights: parseRights('%R'),
        },
      ],
      { by: 'host' },
    );
    await waitUntil(() => a.log.includes('cannot-reach'), { timeoutMs: 20_000, what: 'a try without the broker' });
    await broker.restart();
    await b.start({}, byPassword());
    await arrived();
  });

  test('who dies in the midst of sending or taking everything, has everything in the end, and nothing by halves', async () => {
    const audits = (host: Host): number => host.audit.split('"whole"').length;
    /** Has everything sent, and ends a host with all that is under way at another one. */
    const killInTheMidst = async (victim: Host, recipient: Host, resource: string): Promise<void> => {
      const list = new Map(
        Array.from({ length: 30_000 }, (_, n) => [parseSelector(`user${n}@some.where.arpa2.test`), parseRights('%R')]),
      );
      const [seen, before] = [audits(recipient), recipient.lists];
      await a.store.update([{ kind: 'replace', resource: { class: resource, instance: '' }, list }], { by: 'host' });
      await waitUntil(() => audits(recipient) > seen, { timeoutMs: 20_000, everyMs: 2, what: 'the first part' });
      await victim.stop('SIGKILL');
      // Nothing of it yet; else that was no longer the midst.
      expect(recipient.lists === before).toBe(true);
    };
    await killInTheMidst(b, b, 'many');
    await b.start({}, byPassword());
    await waitUntil(() => c.lists === a.lists, { timeoutMs: 20_000, what: 'the lists of the other' });
    // Also of those who wait for an answer that does not come any more.
    await killInTheMidst(a, c, 'more');
    await a.start(publishing(), byPassword());
    await arrived();
    expect(b.store.followed?.position).toBe(a.store.position);
  });
});
