import { AmqpError, asAmqpError, quoted } from './errors.js';
import type { Peer } from './message.js';
import type { ClientMechanism, ClientSasl } from './sasl.js';
import {
  SASL_HEADER,
  SASL_OK,
  SASL_SYS_TEMP,
  decodeSaslFrame,
  encodeSaslFrame,
  type SaslFrame,
} from './sasl-frames.js';
import { GssapiClient } from './sasl-gssapi.js';
import { PlainClient } from './sasl-plain.js';
import { SilentClient } from './sasl-simple.js';
import { isHeader, type Wire } from './wire.js';

/** More rounds than any mechanism needs. */
const MAX_ROUNDS = 16;

async function mechanismOf(sasl: ClientSasl): Promise<ClientMechanism> {
  switch (sasl.mechanism) {
    case 'ANONYMOUS':
    case 'EXTERNAL':
      return new SilentClient();
    case 'PLAIN':
      return new PlainClient(sasl.username, sasl.password);
    case 'GSSAPI':
      return new GssapiClient(await sasl.initiate());
  }
}

async function readFrame(wire: Wire): Promise<SaslFrame> {
  const unit = await wire.read();
  if (isHeader(unit)) {
    throw new AmqpError('amqp-sasl-refused', 'Log in: the peer does without SASL, which is not accepted here');
  }
  return decodeSaslFrame(unit);
}

/** What a TLS server does with our header is to hang up without a word. */
async function firstHeader(wire: Wire): Promise<Buffer> {
  try {
    return await wire.read();
  } catch (cause) {
    if (!(cause instanceof AmqpError) || cause.code !== 'amqp-connection-lost') throw cause;
    const message = 'Log in: the peer hung up without a word; is it an AMQP port, and does it want amqps?';
    throw new AmqpError('amqp-not-amqp', message, { cause });
  }
}

/**
 * Logs in. Of the ways that are given, the first one that the peer offers is used: our order decides, not the peer's.
 *
 * @param hostname the name we mean to reach
 * @returns the mechanism used
 * @throws AmqpError `amqp-sasl-refused`, `amqp-sasl-unavailable`, `amqp-not-amqp`, `amqp-connection-lost`
 */
export async function logIn(wire: Wire, ways: readonly ClientSasl[], hostname: string): Promise<Peer['mechanism']> {
  wire.write(SASL_HEADER);
  const answer = await firstHeader(wire);
  if (!isHeader(answer) || answer[5] !== 1 || answer[6] !== 0) {
    throw new AmqpError('amqp-not-amqp', 'Log in: the peer speaks another version of AMQP than 1.0');
  }
  if (answer[4] !== 3) {
    throw new AmqpError('amqp-sasl-refused', 'Log in: the peer does without SASL, which is not accepted here');
  }
  const offer = await readFrame(wire);
  const offered = offer.kind === 'mechanisms' ? offer.names : [];
  const way = ways.find(({ mechanism }) => offered.includes(mechanism));
  if (way === undefined) {
    const ours = ways.map(({ mechanism }) => mechanism).join(', ');
    throw new AmqpError('amqp-sasl-refused', `Log in by ${ours}: the peer offers ${quoted(offered.join(', '))}`);
  }
  let mechanism: ClientMechanism | null = null;
  try {
    mechanism = await mechanismOf(way);
    const response = await mechanism.start();
    wire.write(encodeSaslFrame({ kind: 'init', mechanism: way.mechanism, response, hostname }));
    await exchange(wire, mechanism, way.mechanism);
  } catch (error) {
    throw asAmqpError(error, 'amqp-sasl-refused', `Log in by ${way.mechanism}: this end could not go on`);
  } finally {
    mechanism?.dispose?.();
  }
  wire.expectHeader();
  return way.mechanism;
}

async function exchange(wire: Wire, mechanism: ClientMechanism, name: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const frame = await readFrame(wire);
    if (frame.kind === 'outcome') {
      if (frame.code === SASL_OK) return;
      const code = frame.code === SASL_SYS_TEMP ? 'amqp-sasl-unavailable' : 'amqp-sasl-refused';
      throw new AmqpError(code, `Log in by ${name}: the peer refused it with code ${frame.code}`);
    }
    if (frame.kind !== 'challenge') break;
    wire.write(encodeSaslFrame({ kind: 'response', data: await mechanism.step(frame.data) }));
  }
  throw new AmqpError('amqp-protocol', `Log in by ${name}: the peer does not follow the SASL exchange`);
}
