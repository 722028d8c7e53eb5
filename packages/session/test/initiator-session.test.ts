import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Realm, waitUntil } from '@arpa2amqp/testkit';
import { decodeFrame, encodeFrame, errorFrame, type AcceptorTable, type Exchange, type Sealed } from '../src/index.js';
import { silentLogger } from '../src/logger.js';
import { missingFlags } from '../src/protection.js';
import { codeOf, enterRealm, noExchange, openSession, openTable, payloadOf, roundTrip, seal } from './both-sides.js';

let realm: Realm;

beforeAll(async () => {
  realm = await enterRealm();
});

afterAll(async () => {
  await realm.close();
});

/** Carries the messages of the set-up to a table; counts them. */
function exchangeWith(table: AcceptorTable): { exchange: Exchange; legs: Buffer[] } {
  const legs: Buffer[] = [];
  const exchange: Exchange = async (body) => {
    legs.push(body);
    const opened = await table.open(body);
    if (opened.kind === 'payload') throw new Error('Expected a leg');
    return opened.answer!;
  };
  return { exchange, legs };
}

describe('a ticket', () => {
  test('that is missing is told', async () => {
    await using session = openSession({ ccache: realm.freshCache() });
    expect(await codeOf(seal(session, 'text'))).toBe('no-ticket');
  });

  test('that arrives later is used', async () => {
    const ccache = realm.freshCache('rick');
    await using session = openSession({ ccache });
    expect(await codeOf(seal(session, 'text'))).toBe('no-ticket');
    await realm.ticket('rick', { cache: ccache });
    expect(await seal(session, 'text')).toMatchObject({ principal: 'rick@ARPA2.TEST' });
  });

  test('that has expired is told, and a new one is picked up before the end of the old one', async () => {
    const ccache = await realm.ticket('demo', { lifetimeSeconds: 6 });
    await using session = openSession({ ccache });
    await using table = await openTable();
    const short = await seal(session, 'first');
    payloadOf(await table.open(short.body));
    expect(short.expiresAtMs).toBeLessThan(Date.now() + 6000);
    await waitUntil(async () => (await seal(session, 'text')).contextId !== short.contextId, { what: 'a new context' });
    expect(Date.now()).toBeLessThan(short.expiresAtMs);
    await waitUntil(async () => (await codeOf(seal(session, 'text'))) === 'ticket-expired', { what: 'the end' });
    await realm.ticket('demo', { cache: ccache });
    expect((await seal(session, 'text')).expiresAtMs).toBeGreaterThan(Date.now() + 3_600_000);
    expect(await roundTripAfterRenewal(session, table)).toBe('text!');
  });

  async function roundTripAfterRenewal(session: ReturnType<typeof openSession>, table: AcceptorTable): Promise<string> {
    session.renew((await seal(session, 'lost')).contextId);
    return await roundTrip(session, table, 'text');
  }

  test('for a service that does not exist is told', async () => {
    await using session = openSession({ target: { service: 'arpa2amqp', host: 'absent.arpa2.test' } });
    expect(await codeOf(seal(session, 'text'))).toBe('unknown-service');
  });

  test('that no KDC gives is told, once for all that wait', async () => {
    const ccache = await realm.ticket('demo');
    await realm.stopKdc();
    try {
      await using session = openSession({ ccache });
      const codes = await Promise.all(Array.from({ length: 20 }, async () => await codeOf(seal(session, 'text'))));
      expect(new Set(codes)).toEqual(new Set(['no-kdc']));
    } finally {
      await realm.startKdc();
    }
  });
});

describe('a session', () => {
  test('has no context until the first message, then one for all', async () => {
    await using session = openSession();
    const ids = await Promise.all(Array.from({ length: 10 }, async () => (await seal(session, 'text')).contextId));
    expect(new Set(ids).size).toBe(1);
    session.renew(ids[0]!);
    const renewed = await Promise.all(Array.from({ length: 10 }, async () => (await seal(session, 'text')).contextId));
    expect(new Set(renewed).size).toBe(1);
    expect(renewed[0]).not.toBe(ids[0]);
    session.renew(ids[0]!);
    expect((await seal(session, 'text')).contextId).toBe(renewed[0]);
  });

  test('keeps the order of messages short and long', async () => {
    await using session = openSession();
    await using table = await openTable();
    const texts = Array.from({ length: 40 }, (_, index) => `${index} `.repeat(index % 3 === 0 ? 50_000 : 1));
    const bodies: Buffer[] = [];
    await Promise.all(texts.map(async (text) => bodies.push((await seal(session, text)).body)));
    const opened = await Promise.all(bodies.map(async (body) => payloadOf(await table.open(body))));
    expect(opened.map(({ plaintext }) => plaintext.toString())).toEqual(texts);
  });

  test('refuses answers that are not authentic, not its own, or repeated', async () => {
    await using table = await openTable();
    await using session = openSession();
    await using stranger = openSession();
    const { body, contextId } = await seal(session, 'text');
    const answer = await payloadOf(await table.open(body)).seal(Buffer.from('answer'));
    const changed = Buffer.from(answer);
    changed[changed.length - 1]! ^= 1;
    for (const hostile of [changed, body, Buffer.from('[]'), Buffer.alloc(0), Buffer.from('a202', 'hex')]) {
      expect(await codeOf(async () => await session.open(hostile))).toBe('security-failed');
    }
    expect(await codeOf(async () => await stranger.open(answer))).toBe('security-failed');
    const garbled = encodeFrame({ kind: 'error', contextId, payload: Buffer.from('{"error":"no-such-reason"}') });
    expect(await codeOf(async () => await session.open(garbled))).toBe('security-failed');
    expect(await session.open(answer)).toMatchObject({ kind: 'payload', plaintext: Buffer.from('answer') });
    expect(await codeOf(async () => await session.open(answer))).toBe('security-failed');
  });

  test('keeps a context that was given up while answers are awaited, and no longer', async () => {
    await using table = await openTable();
    await using session = openSession();
    const first = await seal(session, 'first');
    const opened = payloadOf(await table.open(first.body));
    session.renew(first.contextId);
    expect(await roundTrip(session, table, 'second')).toBe('second!');
    const answers = [await opened.seal(Buffer.from('one')), await opened.seal(Buffer.from('two'))] as const;
    expect(await session.open(answers[0])).toMatchObject({ contextId: first.contextId });
    expect(await codeOf(async () => await session.open(answers[1]))).toBe('security-failed');
  });

  test('keeps at most 16 contexts for answers that may never come', async () => {
    await using table = await openTable();
    await using session = openSession();
    const answers: Buffer[] = [];
    for (let count = 0; count < 18; count += 1) {
      const { body, contextId } = await seal(session, 'text');
      answers.push(await payloadOf(await table.open(body)).seal(Buffer.from('answer')));
      session.renew(contextId);
    }
    const codes = await Promise.all(
      answers.map(async (answer) => await codeOf(async () => await session.open(answer))),
    );
    expect(codes).toEqual([
      ...Array.from({ length: 2 }, () => 'security-failed'),
      ...Array.from({ length: 16 }, () => 'none'),
    ]);
  });

  test('counts no answer to a message that gets none', async () => {
    await using table = await openTable();
    await using session = openSession();
    const sealed = await session.seal(Buffer.from('text'), { exchange: noExchange, isAnswered: false });
    const opened = payloadOf(await table.open(sealed.body));
    session.renew(sealed.contextId);
    expect(await codeOf(async () => await session.open(await opened.seal(Buffer.from('answer'))))).toBe(
      'security-failed',
    );
  });

  test('hands out what it seals in the order of sealing, whatever takes a wait', async () => {
    const order: { contextId: string; number: bigint; hasToken: boolean }[] = [];
    const sendNow = ({ body }: Sealed): void => {
      const { contextId, token, payload } = decodeFrame(body);
      // Bytes 8 to 15 of a wrap token are its number (RFC 4121, section 4.2.6.2).
      order.push({ contextId, number: payload.readBigUInt64BE(8), hasToken: token.length > 0 });
    };
    const sends: Promise<void>[] = [];
    const send = (text: string): void => {
      const sealing = session.seal(Buffer.from(text), { exchange: noExchange });
      if (sealing instanceof Promise) sends.push(sealing.then(sendNow));
      else sendNow(sealing);
    };
    /** Seals at every step that a promise of the session can be behind what it waits for. */
    const disturb = async (): Promise<void> => {
      for (let step = 0; step < 20; step += 1) {
        send('short');
        await Promise.resolve();
      }
    };
    const logger = { ...silentLogger, debug: () => void sends.push(disturb()) };
    await using session = openSession({ logger });
    send('first');
    await waitUntil(() => order.length === 21, { what: 'the first context' });
    for (let round = 0; round < 5; round += 1) {
      send('x'.repeat(100_000));
      setImmediate(() => void sends.push(disturb()));
      send('y');
      await waitUntil(() => order.length === 21 + (round + 1) * 22, { what: 'a round' });
    }
    await Promise.all(sends);
    expect(order.map(({ hasToken }) => hasToken)).toEqual(order.map((_, index) => index === 0));
    const { number: start } = order[0]!;
    expect(order.map(({ number }) => number - start)).toEqual(order.map((_, index) => BigInt(index)));
  });

  test('that is closed finishes what it began and takes nothing more', async () => {
    const session = openSession();
    await seal(session, 'text');
    const long = seal(session, 'x'.repeat(500_000));
    const opening = openSession();
    const early = codeOf(seal(opening, 'text'));
    await Promise.all([session.close(), session.close(), opening.close()]);
    expect((await long).body.length).toBeGreaterThan(500_000);
    expect(await early).toBe('closed');
    expect(await codeOf(seal(session, 'text'))).toBe('closed');
    expect(await codeOf(async () => await session.open(Buffer.alloc(0)))).toBe('closed');
    session.destroy();
  });

  test('is left by whoever no longer wants to wait; the others get their context', async () => {
    await using table = await openTable();
    await using session = openSession({ isMutual: true });
    const { exchange } = exchangeWith(table);
    const controller = new AbortController();
    const patient = new AbortController();
    const hanging: Exchange = async (_body, signal) =>
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('Exchange was given up')), { once: true });
        controller.abort();
      });
    const text = Buffer.from('text');
    const codes = await Promise.all([
      codeOf(async () => await session.seal(text, { exchange: hanging, signal: controller.signal })),
      codeOf(async () => await session.seal(text, { exchange, signal: patient.signal })),
      codeOf(async () => await session.seal(text, { exchange })),
      codeOf(async () => await session.seal(text, { exchange, signal: AbortSignal.abort() })),
    ]);
    expect(codes).toEqual(['aborted', 'none', 'none', 'aborted']);
  });
});

describe('a mutual session', () => {
  test('sends nothing before the host has proved itself', async () => {
    await using table = await openTable();
    await using session = openSession({ isMutual: true });
    const { exchange, legs } = exchangeWith(table);
    const text = Buffer.from('text');
    const sealed = await Promise.all([session.seal(text, { exchange }), session.seal(text, { exchange })]);
    expect(legs).toHaveLength(1);
    expect(decodeFrame(legs[0]!)).toMatchObject({ kind: 'context', contextId: sealed[0].contextId });
    for (const { body } of sealed) {
      expect(decodeFrame(body)).toMatchObject({ kind: 'payload', token: Buffer.alloc(0) });
      expect(payloadOf(await table.open(body)).principal).toBe('demo@ARPA2.TEST');
    }
    expect(table.size).toBe(1);
  });

  test('gets the same answer when its token is delivered again', async () => {
    await using table = await openTable();
    await using session = openSession({ isMutual: true });
    const { exchange, legs } = exchangeWith(table);
    const twice: Exchange = async (body, signal, contextId) => {
      const answer = await exchange(body, signal, contextId);
      expect(await exchange(body, signal, contextId)).toEqual(answer);
      return answer;
    };
    const { body } = await session.seal(Buffer.from('text'), { exchange: twice });
    expect(legs).toHaveLength(2);
    payloadOf(await table.open(body));
  });

  test('learns why the host refuses', async () => {
    await using session = openSession({ isMutual: true });
    const answering = (answer: Buffer) => ({ exchange: async () => await Promise.resolve(answer) });
    const text = Buffer.from('text');
    expect(await codeOf(async () => await session.seal(text, answering(errorFrame('overloaded'))))).toBe('overloaded');
    expect(await codeOf(async () => await session.seal(text, answering(Buffer.from('nonsense'))))).toBe(
      'security-failed',
    );
    const forged = encodeFrame({ kind: 'context', contextId: 'ab'.repeat(16), token: text });
    expect(await codeOf(async () => await session.seal(text, answering(forged)))).toBe('security-failed');
    const unread = encodeFrame({ kind: 'error', contextId: 'ab'.repeat(16), payload: text });
    expect(await codeOf(async () => await session.seal(text, answering(unread)))).toBe('security-failed');
    const forging: Exchange = async (_body, _signal, contextId) =>
      await Promise.resolve(encodeFrame({ kind: 'context', contextId, token: text }));
    expect(await codeOf(async () => await session.seal(text, { exchange: forging }))).toBe('security-failed');
    expect(await session.open(forged)).toEqual({ kind: 'leg', contextId: 'ab'.repeat(16) });
  });
});

test('a context lacks the flags that were not granted', () => {
  const required = ['confidentiality', 'integrity', 'replay'] as const;
  expect(missingFlags(new Set(['integrity', 'sequence']), required)).toEqual(['confidentiality', 'replay']);
  expect(missingFlags(new Set(required), required)).toEqual([]);
});

test('a service without a valid name is refused', () => {
  expect(() => openSession({ target: { service: 'arpa2amqp', host: '../etc' } })).toThrow(/naming the service/i);
});
