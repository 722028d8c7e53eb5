import type { TicketStatus } from 'arpa2amqp';
import type { Prompt, TonedText } from './terminal/index.js';

const SHORT_LIFE_MS = 10 * 60_000;

/** What stands in front of the line: who, for how long if that is short, and in which shell. */
export function promptFor(shell: string, ticket: TicketStatus | null, nowMs: number): Prompt {
  const parts: TonedText[] = [
    ...ticketParts(ticket, nowMs),
    { text: shell, tone: 'strong' },
    { text: '> ', tone: 'plain' },
  ];
  return { text: parts.map(({ text }) => text).join(''), parts };
}

function ticketParts(ticket: TicketStatus | null, nowMs: number): TonedText[] {
  if (ticket === null) return [];
  if (ticket.kind === 'none') return [{ text: '(no ticket) ', tone: 'warning' }];
  if (ticket.kind === 'expired') return [{ text: '(ticket expired) ', tone: 'bad' }];
  const who: TonedText = { text: `${ticket.identity ?? ticket.principal} `, tone: 'faint' };
  const leftMs = ticket.expires.getTime() - nowMs;
  if (leftMs >= SHORT_LIFE_MS) return [who];
  const left = leftMs < 60_000 ? 'under 1 min' : `${Math.floor(leftMs / 60_000)} min`;
  return [who, { text: `(${left} left) `, tone: 'warning' }];
}
