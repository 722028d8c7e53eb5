import type { Caller } from '@arpa2amqp/shell';
import type { TicketStatus } from 'arpa2amqp';

/** The caller as the ticket names it, for what runs in this process: nothing of it is proven. */
export function callerOf(ticket: TicketStatus): Caller {
  if (ticket.kind !== 'valid') {
    return { identity: 'nobody', principal: 'nobody', expires: ticket.kind === 'none' ? null : new Date(0) };
  }
  const { principal, expires } = ticket;
  return { identity: ticket.identity ?? principal, principal, expires };
}
