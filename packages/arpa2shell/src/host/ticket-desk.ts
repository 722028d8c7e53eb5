import { BusError } from '@arpa2amqp/protocol';
import { ticketStatus, type TicketStatus } from 'arpa2amqp';

/** A ticket that can be used. */
export type ValidTicket = Extract<TicketStatus, { kind: 'valid' }>;

type Look = (options: { readonly signal?: AbortSignal }) => Promise<TicketStatus>;

/** Two looks at one ticket may differ by the second in which they were. */
const SAME_END_MS = 2000;

/** Looks at the caller's ticket, a new look every time: a renewed ticket counts from then on. */
export class TicketDesk {
  readonly #look: Look;
  #last: TicketStatus | null = null;

  /** @param look - how; default `ticketStatus` of arpa2amqp */
  constructor(look: Look = ticketStatus) {
    this.#look = look;
  }

  /** What the latest look found; null before the first. */
  get last(): TicketStatus | null {
    return this.#last;
  }

  /** @throws BusError `security-failed` when the credentials cache cannot be read; the reason of the signal */
  async look(signal?: AbortSignal): Promise<TicketStatus> {
    this.#last = await this.#look(signal === undefined ? {} : { signal });
    return this.#last;
  }

  /** The same, and none when the cache cannot be read: that keeps nobody from leaving, nor from help. */
  async lookOrNone(signal?: AbortSignal): Promise<TicketStatus> {
    try {
      return await this.look(signal);
    } catch {
      return { kind: 'none' };
    }
  }

  /**
   * A ticket to use now.
   *
   * @throws BusError `no-ticket`, `ticket-expired`, and as {@link TicketDesk.look}
   */
  async valid(signal?: AbortSignal): Promise<ValidTicket> {
    const ticket = await this.look(signal);
    if (ticket.kind === 'valid') return ticket;
    if (ticket.kind === 'none') throw new BusError('no-ticket', 'You have no Kerberos ticket: get one with kinit');
    throw new BusError('ticket-expired', 'Your Kerberos ticket has expired: get a new one with kinit');
  }
}

/** Whether two looks saw the same ticket, not another user's or a renewed one. */
export function isSameTicket(a: ValidTicket, b: ValidTicket): boolean {
  return a.principal === b.principal && Math.abs(a.expires.getTime() - b.expires.getTime()) <= SAME_END_MS;
}
