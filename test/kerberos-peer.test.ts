import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Credential, GssError, Name, SecurityContext, type ContextFlag } from '@arpa2amqp/gssapi';
import { Realm, describeWith } from '@arpa2amqp/testkit';
import type * as Kerberos from 'kerberos';

const SERVICE = 'arpa2amqp@reservoir.arpa2.test';
const OTHER_SERVICE = 'arpa2amqp@lake.arpa2.test';
const FLAGS: readonly ContextFlag[] = ['mutual', 'replay', 'confidentiality', 'integrity'];

/** The npm package kerberos, an implementation of its own over the same C library: it proves our tokens, not our code. */
describeWith(['krb5kdc', 'kerberos-npm-build'], 'the npm package kerberos as a peer', () => {
  let realm: Realm;
  let kerberos: typeof Kerberos;
  let keytab: string;

  beforeAll(async () => {
    kerberos = await import('kerberos');
    realm = await Realm.create({
      users: ['demo'],
      services: ['arpa2amqp/reservoir.arpa2.test', 'arpa2amqp/lake.arpa2.test'],
    });
    await realm.ticket('demo', { cache: realm.defaultCache });
    keytab = realm.keytab('arpa2amqp/reservoir.arpa2.test');
    realm.enter(); // the peer takes credentials from the environment only
  });

  afterAll(async () => {
    await realm.close();
  });

  async function acceptor(rcache = 'none:'): Promise<{ context: SecurityContext } & Disposable> {
    const credential = await Credential.acquire({ usage: 'accept', store: { keytab: `FILE:${keytab}`, rcache } });
    const context = SecurityContext.accept({ credential });
    return {
      context,
      [Symbol.dispose]: () => {
        context.dispose();
        credential.dispose();
      },
    };
  }

  async function peerClient(flags: number, mechOID = kerberos.GSS_MECH_OID_KRB5): Promise<Kerberos.KerberosClient> {
    const options = { flags, mechOID }; // the typings of kerberos 7.0.0 call it gssFlag, its native code reads flags
    return await kerberos.initializeClient(SERVICE, options);
  }

  function allFlags(): number {
    const { GSS_C_MUTUAL_FLAG, GSS_C_REPLAY_FLAG, GSS_C_CONF_FLAG, GSS_C_INTEG_FLAG } = kerberos;
    return GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
  }

  async function open(client: Kerberos.KerberosClient, context: SecurityContext): Promise<void> {
    const { token, complete } = await context.step(fromBase64(await client.step('')));
    expect(complete).toBe(true);
    await client.step(toBase64(token));
  }

  test('its client opens a context against our acceptor and reads what we encrypt', async () => {
    using ours = await acceptor();
    const client = await peerClient(allFlags());
    await open(client, ours.context);

    expect(client.contextComplete).toBe(true);
    expect(ours.context.initiatorName).toBe('demo@ARPA2.TEST');
    expect(ours.context.targetName).toBe('arpa2amqp/reservoir.arpa2.test@ARPA2.TEST');
    expect([...ours.context.flags]).toEqual(expect.arrayContaining([...FLAGS]));
    expect(ours.context.lifetimeSeconds).toBeGreaterThan(35_000);

    const secret = await ours.context.encrypt(Buffer.from('[{"do_":"arpa2dns ping"}]'));
    expect(secret.includes('arpa2dns')).toBe(false);
    expect(fromBase64(await client.unwrap(toBase64(secret))).toString()).toBe('[{"do_":"arpa2dns ping"}]');
    expect(client.responseConf).toBe(1);
  });

  test('its client cannot negotiate another mechanism with our acceptor', async () => {
    using ours = await acceptor();
    const client = await peerClient(allFlags(), kerberos.GSS_MECH_OID_SPNEGO);
    const token = fromBase64(await client.step(''));
    await expect(ours.context.step(token)).rejects.toBeInstanceOf(GssError);
    expect(ours.context.complete).toBe(false);
  });

  test('its client completes without mutual authentication, and our acceptor has nothing to answer', async () => {
    using ours = await acceptor();
    const client = await peerClient(kerberos.GSS_C_CONF_FLAG | kerberos.GSS_C_INTEG_FLAG);
    const step = await ours.context.step(fromBase64(await client.step('')));
    expect(step).toEqual({ token: null, complete: true });
    expect(ours.context.flags.has('mutual')).toBe(false);
  });

  test('its client and our acceptor agree on a SASL security layer as in RFC 4752', async () => {
    using ours = await acceptor();
    const client = await peerClient(allFlags());
    await open(client, ours.context);

    const offer = Buffer.from([0x01, 0x00, 0x00, 0x00]); // no security layer, no buffer
    const { token } = await ours.context.wrap(offer, { confidential: false });
    const answer = await client.wrap(await client.unwrap(toBase64(token)), { user: 'demo@ARPA2.TEST' });
    const { message } = await ours.context.unwrap(fromBase64(answer));
    expect(message[0]).toBe(0x01);
    expect(message.subarray(4).toString()).toBe('demo@ARPA2.TEST');
  });

  test('our strict decrypt takes what its client encrypts, and refuses what it merely signs', async () => {
    using ours = await acceptor();
    const client = await peerClient(allFlags());
    await open(client, ours.context);
    const wrap = async (protect: boolean): Promise<Buffer> => {
      // it wraps a payload only as the answer to a security layer offer it has unwrapped
      const { token } = await ours.context.wrap(Buffer.from([1, 0, 0, 0]), { confidential: false });
      return fromBase64(await client.wrap(await client.unwrap(toBase64(token)), { user: 'demo', protect }));
    };
    expect((await ours.context.decrypt(await wrap(true))).subarray(4).toString()).toBe('demo');
    await expect(ours.context.decrypt(await wrap(false))).rejects.toMatchObject({ code: 'gss-not-confidential' });
  });

  test.each([
    ['with mutual authentication', FLAGS],
    ['in one message', FLAGS.filter((flag) => flag !== 'mutual')],
  ])('our initiator opens a context against its server %s', async (_how, flags) => {
    const server = await kerberos.initializeServer(SERVICE);
    using target = Name.import(SERVICE, 'hostbased-service');
    using context = SecurityContext.initiate({ target, flags });

    const first = await context.step();
    expect(first.complete).toBe(!flags.includes('mutual'));
    await server.step(toBase64(first.token));
    expect(server.contextComplete).toBe(true);
    expect(server.username).toBe('demo@ARPA2.TEST');

    if (flags.includes('mutual')) await context.step(fromBase64(server.response));
    expect(context.complete).toBe(true);
    expect(context.targetName).toBe('arpa2amqp/reservoir.arpa2.test@ARPA2.TEST');
    expect(context.flags.has('confidentiality')).toBe(true);
  });

  test('its server refuses our token for another service, a damaged one, and a replayed one', async () => {
    const tokenFor = async (service: string): Promise<Buffer> => {
      using target = Name.import(service, 'hostbased-service');
      using context = SecurityContext.initiate({ target, flags: ['confidentiality', 'integrity'] });
      return (await context.step()).token ?? Buffer.alloc(0);
    };
    const serve = async (token: Buffer): Promise<unknown> =>
      await (await kerberos.initializeServer(SERVICE)).step(toBase64(token));

    await expect(serve(await tokenFor(OTHER_SERVICE))).rejects.toThrow(/does not match server principal/);
    const token = await tokenFor(SERVICE);
    await expect(serve(damage(token))).rejects.toThrow(/integrity check failed/);
    await serve(token);
    await expect(serve(token)).rejects.toThrow(/replay/i);
  });

  test('our acceptor refuses its damaged token, and its replayed one only where there is a replay cache', async () => {
    const token = fromBase64(await (await peerClient(allFlags())).step(''));
    const accept = async (given: Buffer, rcache: string): Promise<boolean> => {
      using ours = await acceptor(rcache);
      return (await ours.context.step(given)).complete;
    };
    await expect(accept(damage(token), 'none:')).rejects.toMatchObject({ retryable: false });
    await expect(accept(token, 'none:')).resolves.toBe(true);
    await expect(accept(token, 'none:')).resolves.toBe(true);

    const cached = `file2:${realm.directory}/peer.rcache`;
    await expect(accept(token, cached)).resolves.toBe(true);
    await expect(accept(token, cached)).rejects.toMatchObject({ code: 'gss-duplicate-token', retryable: false });
  });
});

function toBase64(token: Buffer | null): string {
  return (token ?? Buffer.alloc(0)).toString('base64');
}

function fromBase64(token: string): Buffer {
  return Buffer.from(token, 'base64');
}

/** One bit changed in the encrypted part of the authenticator. */
function damage(token: Buffer): Buffer {
  const damaged = Buffer.from(token);
  const last = damaged.length - 8;
  damaged.writeUInt8(damaged.readUInt8(last) ^ 1, last);
  return damaged;
}
