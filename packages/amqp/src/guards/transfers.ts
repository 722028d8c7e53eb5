/** What comes in by transfer frames, in one session: G2 of `session.ts`. */
import type { Transfer } from '../frames.js';
import type { ConnectionLimits } from '../limits.js';
import type { RheaDelivery, RheaFrame, RheaLink, RheaSession } from '../rhea.js';
import type { DeliveryTable } from './delivery-table.js';
import { flag, linkOf, uint, violation } from './fields.js';

const UINT32 = 2 ** 32;

/** A delivery that comes in. */
export interface IncomingDelivery extends RheaDelivery {
  readonly format: number;
  frames: Buffer[];
  bytes: number;
}

/** rhea marks `_incomplete` settled when the link is detached, which is what we want too. */
interface ReceivingLink extends RheaLink {
  _incomplete?: IncomingDelivery | undefined;
}

/**
 * A transfer frame that rhea decoded. The fields: handle, delivery-id, delivery-tag, message-format, settled, more,
 * rcv-settle-mode, state, resume, aborted.
 */
export function transferOf({ performative, payload }: RheaFrame): Transfer {
  const { value } = performative;
  return {
    handle: uint(value[0]),
    id: uint(value[1]),
    format: uint(value[3]) ?? 0,
    isSettled: flag(value[4]),
    hasMore: flag(value[5]),
    isAborted: flag(value[9]),
    payload,
  };
}

/** Takes a transfer: the message goes to our link end, undecoded, once it is whole. */
export function takeTransfer(
  session: RheaSession,
  table: DeliveryTable<IncomingDelivery>,
  transfer: Transfer,
  limits: ConnectionLimits,
): void {
  const { incoming } = session;
  const link: ReceivingLink = linkOf(session, transfer.handle);
  incoming.next_transfer_id = (incoming.next_transfer_id + 1) % UINT32;
  if (!link.is_receiver() || !link.state.remote_open) throw violation('a transfer on a link that takes none');
  const { id, payload } = transfer;
  const delivery = link._incomplete ?? startDelivery(session, table, link, transfer);
  if (id !== undefined && id !== delivery.id) throw violation('a transfer before the one under way was complete');
  if (payload !== undefined) {
    delivery.bytes += payload.length;
    if (delivery.bytes <= limits.maxMessageBytes) delivery.frames.push(payload);
    else delivery.frames.length = 0;
  }
  if (transfer.isSettled) delivery.remote_settled = true;
  link._incomplete = undefined;
  if (transfer.isAborted) {
    table.delete(delivery.id);
    link.arpa2?.onAborted?.();
  } else if (transfer.hasMore) {
    link._incomplete = delivery;
  } else {
    finishDelivery(link, delivery, limits);
  }
}

function startDelivery(
  session: RheaSession,
  table: DeliveryTable<IncomingDelivery>,
  link: RheaLink,
  { id, format }: Transfer,
): IncomingDelivery {
  const { incoming } = session;
  if (id === undefined) throw violation('a transfer starts without a delivery id');
  incoming.next_delivery_id ??= id;
  if (id !== incoming.next_delivery_id) throw violation('a delivery id is out of sequence');
  if (link.credit <= 0) throw violation('a transfer without credit');
  if (table.available() <= 0) throw violation('a transfer beyond the window');
  const delivery: IncomingDelivery = {
    id,
    format,
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

function finishDelivery(link: RheaLink, delivery: IncomingDelivery, limits: ConnectionLimits): void {
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
