import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Credential, Name, SecurityContext } from '@arpa2amqp/gssapi';
import { Realm, describeWith } from '@arpa2amqp/testkit';
import {
  openRequester,
  serve,
  type ClientSasl,
  type ClientTls,
  type GssapiSaslContext,
  type ListenAt,
  type Peer,
  type ServerSasl,
} from '../src/index.js';
import { RawPeer, RawServer, SASL_HEADER } from './raw-peer.js';
import { until } from './until.js';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const LISTEN = 'amqp://127.0.0.1:0';
const OPENSSL = 'openssl';
const LISTEN_TLS = 'amqps://127.0.0.1:0';

async function serving(at: ListenAt) {
  const peers: Peer[] = [];
  const service = await serve({
    address: ADDRESS,
    at,
    slots: 2,
    limits: { handshakeTimeoutMs: 5000 },
    onDelivery: (incoming) => {
      peers.push(incoming.peer);
      incoming.accept();
      incoming.done();
    },
  });
  return { service, peers, [Symbol.asyncDispose]: async () => await service.close() };
}

/** Logs in, sends a message, and tells how the service saw us. */
async function introduce(
  scene: Awaited<ReturnType<typeof serving>>,
  sasl?: ClientSasl | ClientSasl[],
  options: { tls?: ClientTls; url?: string } = {},
): Promise<Peer> {
  const { tls, url = scene.service.url } = options;
  await using requester = await openRequester({
    url,
    ...(sasl === undefined ? {} : { sasl }),
    ...(tls === undefined ? {} : { tls }),
    onReply: () => undefined,
  });
  await requester.send(ADDRESS, { body: Buffer.from('hello') });
  return scene.peers.at(-1)!;
}

describe('where one may listen', () => {
  const tls = { key: 'key', cert: 'cert' };
  const plain = (): boolean => true;
  const refused: [string, ListenAt][] = [
    ['everywhere, without anything', { listen: 'amqp://0.0.0.0:0' }],
    ['everywhere on IPv6', { listen: 'amqp://[::]:0' }],
    ['a name that might be anything', { listen: 'amqp://example.test:0' }],
    ['everywhere, ANONYMOUS', { listen: 'amqp://0.0.0.0:0', sasl: { anonymous: true } }],
    ['everywhere, PLAIN in clear', { listen: 'amqp://0.0.0.0:0', sasl: { plain } }],
    ['everywhere, TLS and ANONYMOUS', { listen: 'amqps://0.0.0.0:0', tls, sasl: { anonymous: true } }],
    ['everywhere, TLS and no way to log in', { listen: 'amqps://0.0.0.0:0', tls }],
    ['TLS without a certificate', { listen: 'amqps://127.0.0.1:0' }],
    ['a certificate without TLS', { listen: 'amqp://127.0.0.1:0', tls }],
    ['EXTERNAL without TLS', { listen: 'amqp://127.0.0.1:0', sasl: { external: () => 'x' } }],
    ['EXTERNAL without asking for certificates', { listen: LISTEN_TLS, tls, sasl: { external: () => 'x' } }],
    ['no URL', { listen: '127.0.0.1:5672' }],
  ];
  test.each(refused)('not: %s', async (_name, at) => {
    await expect(serving(at)).rejects.toMatchObject({ code: 'amqp-bad-options', retryable: false });
  });

  test('everywhere with GSSAPI', async () => {
    const accept = (): Promise<GssapiSaslContext> => Promise.reject(new Error('unused'));
    await using scene = await serving({ listen: 'amqp://0.0.0.0:0', sasl: { gssapi: { accept } } });
    expect(scene.service.url).toMatch(/^amqp:\/\/0\.0\.0\.0:[0-9]+$/);
  });

  test.each([
    ['ANONYMOUS to another machine', 'amqp://192.0.2.1', undefined],
    ['PLAIN in clear to another machine', 'amqp://user:secret@192.0.2.1', undefined],
    ['EXTERNAL without TLS', 'amqp://127.0.0.1', { mechanism: 'EXTERNAL' }],
  ] as const)('a client does not: %s', async (_name, url, sasl) => {
    const opening = openRequester({ url, ...(sasl === undefined ? {} : { sasl }), onReply: () => undefined });
    const error = await opening.catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'amqp-bad-options' });
    expect((error as Error).message).not.toContain('secret');
  });
});

describe('PLAIN', () => {
  const plain = (name: string, password: string): boolean => name === 'demo' && password === 'pässword';

  test('lets the right one in, also from a URL', async () => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    const peer = await introduce(scene, { mechanism: 'PLAIN', username: 'demo', password: 'pässword' });
    expect(peer).toMatchObject({ mechanism: 'PLAIN', identity: 'demo', encrypted: false, remoteAddress: '127.0.0.1' });
    const url = scene.service.url.replace('//', `//demo:${encodeURIComponent('pässword')}@`);
    expect(await introduce(scene, undefined, { url })).toMatchObject({ identity: 'demo' });
  });

  test.each([
    ['a wrong password', { mechanism: 'PLAIN', username: 'demo', password: 'wrong' }],
    ['nobody', { mechanism: 'ANONYMOUS' }],
  ] as const)('refuses %s', async (_name, sasl) => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    await expect(introduce(scene, sasl)).rejects.toMatchObject({ code: 'amqp-sasl-refused', retryable: false });
  });

  test('a failing check refuses, and is no secret to the log only', async () => {
    const failing = (): Promise<boolean> => Promise.reject(new Error('no database'));
    await using scene = await serving({ listen: LISTEN, sasl: { plain: failing } });
    const login = introduce(scene, { mechanism: 'PLAIN', username: 'demo', password: 'x' });
    const error = await login.catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'amqp-sasl-refused' });
    expect((error as Error).message).not.toContain('database');
  });

  test.each([
    ['too few parts', '\0demo'],
    ['another identity to act for', 'root\0demo\0pässword'],
    ['no name', '\0\0pässword'],
  ])('refuses %s, and hangs up', async (_name, response) => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    using peer = await RawPeer.connect(scene.service.url);
    peer.send(SASL_HEADER, RawPeer.init('PLAIN', Buffer.from(response)));
    expect((await peer.next('sasl_outcome')).fields[0]?.value).toBe(1);
    await peer.closed;
  });

  test.each(['SCRAM-SHA-256', '__proto__', 'constructor'])('the mechanism %s is not on offer', async (name) => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    using peer = await RawPeer.connect(scene.service.url);
    peer.send(SASL_HEADER, RawPeer.init(name, Buffer.alloc(0)));
    expect((await peer.next('sasl_outcome')).fields[0]?.value).toBe(1);
    await peer.closed;
  });

  test('a second try on the same connection is not heard', async () => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    using peer = await RawPeer.connect(scene.service.url);
    const right = RawPeer.init('PLAIN', Buffer.from('\0demo\0pässword'));
    peer.send(SASL_HEADER, RawPeer.init('PLAIN', Buffer.from('\0demo\0wrong')), right, right);
    await peer.closed;
    expect(peer.arrived.filter(({ name }) => name === 'sasl_outcome')).toHaveLength(1);
  });

  test('a peer that skips SASL is sent away', async () => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    using peer = await RawPeer.connect(scene.service.url);
    peer.send(Buffer.from('AMQP\0\x01\0\0', 'latin1'));
    await peer.closed;
    expect(await peer.header()).toEqual(SASL_HEADER);
  });

  test('a peer that sends everything at once is understood', async () => {
    await using scene = await serving({ listen: LISTEN, sasl: { plain } });
    using peer = await RawPeer.connect(scene.service.url);
    const init = RawPeer.init('PLAIN', Buffer.from('\0demo\0pässword'));
    peer.send(SASL_HEADER, init, ...RawPeer.opening());
    expect((await peer.next('sasl_outcome')).fields[0]?.value).toBe(0);
    await peer.next('open');
    await peer.begin();
  });
});

describe('a client logging in', () => {
  test.each([
    ['refuses for the moment', 4, 'amqp-sasl-unavailable'],
    ['refuses', 1, 'amqp-sasl-refused'],
    ['has trouble', 2, 'amqp-sasl-refused'],
  ] as const)('the server %s', async (_name, code, expected) => {
    await using server = await RawServer.listen(async (peer) => {
      await peer.header();
      peer.send(SASL_HEADER, RawPeer.mechanisms('ANONYMOUS'));
      await peer.next('sasl_init');
      peer.send(RawPeer.saslOutcome(code));
    });
    await expect(openRequester({ url: server.url, onReply: () => undefined })).rejects.toMatchObject({
      code: expected,
    });
  });

  test('chooses by its own order', async () => {
    let chosen: unknown;
    await using server = await RawServer.listen(async (peer) => {
      await peer.header();
      peer.send(SASL_HEADER, RawPeer.mechanisms('ANONYMOUS', 'PLAIN'));
      chosen = (await peer.next('sasl_init')).fields[0]?.value;
      peer.send(RawPeer.saslOutcome(1));
    });
    const sasl: ClientSasl[] = [{ mechanism: 'PLAIN', username: 'a', password: 'b' }, { mechanism: 'ANONYMOUS' }];
    await expect(openRequester({ url: server.url, sasl, onReply: () => undefined })).rejects.toThrow();
    expect(chosen).toBe('PLAIN');
  });

  test('does not talk to a server without SASL', async () => {
    await using server = await RawServer.listen(async (peer) => {
      await peer.header();
      peer.send(Buffer.from('AMQP\0\x01\0\0', 'latin1'));
    });
    await expect(openRequester({ url: server.url, onReply: () => undefined })).rejects.toMatchObject({
      code: 'amqp-sasl-refused',
    });
  });
});

describe('TLS', () => {
  let folder: string;
  const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const openssl = (...parameters: string[]): void => {
    execFileSync(OPENSSL, parameters, { cwd: folder, stdio: 'ignore' });
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'arpa2amqp-tls-'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test CA');
    for (const name of ['localhost', 'demo']) {
      openssl(
        'req',
        ...key,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=DNS:${name},IP:127.0.0.1`,
      );
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '2',
        '-copy_extensions',
        'copy',
        '-out',
        `${name}.crt`,
      );
    }
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const external = ({ subject }: { subject: { CN?: string | string[] } }): string | null =>
    typeof subject.CN === 'string' && subject.CN !== 'localhost' ? subject.CN : null;
  const server = (sasl?: ServerSasl): ListenAt => ({
    listen: LISTEN_TLS,
    tls: {
      key: pem('localhost.key'),
      cert: pem('localhost.crt'),
      ca: pem('ca.crt'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    ...(sasl === undefined ? {} : { sasl }),
  });

  test('EXTERNAL takes the name of the client certificate', async () => {
    await using scene = await serving(server({ external }));
    const tls = { ca: pem('ca.crt'), key: pem('demo.key'), cert: pem('demo.crt') };
    const peer = await introduce(scene, undefined, { tls });
    expect(peer).toMatchObject({ mechanism: 'EXTERNAL', identity: 'demo', encrypted: true });
    const unnamed = { ca: pem('ca.crt'), key: pem('localhost.key'), cert: pem('localhost.crt') };
    await expect(introduce(scene, undefined, { tls: unnamed })).rejects.toMatchObject({ code: 'amqp-sasl-refused' });
    const without = introduce(scene, { mechanism: 'EXTERNAL' }, { tls: { ca: pem('ca.crt') } });
    await expect(without).rejects.toMatchObject({ code: 'amqp-sasl-refused' });
  });

  test('a certificate of nobody we know', async () => {
    await using scene = await serving(server());
    await expect(introduce(scene)).rejects.toMatchObject({ code: 'amqp-tls', retryable: false });
  });

  test('a TLS port spoken to in clear, and the other way round', async () => {
    await using secure = await serving(server());
    const inClear = introduce(secure, undefined, { url: secure.service.url.replace('amqps', 'amqp') });
    await expect(inClear).rejects.toMatchObject({ code: 'amqp-not-amqp' });
    await using clear = await serving({ listen: LISTEN });
    const url = clear.service.url.replace('amqp', 'amqps');
    const inTls = introduce(clear, undefined, { url });
    await expect(inTls).rejects.toMatchObject({ code: 'amqp-not-amqp', message: expect.stringContaining('amqp?') });
    await until(() => clear.service.stats.connections === 0, 'nobody is left');
  });
});

describeWith(['krb5kdc'], 'GSSAPI', () => {
  const HOST = 'reservoir.arpa2.test';
  const SERVICE = `arpa2amqp/${HOST}`;
  let realm: Realm;
  let client: Credential;
  let service: Credential;
  let target: Name;

  beforeAll(async () => {
    realm = await Realm.create({ users: ['demo'], services: [SERVICE] });
    realm.enter();
    client = await Credential.acquire({ usage: 'initiate', store: { ccache: await realm.ticket('demo') } });
    service = await Credential.acquire({ usage: 'accept', store: { keytab: realm.keytab(SERVICE) } });
    target = Name.service('arpa2amqp', HOST);
  });

  afterAll(async () => {
    client.dispose();
    service.dispose();
    target.dispose();
    await realm.close();
  });

  /** What a user of both packages writes. */
  function adapt(context: SecurityContext): GssapiSaslContext {
    return {
      step: async (token) => await context.step(token),
      wrap: async (message) => (await context.wrap(message, { confidential: false })).token,
      unwrap: async (token) => (await context.unwrap(token)).message,
      get initiatorName() {
        return context.initiatorName;
      },
      dispose: () => {
        context.dispose();
      },
    };
  }

  const initiate = (flags: ('mutual' | 'integrity')[]) => ({
    mechanism: 'GSSAPI' as const,
    initiate: () => adapt(SecurityContext.initiate({ target, credential: client, flags })),
  });
  const accept = (): GssapiSaslContext => adapt(SecurityContext.accept({ credential: service }));

  test.each([
    ['with', ['mutual', 'integrity'] as const],
    ['without', ['integrity'] as const],
  ])('names the principal, %s mutual authentication', async (_name, flags) => {
    await using scene = await serving({ listen: LISTEN, sasl: { gssapi: { accept } } });
    const peer = await introduce(scene, initiate([...flags]));
    expect(peer).toMatchObject({ mechanism: 'GSSAPI', identity: 'demo@ARPA2.TEST' });
  });

  test('may refuse a principal', async () => {
    const asked: string[] = [];
    const authorize = (name: string): boolean => {
      asked.push(name);
      return false;
    };
    await using scene = await serving({ listen: LISTEN, sasl: { gssapi: { accept, authorize } } });
    await expect(introduce(scene, initiate(['mutual', 'integrity']))).rejects.toMatchObject({
      code: 'amqp-sasl-refused',
    });
    expect(asked).toEqual(['demo@ARPA2.TEST']);
  });

  test('refuses a token that is none', async () => {
    await using scene = await serving({ listen: LISTEN, sasl: { gssapi: { accept } } });
    using peer = await RawPeer.connect(scene.service.url);
    peer.send(SASL_HEADER, RawPeer.init('GSSAPI', Buffer.from('garbage')));
    expect((await peer.next('sasl_outcome')).fields[0]?.value).toBe(1);
    await peer.closed;
  });
});
