/**
 * A sending link. Every message given to it ends in an outcome or an error:
 *
 * S1. rhea is handed a message only when it goes out at once: credit, window, room and socket allow it. Hence its
 *     ring never runs over, and closing loses nothing that was not told.
 * S2. The rest waits here, bounded in number and in time.
 * S3. When the link ends, what was sent without an outcome is `amqp-connection-lost`: nobody knows.
 * S4. A link that gets no credit while messages wait makes the connection be renewed.
 */
import { AmqpError, quoted } from './errors.js';
import { reasonOf } from './deadline.js';
import { TRANSFER_HEAD_BYTES, writeTransferHead } from './frames.js';
import type { LinkHost, Sweepable } from './link-host.js';
import type { Outcome } from './message.js';
import { ACCEPTED_OUTCOME, conditionOf } from './outcome.js';
import { terminusOf, type LinkEnd, type RheaDelivery, type RheaLink } from './rhea.js';

const COMPACT_AT = 256;

/** What ends the wait of who sends. */
type Until = 'outcome' | 'sent';

/** A message on its way: waiting while `bytes` is there, sent afterwards. */
interface Sending {
  bytes: Buffer | null;
  readonly until: Until;
  readonly queuedAtMs: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  stopListening: (() => void) | null;
}

interface OutgoingDelivery extends RheaDelivery {
  sending?: Sending;
}

export class SenderLink implements LinkEnd, Sweepable {
  readonly #host: LinkHost;
  readonly #link: RheaLink;
  readonly #unsettled = new Set<Sending>();
  #waiting: Sending[] = [];
  #head = 0;
  #tag = 0;
  #lastMoveMs = 0;
  #end: AmqpError | null = null;
  #opened: { resolve(): void; reject(error: AmqpError): void } | null = null;
  #idle: (() => void)[] = [];
  #onEnd: (error: AmqpError) => void = () => undefined;
  /** Resolves when the peer agreed to the link. */
  readonly opened: Promise<void>;

  constructor(host: LinkHost, link: RheaLink) {
    this.#host = host;
    this.#link = link;
    this.opened = new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    this.opened.catch(() => undefined);
    link.arpa2 = this;
    if (link.state.remote_open) this.onRemoteOpen();
  }

  /** Messages without an outcome, sent or waiting. */
  get pending(): number {
    return this.#unsettled.size + this.#waiting.length - this.#head;
  }

  get isEnded(): boolean {
    return this.#end !== null;
  }

  /** Is called once, when the link is no more. */
  set whenEnded(listener: (error: AmqpError) => void) {
    this.#onEnd = listener;
    if (this.#end !== null) listener(this.#end);
  }

  /**
   * Sends a message.
   *
   * @param bytes the encoded message, with room for the head of a transfer before it
   * @param until `sent`: its outcome is not waited for, a message that went out counts as accepted
   * @throws AmqpError (as rejection) when the outcome will not be known, the queue is full or the message too large
   */
  send(bytes: Buffer, signal?: AbortSignal, until: Until = 'outcome'): Promise<Outcome> {
    return new Promise<Outcome>((resolve, reject) => {
      const refusal = this.#refusal(bytes, signal);
      if (refusal !== null) {
        reject(refusal);
        return;
      }
      const sending: Sending = { bytes, until, queuedAtMs: Date.now(), resolve, reject, stopListening: null };
      if (signal !== undefined) this.#listen(sending, signal);
      if (this.#head === this.#waiting.length && this.#canSend()) this.#transmit(sending, bytes);
      else this.#queue(sending);
    });
  }

  /** Resolves when nothing is pending any more, or the link has ended. */
  async idle(): Promise<void> {
    if (this.pending === 0 || this.#end !== null) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Detaches. What is pending is lost. */
  close(): void {
    this.finish(new AmqpError('amqp-closed', 'Send a message: the link was closed'));
    this.#link.close();
  }

  onRemoteOpen(): void {
    // A null target is a refusal: the detach with its reason follows.
    if (terminusOf(this.#link.target) === null) return;
    this.#opened?.resolve();
    this.#opened = null;
    this.#pump();
  }

  onRemoteClose(error: unknown): void {
    const { condition, description } = conditionOf(error);
    const reason = quoted(description === '' ? (condition ?? 'no reason given') : description);
    const isMissing = condition === 'amqp:not-found';
    const code = isMissing ? 'amqp-not-found' : 'amqp-link-refused';
    this.finish(new AmqpError(code, `Send a message: the peer ended the link: ${reason}`, { condition }));
  }

  /** S3. The link is gone. */
  finish(error: AmqpError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#opened?.reject(error);
    this.#opened = null;
    const waiting = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    for (const sending of waiting) settle(sending).reject(error);
    const lost = new AmqpError('amqp-connection-lost', 'Send a message: the link ended before the outcome was known', {
      cause: error,
      condition: error.condition,
    });
    for (const sending of this.#unsettled) settle(sending).reject(lost);
    this.#unsettled.clear();
    this.#tellIdle();
    this.#host.forget(this);
    this.#onEnd(error);
  }

  onCredit(): void {
    this.#pump();
    if (this.#link._draining === true && this.#head === this.#waiting.length && this.#link.credit > 0) {
      this.#link.set_drained(true);
    }
  }

  onOutcome(delivery: OutgoingDelivery, outcome: Outcome | null): void {
    const { sending } = delivery;
    this.#lastMoveMs = Date.now();
    if (sending === undefined || !this.#unsettled.delete(sending)) return;
    if (outcome !== null) settle(sending).resolve(outcome);
    else settle(sending).reject(new AmqpError('amqp-outcome-unknown', 'Send a message: settled without an outcome'));
    if (this.#idle.length > 0 && this.pending === 0) this.#tellIdle();
  }

  /** S2, S4. The queue is in order of time, so its head tells. */
  sweep(nowMs: number): boolean {
    const { sendTimeoutMs } = this.#host.limits;
    let sending = this.#waiting[this.#head];
    if (sending === undefined) return false;
    const isStuck = nowMs - Math.max(sending.queuedAtMs, this.#lastMoveMs) >= sendTimeoutMs;
    while (sending !== undefined && nowMs - sending.queuedAtMs >= sendTimeoutMs) {
      this.#head += 1;
      settle(sending).reject(new AmqpError('amqp-timeout', 'Send a message: the peer gave no credit in time'));
      sending = this.#waiting[this.#head];
    }
    if (isStuck) this.#host.renew(new AmqpError('amqp-timeout', 'Send messages: a link stays without credit'));
    if (this.pending === 0) this.#tellIdle();
    return this.#head < this.#waiting.length;
  }

  #refusal(bytes: Buffer, signal: AbortSignal | undefined): Error | null {
    if (signal?.aborted === true) return reasonOf(signal);
    if (this.#end !== null) return this.#end;
    const limit = this.#link.max_message_size;
    const size = bytes.length - TRANSFER_HEAD_BYTES;
    if (typeof limit === 'number' && limit > 0 && size > limit) {
      return new AmqpError('amqp-too-large', `Send a message: ${size} bytes, the peer takes ${limit}`);
    }
    return null;
  }

  #listen(sending: Sending, signal: AbortSignal): void {
    const onAbort = (): void => {
      const index = this.#waiting.indexOf(sending, this.#head);
      if (index >= 0) this.#waiting.splice(index, 1);
      this.#unsettled.delete(sending);
      settle(sending).reject(reasonOf(signal));
      if (this.pending === 0) this.#tellIdle();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    sending.stopListening = () => {
      signal.removeEventListener('abort', onAbort);
    };
  }

  #queue(sending: Sending): void {
    const { maxQueued } = this.#host.limits;
    if (this.#waiting.length - this.#head >= maxQueued) {
      const error = new AmqpError('amqp-queue-full', `Send a message: ${maxQueued} wait for credit already`);
      settle(sending).reject(error);
      return;
    }
    this.#waiting.push(sending);
    this.#host.watch(this);
  }

  /** S1. What rhea has taken in this turn is not yet off its credit. */
  #canSend(): boolean {
    const link = this.#link;
    const { outgoing } = link.session;
    const taken = outgoing.next_delivery_id - outgoing.next_pending_delivery;
    return (
      this.#end === null &&
      link.credit > taken &&
      link.is_open() &&
      outgoing.deliveries.available() > 0 &&
      !this.#host.isCongested
    );
  }

  #pump(): void {
    if (this.#waiting.length === 0) return;
    while (this.#head < this.#waiting.length && this.#canSend()) {
      const sending = this.#waiting[this.#head];
      this.#head += 1;
      if (sending?.bytes) this.#transmit(sending, sending.bytes);
    }
    if (this.#head === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#head = 0;
    } else if (this.#head > COMPACT_AT) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #transmit(sending: Sending, bytes: Buffer): void {
    const link = this.#link;
    const { outgoing } = link.session;
    const isPresettled = link.local.attach.snd_settle_mode === 1;
    const room = (outgoing.remote_window ?? 0) - (outgoing.next_transfer_id - (outgoing.remote_next_transfer_id ?? 0));
    const isAlone = outgoing.next_pending_delivery === outgoing.next_delivery_id;
    sending.bytes = null;
    this.#lastMoveMs = Date.now();
    if (isAlone && room > 0 && bytes.length <= this.#host.maxOutgoingFrame) this.#write(sending, bytes, isPresettled);
    else this.#pass(sending, bytes);
    if (isPresettled || sending.until === 'sent') settle(sending).resolve(ACCEPTED_OUTCOME);
    if (!isPresettled) this.#unsettled.add(sending);
    if (Math.max(outgoing.next_transfer_id, outgoing.next_delivery_id) >= this.#host.limits.maxTransfers) {
      this.#host.renew(new AmqpError('amqp-limit', 'Send messages: the session has used up its ids'));
    }
  }

  /** One whole frame, written without rhea; its books are kept as it would. */
  #write(sending: Sending, bytes: Buffer, isSettled: boolean): void {
    const link = this.#link;
    const { outgoing, local } = link.session;
    const id = outgoing.next_delivery_id;
    writeTransferHead(bytes, local.channel, link.local.handle, { id, tag: this.#nextTag(), isSettled });
    outgoing.next_delivery_id += 1;
    outgoing.next_pending_delivery += 1;
    outgoing.next_transfer_id += 1;
    link.credit -= 1;
    link.delivery_count += 1;
    if (!isSettled) {
      const none = { state: undefined, remote_state: undefined };
      const delivery: OutgoingDelivery = { id, link, settled: false, remote_settled: false, ...none, sending };
      outgoing.deliveries.push(delivery);
    }
    this.#host.write(bytes);
  }

  /** Several frames, or the window of the peer is full: rhea does that. */
  #pass(sending: Sending, bytes: Buffer): void {
    const tag = Buffer.allocUnsafe(4);
    tag.writeUInt32BE(this.#nextTag());
    const delivery: OutgoingDelivery = this.#link.send(bytes.subarray(TRANSFER_HEAD_BYTES), tag, 0);
    delivery.sending = sending;
  }

  #nextTag(): number {
    const tag = this.#tag;
    this.#tag = (tag + 1) >>> 0;
    return tag;
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** Lets go of what a sending holds; what remains are its two verbs, of which one is to be called. */
function settle(sending: Sending): Sending {
  sending.bytes = null;
  sending.stopListening?.();
  sending.stopListening = null;
  return sending;
}
