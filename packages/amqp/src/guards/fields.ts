import { AmqpError } from '../errors.js';
import type { RheaLink, RheaSession, RheaTyped } from '../rhea.js';

/** The peer broke a rule that leaves no sensible way to go on. */
export function violation(what: string): AmqpError {
  return new AmqpError('amqp-protocol', `Read a frame of the peer: ${what}`, { condition: 'amqp:invalid-field' });
}

/** A field that should be a number; undefined where it is null, absent or of another type. */
export function uint(field: RheaTyped | null | undefined): number | undefined {
  const value = field?.value;
  return typeof value === 'number' ? value : undefined;
}

/** A field that should be a boolean; absent means false. */
export function flag(field: RheaTyped | null | undefined): boolean {
  const value = field?.value;
  return value === true || value === 1;
}

/** The link behind a handle of the peer. */
export function linkOf(session: RheaSession, handle: number | undefined): RheaLink {
  const link = handle === undefined ? undefined : session.remote.handles[handle];
  if (link === undefined) throw violation('it names a link that is not there');
  return link;
}

/** Tells every sender of a session that there may be credit, window or room. */
export function wakeSenders(session: RheaSession): void {
  for (const name in session.links) session.links[name]?.arpa2?.onCredit?.();
}
