import { AmqpError, type AmqpErrorCode, type Outcome } from '@arpa2amqp/amqp';
import { BusError, quoted, type ErrorCode } from '@arpa2amqp/protocol';

/** The code of the catalogue for each code of the transport. */
const TRANSPORT_CODES = {
  'amqp-refused': 'cannot-reach',
  'amqp-unreachable': 'cannot-reach',
  'amqp-timeout': 'cannot-reach',
  'amqp-not-amqp': 'cannot-reach',
  'amqp-tls': 'cannot-reach',
  'amqp-sasl-refused': 'refused',
  'amqp-sasl-unavailable': 'cannot-reach',
  'amqp-protocol': 'cannot-reach',
  'amqp-limit': 'cannot-reach',
  'amqp-peer-closed': 'cannot-reach',
  'amqp-connection-lost': 'unknown-outcome',
  'amqp-outcome-unknown': 'unknown-outcome',
  'amqp-not-found': 'no-route',
  'amqp-link-refused': 'refused',
  'amqp-queue-full': 'overloaded',
  'amqp-too-large': 'invalid-batch',
  'amqp-bad-message': 'internal',
  'amqp-bad-reply-to': 'refused',
  'amqp-bad-options': 'usage',
  'amqp-address-in-use': 'internal',
  'amqp-listen': 'internal',
  'amqp-closed': 'closed',
} as const satisfies Record<AmqpErrorCode, ErrorCode>;

/** Turns what the transport, or anything else below, threw into an error of the catalogue. */
export function toBusError(error: unknown): BusError {
  if (error instanceof BusError) return error;
  if (error instanceof AmqpError) return new BusError(TRANSPORT_CODES[error.code], error.message, { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  return new BusError('internal', `The client failed: ${text}`, { cause: error });
}

/** The error for an outcome that says that the message was not taken. */
export function notTaken(outcome: Exclude<Outcome, { kind: 'accepted' }>, to: string): BusError {
  if (outcome.kind === 'rejected') {
    const why = [outcome.condition, outcome.description].filter((text) => text !== '').map((text) => quoted(text));
    return new BusError('refused', `The message to ${to} was rejected: ${why.join(' ') || 'no reason was given'}`);
  }
  return new BusError('no-route', `Nobody took the message for ${to}: its host is absent, overloaded or shutting down`);
}
