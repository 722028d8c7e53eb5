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
import type { RheaDelivery, RheaFrame, RheaLink, RheaSession, RheaTyped } from '../rhea.js';
import { messages } from '../rhea.js';
import { DeliveryTable } from './delivery-table.js';

/** The outcome accepted, ready to be written; shared, hence recognisable. */
export const ACCEPTED = messages.accepted().described();
/** The outcome released, ready to be written. */
export const RELEASED = messages.released().described();

const UINT32 = 2 ** 32;
const SOURCE = 0x28;
const TARGET = 0x29;
const TERMINI = new Set<unknown>([SOURCE, TARGET, 'amqp:source:list', 'amqp:target:list']);

interface Incoming extends RheaDelivery {
  readonly tag: unknown;
  readonly format: number;
  frames: Buffer[];
  bytes: number;
}

/** rhea marks `_incomplete` settled when the link is detached, which is what we want too. */
interface ReceivingLink extends RheaLink {
  _incomplete?: Incoming | undefined;
}

function violation(what: string): AmqpError {
  return new AmqpError('amqp-protocol', `Read a frame of the peer: ${what}`, { condition: 'amqp:invalid-field' });
}

function uint(field: RheaTyped | null | undefined): number | undefined {
  const value = field?.value;
  return typeof value === 'number' ? value : undefined;
}

function flag(field: RheaTyped | null | undefined): boolean {
  const value = field?.value;
  return value === true || value === 1;
}

function linkOf(session: RheaSession, handle: number | undefined): RheaLink {
  const link = handle === undefined ? undefined : session.remote.handles[handle];
  if (link === undefined) throw violation('it names a link that is not there');
  return link;
}

/** Puts the guards on a session that was made but has neither sent nor received anything. */
export function guardSession(session: RheaSession, limits: ConnectionLimits): void {
  const incoming = new DeliveryTable<Incoming>(limits.maxUnsettled);
  const outgoing = new DeliveryTable(limits.maxUnsettled);
  session.links = Object.create(null) as Record<string, RheaLink>;
  session.local.begin.handle_max = limits.maxLinks - 1;
  session.incoming.deliveries = incoming;
  session.outgoing.deliveries = outgoing;
  session.outgoing.remote_next_transfer_id = 0;
  const attach = session.on_attach.bind(session);
  session.on_attach = (frame) => {
    onAttach(session, frame, limits, attach);
  };
  session.on_transfer = (frame) => {
    onTransfer(session, incoming, frame, limits);
  };
  session.on_flow = (frame) => {
    onFlow(session, frame);
  };
  session.on_disposition = (frame) => {
    onDisposition(session, { incoming, outgoing }, frame);
  };
  splitOutcomes(session);
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

/** G2. The fields: handle, delivery-id, delivery-tag, message-format, settled, more, rcv-settle-mode, state, resume, aborted. */
function onTransfer(
  session: RheaSession,
  table: DeliveryTable<Incoming>,
  frame: RheaFrame,
  limits: ConnectionLimits,
): void {
  const { incoming } = session;
  const fields = frame.performative.value;
  const link = linkOf(session, uint(fields[0])) as ReceivingLink;
  incoming.next_transfer_id = (incoming.next_transfer_id + 1) % UINT32;
  if (!link.is_receiver() || !link.state.remote_open) throw violation('a transfer on a link that takes none');
  const delivery = link._incomplete ?? startDelivery(session, table, link, fields);
  const id = uint(fields[1]);
  if (id !== undefined && id !== delivery.id) throw violation('a transfer before the one under way was complete');
  if (frame.payload !== undefined) {
    delivery.bytes += frame.payload.length;
    if (delivery.bytes <= limits.maxMessageBytes) delivery.frames.push(frame.payload);
    else delivery.frames.length = 0;
  }
  if (flag(fields[4])) delivery.remote_settled = true;
  if (flag(fields[9])) {
    delivery.settled = true;
    delivery.remote_settled = true;
    link._incomplete = undefined;
    session.connection._register();
    link.arpa2?.onAborted?.();
  } else if (flag(fields[5])) {
    link._incomplete = delivery;
  } else {
    link._incomplete = undefined;
    finishDelivery(link, delivery, limits);
  }
}

function startDelivery(
  session: RheaSession,
  table: DeliveryTable<Incoming>,
  link: RheaLink,
  fields: RheaFrame['performative']['value'],
): Incoming {
  const { incoming } = session;
  const id = uint(fields[1]);
  if (id === undefined) throw violation('a transfer starts without a delivery id');
  incoming.next_delivery_id ??= id;
  if (id !== incoming.next_delivery_id) throw violation('a delivery id is out of sequence');
  if (link.credit <= 0) throw violation('a transfer without credit');
  if (table.available() <= 0) throw violation('a transfer beyond the window');
  const delivery: Incoming = {
    id,
    tag: fields[2]?.value,
    format: uint(fields[3]) ?? 0,
    link,
    settled: false,
    state: undefined,
    remote_settled: false,
    remote_state: undefined,
    frames: [],
    bytes: 0,
  };
  table.push(delivery);
  incoming.next_delivery_id = (id + 1) % UINT32;
  link.credit -= 1;
  link.delivery_count = (link.delivery_count + 1) % UINT32;
  return delivery;
}

function finishDelivery(link: RheaLink, delivery: Incoming, limits: ConnectionLimits): void {
  const { frames } = delivery;
  delivery.frames = [];
  if (delivery.bytes > limits.maxMessageBytes) {
    link.arpa2?.onOversize?.(delivery);
    return;
  }
  const [first] = frames;
  const bytes = frames.length === 1 && first !== undefined ? first : Buffer.concat(frames);
  link.arpa2?.onMessage?.(delivery, bytes);
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

/** Tells every sender of a session that there may be credit, window or room. */
function wakeSenders(session: RheaSession): void {
  for (const name in session.links) session.links[name]?.arpa2?.onCredit?.();
}

/** G4. The fields: role, first, last, settled, state. */
function onDisposition(
  session: RheaSession,
  tables: { incoming: DeliveryTable<Incoming>; outgoing: DeliveryTable },
  frame: RheaFrame,
): void {
  const fields = frame.performative.value;
  const first = uint(fields[1]);
  if (first === undefined) throw violation('a disposition has no delivery id');
  const last = Math.max(first, uint(fields[2]) ?? first);
  const isSettled = flag(fields[3]);
  if (flag(fields[0])) {
    const state = fields[4]?.descriptor === undefined ? null : fields[4];
    for (const delivery of tables.outgoing.range(first, last)) {
      if (delivery.remote_settled) continue;
      if (settleOutgoing(session, delivery, state, isSettled)) tables.outgoing.delete(delivery.id);
    }
    wakeSenders(session);
  } else if (isSettled) {
    for (const delivery of tables.incoming.range(first, last)) delivery.remote_settled = true;
  }
  session.connection._register();
}

const RECEIVED = new Set<unknown>([0x23, 'amqp:received:list']);

function settleOutgoing(
  session: RheaSession,
  delivery: RheaDelivery,
  state: RheaTyped | null,
  isSettled: boolean,
): boolean {
  const isFinal = state !== null && !RECEIVED.has(state.descriptor?.value);
  if (!isSettled && !isFinal) return false;
  if (isSettled) delivery.settled = true;
  else session.outgoing.update(delivery, true, state); // the receiver waits for us to settle
  delivery.remote_settled = true;
  delivery.link.arpa2?.onOutcome?.(delivery, isFinal ? state : null);
  return true;
}

/** G5. */
function splitOutcomes(session: RheaSession): void {
  const { incoming } = session;
  const write = incoming.process.bind(incoming);
  incoming.process = (of) => {
    const all = incoming.updated;
    if (all.length > 1 && all.some(({ state }) => state !== ACCEPTED)) {
      let start = 0;
      while (start < all.length) {
        let end = start + 1;
        if (all[start]?.state === ACCEPTED) while (all[end]?.state === ACCEPTED) end += 1;
        incoming.updated = all.slice(start, end);
        write(of);
        start = end;
      }
    } else write(of);
  };
}
