import { BusError, DEFAULT_LIMITS, type Limits } from '@arpa2amqp/protocol';
import { Realm } from '@arpa2amqp/testkit';
import {
  AcceptorTable,
  InitiatorSession,
  type AcceptorTableOptions,
  type InitiatorSessionOptions,
  type Opened,
  type OpenedPayload,
  type Refused,
} from '../src/index.js';

const RESERVOIR = { service: 'arpa2amqp', host: 'reservoir.arpa2.test' };
export const OTHER = { service: 'arpa2amqp', host: 'other.arpa2.test' };

/** A realm with two users and two services, both in its one keytab; this process lives in it. */
export async function enterRealm(): Promise<Realm> {
  const realm = await Realm.create({
    users: ['demo', 'rick'],
    services: ['arpa2amqp/reservoir.arpa2.test', 'arpa2amqp/other.arpa2.test'],
  });
  realm.enter();
  await realm.ticket('demo', { cache: realm.defaultCache });
  return realm;
}

export async function openTable(
  options: Partial<Omit<AcceptorTableOptions, 'limits'>> & { limits?: Partial<Limits> } = {},
): Promise<AcceptorTable> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return await AcceptorTable.create({ service: RESERVOIR, ...options, limits });
}

export function openSession(options: Partial<InitiatorSessionOptions> = {}): InitiatorSession {
  return new InitiatorSession({ target: RESERVOIR, ...options });
}

/** No message of the set-up is expected. */
export async function noExchange(): Promise<Buffer> {
  return await Promise.reject(new Error('Exchanging a token was not expected'));
}

export async function seal(session: InitiatorSession, text: string) {
  return await session.seal(Buffer.from(text), { exchange: noExchange });
}

export function payloadOf(opened: Opened): OpenedPayload {
  if (opened.kind === 'payload') return opened;
  throw new Error(
    `Expected a payload, got ${opened.kind === 'refused' ? `${opened.reason}: ${opened.detail}` : 'a leg'}`,
  );
}

export function refusalOf(opened: Opened): Refused {
  if (opened.kind === 'refused') return opened;
  throw new Error(`Expected a refusal, got a ${opened.kind}`);
}

/** Sends a text and gets the host's answer, `<text>!`, back. */
export async function roundTrip(session: InitiatorSession, table: AcceptorTable, text: string): Promise<string> {
  const { body } = await seal(session, text);
  const opened = payloadOf(await table.open(body));
  const answer = await session.open(await opened.seal(Buffer.from(`${opened.plaintext.toString()}!`)));
  return answer.kind === 'payload' ? answer.plaintext.toString() : answer.kind;
}

export async function codeOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
    return 'none';
  } catch (error) {
    if (error instanceof BusError) return error.code;
    throw error;
  }
}
