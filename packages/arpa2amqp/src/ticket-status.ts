import { BusError, identityOf } from '@arpa2amqp/protocol';
import { inspectTicket } from '@arpa2amqp/session';

/** What the ticket of the caller is worth. */
export type TicketStatus =
  | {
      readonly kind: 'valid';
      /** Kerberos principal, e.g. `demo@ARPA2.NET`. */
      readonly principal: string;
      /** ARPA2 identity, e.g. `demo@arpa2.net`; null for a principal that maps to none. */
      readonly identity: string | null;
      readonly expires: Date;
    }
  | { readonly kind: 'expired' }
  | { readonly kind: 'none' };

/** The latest instant that a Date can hold. */
const LATEST_MS = 8.64e15;

/**
 * Looks at the caller's Kerberos ticket, without any message to a KDC. It looks anew every time, so that a renewed
 * ticket is seen.
 *
 * @param options - `ccache` as for `connect`; `signal` stops waiting
 * @throws BusError `security-failed` when the cache cannot be read or the GSS-API library is missing; the reason of the signal
 * @example
 * const ticket = await ticketStatus();
 * if (ticket.kind === 'valid') console.log(ticket.identity, ticket.expires);
 */
export async function ticketStatus(
  options: { readonly ccache?: string; readonly signal?: AbortSignal } = {},
): Promise<TicketStatus> {
  const ticket = await inspectTicket(options);
  if (ticket.kind !== 'valid') return ticket;
  const { principal, expiresAtMs } = ticket;
  return {
    kind: 'valid',
    principal,
    identity: identityOrNull(principal),
    expires: new Date(Math.min(expiresAtMs, LATEST_MS)),
  };
}

function identityOrNull(principal: string): string | null {
  try {
    return identityOf(principal);
  } catch (error) {
    if (error instanceof BusError) return null;
    throw error;
  }
}
