import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Name, SecurityContext, type ContextFlag } from '@arpa2amqp/gssapi';
import { decodeErrorFrame } from '@arpa2amqp/protocol';
import { waitUntil, type Realm } from '@arpa2amqp/testkit';
import fc from 'fast-check';
import { decodeFrame, encodeFrame, type Opened } from '../src/index.js';
import { sealedDigest } from '../src/sealed-digest.js';
import { codeOf, openSession, openTable, OTHER, payloadOf, refusalOf, roundTrip, seal } from './both-sides.js';
import { enterRealm } from './both-sides.js';

let realm: Realm;
let rickCache: string;

beforeAll(async () => {
  realm = await enterRealm();
  rickCache = await realm.ticket('rick');
});

afterAll(async () => {
  await realm.close();
});

/** A first message made with the binding itself, with flags of our choice. */
async function firstMessage(flags: readonly ContextFlag[], contextId: string, text = 'text'): Promise<Buffer> {
  using target = Name.service('arpa2amqp', 'reservoir.arpa2.test');
  using context = SecurityContext.initiate({ target, flags });
  const { token } = await context.step();
  const { token: payload } = await context.wrap(Buffer.from(text));
  return encodeFrame({ kind: 'payload', contextId, payload, token: token! });
}

function hintOf(opened: Opened): string | null {
  const { answer } = refusalOf(opened);
  return answer === null ? null : decodeErrorFrame(decodeFrame(answer).payload);
}

const flipped = (body: Buffer, offset: number): Buffer => {
  const copy = Buffer.from(body);
  copy[offset]! ^= 0x01;
  return copy;
};

describe('messages', () => {
  test('are opened from the first one on, and answered', async () => {
    await using table = await openTable();
    await using session = openSession();
    const first = await seal(session, 'first');
    expect(decodeFrame(first.body).token.length).toBeGreaterThan(0);
    const opened = payloadOf(await table.open(first.body));
    expect(opened).toMatchObject({ style: 'framed', principal: 'demo@ARPA2.TEST', contextId: first.contextId });
    expect(opened.plaintext.toString()).toBe('first');
    expect(Math.abs(opened.expiresAtMs - first.expiresAtMs)).toBeLessThan(3000);
    const answer = await session.open(await opened.seal(Buffer.from('answer')));
    expect(answer).toEqual({ kind: 'payload', plaintext: Buffer.from('answer'), contextId: first.contextId });
    expect(await roundTrip(session, table, 'later')).toBe('later!');
    expect(await roundTrip(session, table, 'x'.repeat(100_000))).toHaveLength(100_001);
    expect(table.size).toBe(1);
  });

  test('sealed at once are opened, whatever waits for the first of them', async () => {
    await using table = await openTable();
    await using session = openSession();
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    const order: string[] = [];
    const bodies = await Promise.all(
      texts.map(async (text) => {
        const { body } = await seal(session, text);
        order.push(text);
        return body;
      }),
    );
    expect(order).toEqual(texts);
    expect(bodies.map((body) => decodeFrame(body).token.length > 0)).toEqual(texts.map((_, index) => index === 0));
    const opened = await Promise.all(bodies.map(async (body) => payloadOf(await table.open(body))));
    expect(opened.map(({ plaintext }) => plaintext.toString())).toEqual(texts);
    expect(table.size).toBe(1);
    const answers = await Promise.all(opened.map(async (one) => await session.open(await one.seal(one.plaintext))));
    expect(answers.map((answer) => answer.kind === 'payload' && answer.plaintext.toString())).toEqual(texts);
  });

  test('in excess of those that may wait are refused as overloaded', async () => {
    await using table = await openTable();
    await using session = openSession();
    const bodies = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => (await seal(session, `${index}`)).body),
    );
    const opened = await Promise.all(bodies.map(async (body) => await table.open(body)));
    expect(opened.filter(({ kind }) => kind === 'payload')).toHaveLength(256);
    expect(opened.slice(256).map(hintOf)).toEqual(Array.from({ length: 44 }, () => 'overloaded'));
  });

  test('of a context that the host does not have are hinted at', async () => {
    await using table = await openTable();
    await using session = openSession();
    const { body, contextId } = await seal(session, 'first');
    const { body: later } = await seal(session, 'later');
    const refused = refusalOf(await table.open(later));
    expect(refused.reason).toBe('context-unknown');
    expect(await session.open(refused.answer!)).toEqual({ kind: 'error', reason: 'context-unknown', contextId });
    session.renew(contextId);
    session.renew(contextId);
    expect(await roundTrip(session, table, 'again')).toBe('again!');
    // The host may get the first message after all: its context is another one, whose answer is still readable.
    const opened = payloadOf(await table.open(body));
    expect(await session.open(await opened.seal(Buffer.from('late')))).toMatchObject({ kind: 'payload', contextId });
  });
});

describe('a repeated message', () => {
  test('is told apart within its context', async () => {
    await using table = await openTable();
    await using session = openSession();
    const { body: first } = await seal(session, 'first');
    const { body: later } = await seal(session, 'later');
    payloadOf(await table.open(first));
    payloadOf(await table.open(later));
    expect(hintOf(await table.open(first))).toBe('replayed');
    expect(hintOf(await table.open(later))).toBe('replayed');
    expect(await roundTrip(session, table, 'next')).toBe('next!');
  });

  test('that is the first of its context is opened by a restarted host, under the same digest', async () => {
    await using session = openSession();
    const { body } = await seal(session, 'first');
    const digests = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      await using table = await openTable();
      digests.add(payloadOf(await table.open(body)).digest);
    }
    expect(digests.size).toBe(1);
  });

  test('has the same digest however the network changes what is not authenticated', async () => {
    await using session = openSession();
    await using table = await openTable();
    const { body } = await seal(session, 'first');
    const frame = decodeFrame(body);
    const contextId = 'ab'.repeat(16);
    const rotated = Buffer.concat([
      frame.payload.subarray(0, 16),
      frame.payload.subarray(-5),
      frame.payload.subarray(16, -5),
    ]);
    rotated.writeUInt16BE(5, 6);
    const digests = [
      payloadOf(await table.open(body)).digest,
      payloadOf(await table.open(encodeFrame({ ...frame, contextId }))).digest,
      payloadOf(await table.open(encodeFrame({ ...frame, contextId: 'cd'.repeat(16), payload: rotated }))).digest,
    ];
    expect(new Set(digests).size).toBe(1);
    expect(sealedDigest(Buffer.from('another'))).not.toBe(digests[0]);
  });
});

describe('what is not authentic', () => {
  test('does no harm to the context it names', async () => {
    await using table = await openTable();
    await using session = openSession();
    const { body, contextId } = await seal(session, 'first');
    payloadOf(await table.open(body));
    const { body: later } = await seal(session, 'later');
    expect(hintOf(await table.open(flipped(later, later.length - 1)))).toBe('authentication-failed');
    const garbage = encodeFrame({ kind: 'payload', contextId, payload: Buffer.from('garbage') });
    expect(hintOf(await table.open(garbage))).toBe('authentication-failed');
    const token = Buffer.from('another token');
    expect(hintOf(await table.open(encodeFrame({ kind: 'payload', contextId, token, payload: token })))).toBe(
      'context-unknown',
    );
    expect(hintOf(await table.open(encodeFrame({ kind: 'context', contextId, token })))).toBe('context-unknown');
    expect(payloadOf(await table.open(later)).plaintext.toString()).toBe('later');
    expect(table.size).toBe(1);
  });

  test('sets up no context', async () => {
    await using table = await openTable();
    await using session = openSession();
    const { body } = await seal(session, 'first');
    const [first, later] = await Promise.all([
      table.open(flipped(body, 100)),
      table.open(encodeFrame({ ...decodeFrame((await seal(session, 'later')).body) })),
    ]);
    expect(hintOf(first)).toBe('authentication-failed');
    expect(hintOf(later)).toBe('context-unknown');
    expect(table.size).toBe(0);
    expect(payloadOf(await table.open(body)).plaintext.toString()).toBe('first');
  });

  test('is refused by messages that wait for it, which may bring a good token', async () => {
    await using table = await openTable();
    await using session = openSession();
    const { body } = await seal(session, 'first');
    const { body: later } = await seal(session, 'later');
    const [first, waiting] = await Promise.all([table.open(flipped(body, 100)), table.open(later)]);
    expect([hintOf(first), hintOf(waiting)]).toEqual(['authentication-failed', 'context-unknown']);
  });

  test('is a ticket for another service of the same keytab', async () => {
    await using table = await openTable({ keytab: realm.defaultKeytab });
    await using other = await openTable({ keytab: realm.defaultKeytab, service: OTHER });
    await using session = openSession({ target: OTHER });
    const { body } = await seal(session, 'first');
    expect(hintOf(await table.open(body))).toBe('authentication-failed');
    expect(payloadOf(await other.open(body)).plaintext.toString()).toBe('first');
  });

  test('is a message without encryption', async () => {
    await using table = await openTable();
    using target = Name.service('arpa2amqp', 'reservoir.arpa2.test');
    using context = SecurityContext.initiate({ target });
    const { token } = await context.step();
    const { token: payload } = await context.wrap(Buffer.from('open'), { confidential: false });
    const body = encodeFrame({ kind: 'payload', contextId: 'ab'.repeat(16), payload, token: token! });
    expect(hintOf(await table.open(body))).toBe('authentication-failed');
  });

  test('is a context without the flags asked for', async () => {
    await using table = await openTable();
    const weak = await table.open(await firstMessage(['confidentiality', 'integrity'], 'ab'.repeat(16)));
    expect(hintOf(weak)).toBe('weak-context');
    expect(refusalOf(weak).detail).toContain('replay');
    expect(table.size).toBe(0);
    const strong = await firstMessage(['confidentiality', 'integrity', 'replay'], 'ab'.repeat(16));
    payloadOf(await table.open(strong));
  });

  test('is answered with a reason, whatever it is, and never throws', async () => {
    await using table = await openTable();
    await using session = openSession();
    const { body, contextId } = await seal(session, 'first');
    const token = decodeFrame(body).token;
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    const bodies = fc.oneof(
      bytes,
      fc
        .tuple(fc.constantFrom('a201', '60', '0504'), bytes)
        .map(([head, rest]) => Buffer.concat([Buffer.from(head, 'hex'), rest])),
      fc
        .tuple(bytes, bytes)
        .map(([first, second]) => encodeFrame({ kind: 'payload', contextId, token: first, payload: second })),
      fc
        .nat(token.length - 1)
        .map((length) => encodeFrame({ kind: 'context', contextId, token: token.subarray(0, length) })),
      fc.nat(body.length - 1).map((length) => body.subarray(0, length)),
    );
    const envelopes = fc.record({ messageId: fc.string(), replyTo: fc.string() }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(bodies, envelopes, async (hostile, envelope) => {
        // A cut payload still sets up a context, with nothing in it that opens.
        const opened = await table.open(hostile, envelope);
        expect(opened.kind).toBe('refused');
        expect(opened.kind === 'refused' && opened.detail.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
    expect(table.size).toBeLessThanOrEqual(1);
  });

  test('gets no hint when it is a hint itself, and one without a context id when it cannot be read', async () => {
    await using table = await openTable();
    const silent = refusalOf(
      await table.open(encodeFrame({ kind: 'error', contextId: 'ab'.repeat(16), payload: Buffer.from('x') })),
    );
    expect(silent).toMatchObject({ reason: 'bad-frame', answer: null });
    expect(hintOf(await table.open(Buffer.from('a202', 'hex')))).toBe('unsupported-version');
    expect(hintOf(await table.open(Buffer.from('[{}]')))).toBe('bad-frame');
    expect(hintOf(await table.open(Buffer.alloc(0)))).toBe('bad-frame');
  });
});

describe('room', () => {
  test('is made by the context least recently used that is idle', async () => {
    await using table = await openTable({ limits: { maxContexts: 2 }, maxPerPrincipal: 2 });
    const sessions = [openSession(), openSession(), openSession()] as const;
    await roundTrip(sessions[0], table, 'a');
    await roundTrip(sessions[1], table, 'b');
    await roundTrip(sessions[0], table, 'a');
    await roundTrip(sessions[2], table, 'c');
    expect(table.size).toBe(2);
    expect(hintOf(await table.open((await seal(sessions[1], 'b')).body))).toBe('context-unknown');
    expect(await roundTrip(sessions[0], table, 'a')).toBe('a!');
    await Promise.all(sessions.map(async (session) => await session.close()));
  });

  test('is not made by what is busy: the newcomer is refused', async () => {
    await using table = await openTable({ limits: { maxContexts: 1 } });
    await using busy = openSession();
    await using newcomer = openSession({ ccache: rickCache });
    const opened = payloadOf(await table.open((await seal(busy, 'busy')).body));
    const { body } = await seal(newcomer, 'new');
    expect(hintOf(await table.open(body))).toBe('overloaded');
    opened.release();
    opened.release();
    expect(payloadOf(await table.open(body)).principal).toBe('rick@ARPA2.TEST');
    expect(await codeOf(async () => await opened.seal(Buffer.from('too late')))).toBe('security-failed');
  });

  test('of one caller is not made by another', async () => {
    await using table = await openTable({ limits: { maxContexts: 4 }, maxPerPrincipal: 2 });
    await using rick = openSession({ ccache: rickCache });
    await roundTrip(rick, table, 'rick');
    for (let count = 0; count < 6; count += 1) {
      await using session = openSession();
      await roundTrip(session, table, 'demo');
    }
    expect(table.size).toBe(3);
    expect(await roundTrip(rick, table, 'still here')).toBe('still here!');
  });

  test('for set-ups is bounded', async () => {
    await using table = await openTable();
    const bodies = Array.from({ length: 300 }, (_, index) => {
      const contextId = index.toString(16).padStart(32, '0');
      return encodeFrame({ kind: 'payload', contextId, token: Buffer.from('token'), payload: Buffer.from('payload') });
    });
    const hints = (await Promise.all(bodies.map(async (body) => await table.open(body)))).map(hintOf);
    expect(hints.filter((hint) => hint === 'overloaded')).toHaveLength(300 - 16 - 256);
    expect(hints.filter((hint) => hint === 'authentication-failed')).toHaveLength(16 + 256);
  });
});

describe('a context ends', () => {
  test('after idle time, unless an answer is due', async () => {
    let nowMs = Date.now();
    await using table = await openTable({ idleMs: 1000, now: () => nowMs });
    await using idle = openSession();
    await using busy = openSession();
    await roundTrip(idle, table, 'idle');
    const opened = payloadOf(await table.open((await seal(busy, 'busy')).body));
    nowMs += 999;
    expect(await roundTrip(idle, table, 'idle')).toBe('idle!');
    nowMs += 1000;
    expect(hintOf(await table.open((await seal(idle, 'idle')).body))).toBe('context-unknown');
    expect(table.size).toBe(1);
    await busy.open(await opened.seal(Buffer.from('answer')));
    nowMs += 1000;
    expect(hintOf(await table.open((await seal(busy, 'busy')).body))).toBe('context-unknown');
    expect(table.size).toBe(0);
  });

  test('by itself after idle time', async () => {
    await using table = await openTable({ idleMs: 50 });
    await using session = openSession();
    await roundTrip(session, table, 'text');
    expect(table.size).toBe(1);
    await waitUntil(() => table.size === 0, { what: 'the sweep' });
  });

  test('when its holder has forgotten it', async () => {
    let nowMs = Date.now();
    await using table = await openTable({ limits: { maxLifeMs: 5000 }, idleMs: 1000, now: () => nowMs });
    await using session = openSession();
    const opened = payloadOf(await table.open((await seal(session, 'text')).body));
    nowMs += 5000;
    await table.open(Buffer.alloc(0));
    expect(hintOf(await table.open((await seal(session, 'text')).body))).toBe('context-unknown');
    expect(table.size).toBe(0);
    expect(await codeOf(async () => await opened.seal(Buffer.from('answer')))).toBe('security-failed');
  });

  test('with the ticket, but an answer that is due can still be sealed', async () => {
    let nowMs = Date.now();
    await using table = await openTable({ now: () => nowMs, idleMs: 10 * 24 * 3_600_000 });
    await using session = openSession();
    const { body, expiresAtMs } = await seal(session, 'first');
    const opened = payloadOf(await table.open(body));
    nowMs = expiresAtMs + 299_000;
    expect(await roundTrip(session, table, 'in the clock skew permitted')).toBe('in the clock skew permitted!');
    nowMs = expiresAtMs + 303_000;
    expect(hintOf(await table.open((await seal(session, 'late')).body))).toBe('context-unknown');
    expect(table.size).toBe(0);
    expect(await session.open(await opened.seal(Buffer.from('answer')))).toMatchObject({ kind: 'payload' });
  });

  test('with the table, which refuses what comes after', async () => {
    const table = await openTable();
    await using session = openSession();
    const opened = payloadOf(await table.open((await seal(session, 'first')).body));
    const opening = table.open((await seal(session, 'second')).body);
    await Promise.all([table.close(), table.close()]);
    expect((await opening).kind).toBe('payload');
    expect(table.size).toBe(0);
    expect(hintOf(await table.open((await seal(session, 'third')).body))).toBe('overloaded');
    expect(await codeOf(async () => await opened.seal(Buffer.from('answer')))).toBe('security-failed');
    expect(opened.principal).toBe('demo@ARPA2.TEST'); // who asked is known all the same
    expect(await codeOf(table.reload())).toBe('closed');
    table.destroy();
  });
});

describe('the keytab', () => {
  test('is read again on demand while contexts stay', async () => {
    await realm.addService('arpa2amqp/fresh.arpa2.test');
    const service = { service: 'arpa2amqp', host: 'fresh.arpa2.test' };
    await using table = await openTable({ service });
    await using session = openSession({ target: service });
    await roundTrip(session, table, 'before');
    await table.reload();
    expect(await roundTrip(session, table, 'after')).toBe('after!');
    await using newcomer = openSession({ target: service });
    expect(await roundTrip(newcomer, table, 'new')).toBe('new!');
  });

  test('that is missing or lacks the service is a configuration error', async () => {
    expect(await codeOf(openTable({ keytab: `${realm.directory}/none` }))).toBe('config');
    expect(await codeOf(openTable({ service: { service: 'arpa2amqp', host: 'absent.arpa2.test' } }))).toBe('config');
  });
});
