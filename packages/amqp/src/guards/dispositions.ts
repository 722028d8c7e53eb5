/** Outcomes, those that come in and those that go out, in one session: G4 and G5 of `session.ts`. */
import { acceptedFrame, type Acceptance } from '../frames.js';
import type { Outcome } from '../message.js';
import { ACCEPTED_OUTCOME, outcomeOf } from '../outcome.js';
import { messages, type RheaDelivery, type RheaFrame, type RheaSession } from '../rhea.js';
import type { DeliveryTable } from './delivery-table.js';
import { flag, uint, violation, wakeSenders } from './fields.js';

/** The outcome accepted, as rhea writes it; shared, hence recognisable. */
export const ACCEPTED = messages.accepted().described();
/** The outcome released, as rhea writes it. */
export const RELEASED = messages.released().described();

/** A state that is none yet. */
const RECEIVED = new Set<unknown>([0x23, 'amqp:received:list']);

/** The unsettled deliveries of a session. */
export interface Tables {
  readonly incoming: DeliveryTable;
  readonly outgoing: DeliveryTable;
}

/** A disposition that accepts, read by ourselves. */
export function takeAcceptance(session: RheaSession, tables: Tables, acceptance: Acceptance): void {
  take(session, tables, acceptance, ACCEPTED_OUTCOME, ACCEPTED);
}

/** Any disposition, decoded by rhea. The fields: role, first, last, settled, state. */
export function takeDisposition(session: RheaSession, tables: Tables, frame: RheaFrame): void {
  const [role, firstId, lastId, settled, state] = frame.performative.value;
  const first = uint(firstId);
  if (first === undefined) throw violation('a disposition has no delivery id');
  const isFinal = state?.descriptor !== undefined && !RECEIVED.has(state.descriptor.value);
  const isSettled = flag(settled);
  if (!isSettled && !isFinal) return;
  const last = uint(lastId) ?? first;
  const outcome = isFinal ? outcomeOf(state) : null;
  take(session, tables, { isFromReceiver: flag(role), first, last, isSettled }, outcome, state);
}

/** @param outcome null where the state tells none */
function take(session: RheaSession, tables: Tables, range: Acceptance, outcome: Outcome | null, state: unknown): void {
  const { isFromReceiver, first, isSettled } = range;
  const last = Math.max(first, range.last);
  if (isFromReceiver) {
    for (const delivery of tables.outgoing.range(first, last)) {
      if (!isSettled) session.outgoing.update(delivery, true, state); // the receiver waits for us to settle
      delivery.settled = true;
      delivery.remote_settled = true;
      tables.outgoing.delete(delivery.id);
      delivery.link.arpa2?.onOutcome?.(delivery, outcome);
    }
    wakeSenders(session);
  } else if (isSettled) {
    for (const delivery of tables.incoming.range(first, last)) delivery.remote_settled = true;
  }
}

/**
 * Writes our outcomes by kind: runs of accepted ones in one frame, every other one alone. rhea would put an accepted
 * one under the rejected one before it.
 */
export function splitOutcomes(session: RheaSession, write: (frame: Buffer) => void): void {
  const { incoming } = session;
  const process = incoming.process.bind(incoming);
  incoming.process = (of) => {
    const all = incoming.updated;
    let start = 0;
    while (start < all.length) {
      const run = acceptedRun(all, start);
      if (run === null) {
        incoming.updated = all.slice(start, start + 1);
        process(of);
      } else write(acceptedFrame(session.local.channel, run.first, run.last));
      start += run === null ? 1 : run.last - run.first + 1;
    }
    incoming.updated = [];
    process(of);
  };
}

/** The ids of the accepted deliveries from here on that follow one upon the other. */
function acceptedRun(all: readonly RheaDelivery[], start: number): { first: number; last: number } | null {
  const delivery = all[start];
  if (delivery === undefined || delivery.state !== ACCEPTED) return null;
  const first = delivery.id;
  let last = first;
  for (let at = start + 1; all[at]?.id === last + 1 && all[at]?.state === ACCEPTED; at += 1) last += 1;
  return { first, last };
}
