import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, Realm, waitUntil } from '@arpa2amqp/testkit';
import { ticketStatus } from 'arpa2amqp';

describeWith(['krb5kdc'], 'the ticket of the caller', () => {
  let realm: Realm;
  beforeAll(async () => {
    realm = await Realm.create({ users: ['demo', 'a/b'], services: [] });
    realm.enter();
  });
  afterAll(async () => {
    await realm.close();
  });

  test('none, then one, then a renewed one: every look is a new one', async () => {
    const cache = realm.defaultCache;
    expect(await ticketStatus()).toEqual({ kind: 'none' });
    await realm.ticket('demo', { cache, lifetimeSeconds: 600 });
    const first = await ticketStatus();
    expect(first).toMatchObject({ kind: 'valid', principal: 'demo@ARPA2.TEST', identity: 'demo@arpa2.test' });
    await realm.ticket('demo', { cache, lifetimeSeconds: 7200 });
    const second = await ticketStatus();
    const expires = (status: typeof first): number => (status.kind === 'valid' ? status.expires.getTime() : 0);
    expect(expires(first)).toBeGreaterThan(Date.now() + 500_000);
    expect(expires(second)).toBeGreaterThan(Date.now() + 7_000_000);
  });

  test('an expired one is told apart from none', async () => {
    const ccache = `FILE:${await realm.ticket('demo', { lifetimeSeconds: 1 })}`;
    await waitUntil(async () => (await ticketStatus({ ccache })).kind !== 'valid', { what: 'the end of the ticket' });
    expect(await ticketStatus({ ccache })).toEqual({ kind: 'expired' });
  });

  test('a principal that maps to no identity is nobody in particular', async () => {
    const ccache = `FILE:${await realm.ticket('a/b')}`;
    expect(await ticketStatus({ ccache })).toMatchObject({
      kind: 'valid',
      principal: 'a/b@ARPA2.TEST',
      identity: null,
    });
  });
});
