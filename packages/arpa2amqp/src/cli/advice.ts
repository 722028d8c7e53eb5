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

/**
 * What a person can do about an error; null when the message says it all.
 *
 * @param batchId - of the batch; a message that names it leaves open what became of it
 */
export function adviceFor({ code, message }: BusError, batchId: string | null): string | null {
  if (batchId !== null && message.includes(batchId)) {
    return `To learn what became of it, send the same batch again as { "id": "${batchId}", "commands": [...] }: it runs at most once`;
  }
  return ADVICE[code] ?? null;
}
