import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '@arpa2amqp/testkit';
import { Credential, localRealm, Name } from '@arpa2amqp/gssapi';
import { Fixture, HOST, SERVICE } from './fixture.js';

describeWith(['krb5kdc'], 'a name', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await Fixture.create();
  });
  afterAll(async () => {
    await fixture.close();
  });

  test('of a service is the principal of its host in the realm of krb5.conf, or in the one given', () => {
    expect(Name.service('arpa2amqp', 'Reservoir.ARPA2.test.').toString()).toBe(`${SERVICE}@ARPA2.TEST`);
    expect(Name.service('arpa2amqp', HOST, 'OTHER.TEST').toString()).toBe(`${SERVICE}@OTHER.TEST`);
    expect(Name.service('arpa2amqp', 'host.elsewhere.example').toString()).toBe('arpa2amqp/host.elsewhere.example');
  });

  test('the realm of this host is that of its domain, else the default one, as krb5.conf has them', async () => {
    expect([localRealm(), localRealm(HOST), localRealm('host.elsewhere.example')]).toEqual(Array(3).fill('ARPA2.TEST'));
    const file = `${fixture.realm.directory}/krb5.conf`;
    const configuration = await readFile(file, 'utf8');
    try {
      await writeFile(file, configuration.replace('default_realm = ARPA2.TEST', 'default_realm = Other.Test'));
      expect([localRealm(), localRealm(HOST)]).toEqual(['Other.Test', 'ARPA2.TEST']);
      await writeFile(file, '[libdefaults]\n');
      expect([localRealm(), localRealm(HOST)]).toEqual([null, null]);
    } finally {
      await writeFile(file, configuration);
    }
  });

  test('compares by meaning', () => {
    using one = Name.service('arpa2amqp', HOST);
    using same = Name.import(`${SERVICE}@ARPA2.TEST`, 'principal');
    using other = Name.service('other', HOST);
    expect([one.equals(same), one.equals(other)]).toEqual([true, false]);
    expect(Name.import('demo', 'user').toString()).toBe('demo');
    expect(Name.import(`arpa2amqp@${HOST}`, 'hostbased-service').toString()).toBe(`arpa2amqp@${HOST}`);
  });

  test('is refused with controls, when empty, too long or not a service', () => {
    const bad = expect.objectContaining({ code: 'gss-bad-name' });
    for (const text of ['', 'a\0b', 'a\nb', 'a'.repeat(1025)]) expect(() => Name.import(text, 'user')).toThrow(bad);
    for (const host of ['', 'a/b', 'a@b', 'a\\b', '-a', 'a b', 'a\0'])
      expect(() => Name.service('s', host)).toThrow(bad);
    expect(() => Name.service('a/b', HOST)).toThrow(bad);
    expect(() => Name.service('s', HOST, '')).toThrow(bad);
  });

  test('of a disposed object is of no use, and disposing twice is fine', () => {
    const name = Name.import('demo', 'user');
    name.dispose();
    name[Symbol.dispose]();
    expect(() => name.equals(name)).toThrow(expect.objectContaining({ code: 'gss-disposed' }));
  });

  test('of a service is never canonicalised, even where krb5.conf would have it', async () => {
    const { realm } = fixture;
    // Reverse look-up turns 127.0.0.1 into localhost wherever a host-based name is canonicalised.
    const keytab = await realm.addService('arpa2amqp/127.0.0.1');
    const file = `${realm.directory}/krb5.conf`;
    const configuration = await readFile(file, 'utf8');
    await writeFile(
      file,
      configuration.replace('rdns = false', 'rdns = true').replace('hostname = false', 'hostname = true'),
    );
    const service = await Credential.acquire({ usage: 'accept', store: { keytab, rcache: 'none:' } });
    using target = Name.service('arpa2amqp', '127.0.0.1');
    const { initiator, acceptor } = await fixture.pair({ target }, service);
    expect(acceptor.targetName).toBe('arpa2amqp/127.0.0.1@ARPA2.TEST');
    await writeFile(file, configuration);
    initiator.dispose();
    acceptor.dispose();
    service.dispose();
  });

  test('chooses the key of a credential', async () => {
    const keytab = fixture.realm.defaultKeytab;
    const credential = await Credential.acquire({ usage: 'accept', name: fixture.target, store: { keytab } });
    expect(credential.name).toBe(`${SERVICE}@ARPA2.TEST`);
    expect(credential.lifetimeSeconds).toBe(Number.POSITIVE_INFINITY);
    using other = Name.service('other', HOST);
    const { token } = await fixture.initiate({ target: other }).step();
    await expect(fixture.accept(credential).step(token!)).rejects.toMatchObject({ code: 'gss-wrong-service' });
    credential.dispose();
  });
});
