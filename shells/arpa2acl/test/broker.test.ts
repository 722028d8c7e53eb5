import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseRights, parseSelector } from '@arpa2amqp/acl';
import { BrokerServer, describeWith, waitUntil } from '@arpa2amqp/testkit';
import { adding, HostWorld, type Host, type HostTransport } from './host.js';

const PASSWORD = 'correct horse';
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
    world = await HostWorld.create('a', 'b', 'c');
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
    for (const host of [a, b, c]) expect(host.log).not.toContain(PASSWORD);
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
    const before = b.lists;
    const list = new Map(
      Array.from({ length: 30_000 }, (_, n) => [parseSelector(`user${n}@some.where.arpa2.test`), parseRights('%R')]),
    );
    const audits = (host: Host): number => host.audit.split('"whole"').length;
    const [seenByB, seenByC] = [audits(b), audits(c)];
    await a.store.update([{ kind: 'replace', resource: { class: 'many', instance: '' }, list }], { by: 'host' });
    await waitUntil(() => audits(b) > seenByB, { timeoutMs: 20_000, everyMs: 2, what: 'the first part' });
    await b.stop('SIGKILL');
    expect([before, a.lists]).toContain(b.lists);
    await b.start({}, byPassword());
    await waitUntil(() => audits(c) > seenByC, { timeoutMs: 20_000, everyMs: 2, what: 'the first part there' });
    await a.stop('SIGKILL');
    await a.start(publishing(), byPassword());
    await arrived();
    expect(b.store.followed?.position).toBe(a.store.position);
  });
});
