/**
 * Takes over the parts of a rhea session that a peer can harm us with, or that lose messages. Per session:
 *
 * G1. Names of links count per direction, and cannot be names of Object.prototype.
 * G2. Transfers: size bounded while a message comes in, `aborted` honoured, credit enforced, ids wrap at 32 bits, and
 *     the bytes go to our link end undecoded, so that one undecodable message cannot close the connection.
 * G3. Flows: an absent delivery-count or next-incoming-id means the initial one, not NaN; `echo` is answered.
 * G4. Dispositions: a range costs no more than there are deliveries; an outcome is told to our link end directly.
 * G5. Our own outcomes: rhea merges an accepted one into a rejected one before it. Runs are cut by kind.
 * G6. Settled deliveries make room wherever they stand (delivery-table.ts).
 */
import { AmqpError } from '../errors.js';
import type { ConnectionLimits } from '../limits.js';
import type { RheaFrame, RheaLink, RheaSession } from '../rhea.js';
import { DeliveryTable } from './delivery-table.js';
import { splitOutcomes, takeAcceptance, takeDisposition } from './dispositions.js';
import { flag, linkOf, uint, violation, wakeSenders } from './fields.js';
import { takeTransfer, transferOf, type IncomingDelivery } from './transfers.js';

const SOURCE = 0x28;
const TARGET = 0x29;
const TERMINI = new Set<unknown>([SOURCE, TARGET, 'amqp:source:list', 'amqp:target:list']);

/**
 * Puts the guards on a session that was made but has neither sent nor received anything.
 *
 * @param write sends a frame at once
 */
export function guardSession(session: RheaSession, limits: ConnectionLimits, write: (frame: Buffer) => void): void {
  const incoming = new DeliveryTable<IncomingDelivery>(limits.maxUnsettled);
  const outgoing = new DeliveryTable(limits.maxUnsettled);
  const tables = { incoming, outgoing };
  session.links = Object.create(null) as Record<string, RheaLink>;
  session.local.begin.handle_max = limits.maxLinks - 1;
  session.incoming.deliveries = incoming;
  session.outgoing.deliveries = outgoing;
  session.outgoing.remote_next_transfer_id = 0;
  session.arpa2 = {
    onTransfer: (transfer) => {
      takeTransfer(session, incoming, transfer, limits);
    },
    onAcceptance: (acceptance) => {
      takeAcceptance(session, tables, acceptance);
    },
  };
  const attach = session.on_attach.bind(session);
  session.on_attach = (frame) => {
    onAttach(session, frame, limits, attach);
  };
  session.on_transfer = (frame) => {
    takeTransfer(session, incoming, transferOf(frame), limits);
  };
  session.on_flow = (frame) => {
    onFlow(session, frame);
  };
  session.on_disposition = (frame) => {
    takeDisposition(session, tables, frame);
  };
  splitOutcomes(session, write);
}

/** G1. The fields: name, handle, role, snd-settle-mode, rcv-settle-mode, source, target, ..., initial-delivery-count. */
function onAttach(
  session: RheaSession,
  frame: RheaFrame,
  limits: ConnectionLimits,
  attach: (frame: RheaFrame) => void,
): void {
  const fields = frame.performative.value;
  const name = fields[0]?.value;
  const handle = uint(fields[1]);
  if (typeof name !== 'string' || handle === undefined) throw violation('an attach has no name or no handle');
  if (handle >= limits.maxLinks) throw violation('an attach has a handle above the announced maximum');
  if (session.remote.handles[handle] !== undefined) throw violation('an attach takes a handle that is in use');
  for (const index of [5, 6]) {
    const terminus = fields[index];
    // A coordinator of transactions, say. rhea would print it; an absent terminus is refused like any other.
    if (terminus?.descriptor !== undefined && !TERMINI.has(terminus.descriptor.value)) fields[index] = null;
  }
  const link = linkToAttach(session, name, flag(fields[2]), limits);
  if (link.is_receiver()) link.delivery_count = uint(fields[9]) ?? 0;
  const attached = session.links[name];
  if (attached === link) attach(frame);
  else withName(session, name, link, () => attach(frame));
  link.remote.handle = handle;
}

/** The link an attach is about: ours that waits for its answer, or a new one of the peer. */
function linkToAttach(session: RheaSession, name: string, peerReceives: boolean, limits: ConnectionLimits): RheaLink {
  const other = session.links[name];
  if (other !== undefined && other.is_receiver() !== peerReceives && !other.state.remote_open) return other;
  const key = other === undefined ? name : `${peerReceives ? 'to' : 'from'} peer: ${name}`;
  if (session.links[key] !== undefined) throw violation('an attach repeats a name');
  if (countLinks(session) >= limits.maxLinks) {
    throw new AmqpError('amqp-limit', 'Attach a link for the peer: it has too many', {
      condition: 'amqp:resource-limit-exceeded',
    });
  }
  const link = peerReceives ? session.create_sender(name) : session.create_receiver(name);
  if (key !== name) {
    link.name = key;
    session.links[key] = link;
    if (other !== undefined) session.links[name] = other;
  }
  return link;
}

function countLinks(session: RheaSession): number {
  let count = 0;
  for (const each of Object.values(session.connection.local_channel_map)) count += Object.keys(each.links).length;
  return count;
}

/** Runs rhea's attach, which looks links up by name alone, with the right link under that name. */
function withName(session: RheaSession, name: string, link: RheaLink, run: () => void): void {
  const other = session.links[name];
  session.links[name] = link;
  try {
    run();
  } finally {
    if (other === undefined) Reflect.deleteProperty(session.links, name);
    else session.links[name] = other;
  }
}

/** G3. The fields: next-incoming-id, incoming-window, next-outgoing-id, outgoing-window, handle, delivery-count, link-credit, available, drain, echo. */
function onFlow(session: RheaSession, frame: RheaFrame): void {
  const fields = frame.performative.value;
  const { outgoing, incoming } = session;
  outgoing.remote_next_transfer_id = uint(fields[0]) ?? 0;
  outgoing.remote_window = uint(fields[1]) ?? 0;
  incoming.remote_window = uint(fields[3]) ?? 0;
  const handle = uint(fields[4]);
  const link = handle === undefined ? undefined : linkOf(session, handle);
  if (link !== undefined && !link.is_receiver()) {
    link.credit = (uint(fields[5]) ?? 0) + (uint(fields[6]) ?? 0) - link.delivery_count;
    link._draining = flag(fields[8]);
  }
  if (flag(fields[9])) session._write_flow(link);
  wakeSenders(session);
  session.connection._register();
}
