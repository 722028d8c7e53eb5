import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Name, SecurityContext, type ContextFlag } from '@arpa2amqp/gssapi';
import type { Realm } from '@arpa2amqp/testkit';
import { encodeFrame, type AcceptorTable, type Envelope, type Exchange, type InitiatorSession } from '../src/index.js';
import { codeOf, enterRealm, openSession, openTable, payloadOf, refusalOf } from './both-sides.js';

let realm: Realm;

beforeAll(async () => {
  realm = await enterRealm();
});

afterAll(async () => {
  await realm.close();
});

const envelope: Envelope = { correlationId: 'context 1', messageId: 'message 1', replyTo: '/reply/here' };

/** Carries the messages of the set-up to a table. */
function exchangeWith(table: AcceptorTable, legs: Buffer[] = []): Exchange {
  return async (body, _signal, contextId) => {
    legs.push(body);
    const opened = await table.open(body, { correlationId: contextId, replyTo: '/reply/here' });
    if (opened.kind !== 'leg') throw new Error('Expected a leg');
    return opened.answer;
  };
}

async function rawRoundTrip(session: InitiatorSession, table: AcceptorTable, text: string): Promise<string> {
  const sealed = await session.seal(Buffer.from(text), { exchange: exchangeWith(table) });
  const opened = payloadOf(await table.open(sealed.body, { correlationId: sealed.contextId, replyTo: '/reply/here' }));
  expect(opened).toMatchObject({ style: 'raw', principal: 'demo@ARPA2.TEST' });
  const body = await opened.seal(Buffer.from(`${opened.plaintext.toString()}!`));
  const answer = await session.open(body);
  return answer.kind === 'payload' ? answer.plaintext.toString() : answer.kind;
}

/** The side of a raw peer, with flags of our choice. */
async function openRaw(table: AcceptorTable, flags: readonly ContextFlag[], from = envelope) {
  using target = Name.service('arpa2amqp', 'reservoir.arpa2.test');
  const context = SecurityContext.initiate({ target, flags });
  const { token } = await context.step();
  const opened = await table.open(token!, from);
  if (opened.kind === 'leg' && opened.answer.length > 0) await context.step(opened.answer);
  return { context, opened, token: token! };
}

const FLAGS = ['confidentiality', 'integrity', 'replay', 'mutual'] as const;

describe('both of our sides', () => {
  test('speak bare tokens', async () => {
    await using table = await openTable();
    await using session = openSession({ isRaw: true });
    const legs: Buffer[] = [];
    const { body } = await session.seal(Buffer.from('[]'), { exchange: exchangeWith(table, legs) });
    expect(legs.map((leg) => leg[0])).toEqual([0x60]);
    expect(body.subarray(0, 2).toString('hex')).toBe('0504');
    expect(await rawRoundTrip(session, table, '[{}]')).toBe('[{}]!');
    expect(await rawRoundTrip(session, table, '[{},{}]')).toBe('[{},{}]!');
    expect(table.size).toBe(1);
  });

  test('find the context of an answer that does not name it', async () => {
    await using table = await openTable();
    await using session = openSession({ isRaw: true });
    const first = await session.seal(Buffer.from('first'), { exchange: exchangeWith(table) });
    session.renew(first.contextId);
    expect(await rawRoundTrip(session, table, 'second')).toBe('second!');
    const opened = payloadOf(await table.open(first.body, { correlationId: first.contextId, replyTo: '/reply/here' }));
    const answer = await opened.seal(Buffer.from('late'));
    expect(await codeOf(async () => await session.open(answer, 'ab'.repeat(16)))).toBe('security-failed');
    expect(await session.open(answer)).toMatchObject({ kind: 'payload', contextId: first.contextId });
    expect(await codeOf(async () => await session.open(Buffer.from('[]')))).toBe('security-failed');
    expect(await session.open(Buffer.from([0x60, 0]))).toEqual({ kind: 'leg', contextId: null });
  });

  test('end the set-up with an error token when the host refuses', async () => {
    await using table = await openTable({ service: { service: 'arpa2amqp', host: 'other.arpa2.test' } });
    await using session = openSession({ isRaw: true });
    const exchange: Exchange = async (body, _signal, contextId) => {
      const refused = refusalOf(await table.open(body, { correlationId: contextId, replyTo: '/reply/here' }));
      expect(refused.reason).toBe('authentication-failed');
      expect(refused.answer?.[0]).toBe(0x60);
      return refused.answer!;
    };
    expect(await codeOf(async () => await session.seal(Buffer.from('text'), { exchange }))).toBe('security-failed');
  });
});

describe('the context of a raw peer', () => {
  test('is bound to the reply address and the correlation id it was opened with', async () => {
    await using table = await openTable();
    const { context } = await openRaw(table, FLAGS);
    const body = await context.encrypt(Buffer.from('text'));
    for (const other of [
      { ...envelope, replyTo: '/reply/there' },
      { ...envelope, correlationId: 'context 2' },
      { replyTo: '/reply/here' },
    ]) {
      expect(refusalOf(await table.open(body, other))).toMatchObject({ answer: null });
    }
    expect(payloadOf(await table.open(body, { ...envelope, messageId: 'message 2' })).plaintext.toString()).toBe(
      'text',
    );
    expect(refusalOf(await table.open(body, envelope))).toMatchObject({ reason: 'replayed', answer: null });
    context.dispose();
  });

  test('is found by the message id when there is no correlation id', async () => {
    await using table = await openTable();
    const from = { messageId: 'message 1', replyTo: '/reply/here' };
    const { context } = await openRaw(table, FLAGS, from);
    expect(payloadOf(await table.open(await context.encrypt(Buffer.from('text')), from)).style).toBe('raw');
    expect(refusalOf(await table.open(await context.encrypt(Buffer.from('text')), {})).reason).toBe('bad-frame');
    context.dispose();
  });

  test('is never used by frames', async () => {
    await using table = await openTable();
    const { context, opened } = await openRaw(table, FLAGS);
    expect(opened.kind).toBe('leg');
    const payload = await context.encrypt(Buffer.from('text'));
    const { contextId } = payloadOf(await table.open(await context.encrypt(Buffer.from('text')), envelope));
    expect(refusalOf(await table.open(encodeFrame({ kind: 'payload', contextId, payload }), envelope)).reason).toBe(
      'context-unknown',
    );
    context.dispose();
  });

  test('must have mutual authentication and find repeated messages', async () => {
    await using table = await openTable();
    const oneSided = await openRaw(table, ['confidentiality', 'integrity', 'replay']);
    expect(refusalOf(oneSided.opened)).toMatchObject({ reason: 'weak-context', answer: null });
    const forgetful = await openRaw(table, ['confidentiality', 'integrity', 'mutual']);
    expect(refusalOf(forgetful.opened).reason).toBe('weak-context');
    expect(table.size).toBe(0);
    const sequenced = await openRaw(table, ['confidentiality', 'integrity', 'mutual', 'sequence']);
    const body = await sequenced.context.encrypt(Buffer.from('text'));
    payloadOf(await table.open(body, envelope));
    expect(refusalOf(await table.open(body, envelope)).reason).toBe('replayed');
    for (const { context } of [oneSided, forgetful, sequenced]) context.dispose();
  });

  test('is not opened twice, not even by a restarted host', async () => {
    await using table = await openTable();
    const { context, token, opened } = await openRaw(table, FLAGS);
    expect(await table.open(token, envelope)).toEqual(opened);
    expect(refusalOf(await table.open(token, { ...envelope, correlationId: 'context 2' })).reason).toBe('replayed');
    await using restarted = await openTable();
    expect(refusalOf(await restarted.open(token, envelope)).reason).toBe('replayed');
    expect(refusalOf(await table.open(Buffer.concat([token, token]), envelope)).reason).toBe('context-unknown');
    expect(payloadOf(await table.open(await context.encrypt(Buffer.from('text')), envelope)).principal).toBe(
      'demo@ARPA2.TEST',
    );
    context.dispose();
  });
});

interface PythonOptions {
  readonly texts: readonly string[];
  readonly flags?: readonly string[];
  readonly framed?: boolean;
  /** The last token of the set-up goes with the first message. */
  readonly lastTokenTravels?: boolean;
}

/** Runs the Python peer against a table; returns the answers it decrypted. */
async function runPython(table: AcceptorTable, options: PythonOptions): Promise<string[]> {
  const script = join(import.meta.dirname, 'python-peer.py');
  const argument = JSON.stringify({ service: 'arpa2amqp@reservoir.arpa2.test', ...options });
  const child = spawn('/usr/bin/python3', [script, argument], {
    env: { ...process.env, ...realm.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 20_000,
  });
  const exit = once(child, 'exit');
  const answers: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as string | { answer: string };
    if (typeof said !== 'string') {
      answers.push(said.answer);
      continue;
    }
    const opened = await table.open(Buffer.from(said, 'hex'), envelope);
    const answer =
      opened.kind === 'payload' ? await opened.seal(Buffer.from(`${opened.plaintext.toString()}!`)) : opened.answer;
    child.stdin.write(`${JSON.stringify((answer ?? Buffer.alloc(0)).toString('hex'))}\n`);
  }
  expect(await exit).toEqual([0, null]);
  return answers;
}

describe('a peer in Python', () => {
  test('is understood with the flags of python3-gssapi', async () => {
    await using table = await openTable();
    expect(await runPython(table, { texts: ['one', 'two'] })).toEqual(['one!', 'two!']);
  });

  // DCE style is the one way to make Kerberos take three legs.
  test.each([true, false])('is understood in frames when its mechanism takes three legs', async (lastTokenTravels) => {
    await using table = await openTable();
    const flags = ['mutual_authentication', 'replay_detection', 'confidentiality', 'integrity', 'dce_style'];
    const answers = await runPython(table, { texts: ['one', 'two'], flags, framed: true, lastTokenTravels });
    expect(answers).toEqual(['one!', 'two!']);
    expect(table.size).toBe(1);
  });
});
