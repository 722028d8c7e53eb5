import { AmqpError, type AmqpErrorCode } from '@arpa2amqp/amqp';
import type { BusError, ErrorCode } from '@arpa2amqp/protocol';

const ADVICE: Partial<Record<ErrorCode, string>> = {
  usage: 'Try arpa2amqp --help',
  'invalid-address': 'Name the host with --to or ARPA2AMQP_TO',
  'no-ticket': 'Get a ticket with kinit, and look at it with klist',
  'ticket-expired': 'Get a new ticket with kinit',
  'no-kdc': 'Is the key distribution centre of the realm running, and does krb5.conf name it?',
  'unknown-service': 'Check --to; name the service with --service when it does not follow from the address',
  'cannot-reach': 'Is the broker or arpa2amqp.d running? Check --connect or ARPA2AMQP_URL',
  'no-route': 'Is arpa2amqp.d of that host running? Check --to',
  overloaded: 'Try again later',
};

/** Where the transport knows better what is amiss. */
const TRANSPORT_ADVICE: Partial<Record<AmqpErrorCode, string>> = {
  'amqp-tls': 'Its certificate was not accepted: name the authority that signed it with --ca FILE',
  'amqp-not-amqp':
    'Something else listens there, or it wants amqps:// instead of amqp://: check --connect or ARPA2AMQP_URL',
  'amqp-sasl-refused': 'The login was refused: check the user and password in --connect, or try --gssapi-login',
};

/**
 * What a person can do about an error; null when the message says it all.
 *
 * @param batchId - of the batch; a message that names it leaves open what became of it
 */
export function adviceFor({ code, message, cause }: BusError, batchId: string | null): string | null {
  if (batchId !== null && message.includes(batchId)) {
    return `To learn what became of it, send the same batch again as { "id": "${batchId}", "commands": [...] }: it runs at most once`;
  }
  return (cause instanceof AmqpError ? TRANSPORT_ADVICE[cause.code] : undefined) ?? ADVICE[code] ?? null;
}
