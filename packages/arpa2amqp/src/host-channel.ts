import { randomUUID } from 'node:crypto';
import { AmqpError, type AmqpMessage, type Outcome } from '@arpa2amqp/amqp';
import { BusError, CONTENT_TYPE, type ErrorCode } from '@arpa2amqp/protocol';
import type { Sealed } from '@arpa2amqp/session';
import { AnswerDesk } from './answer-desk.js';
import { backOffMs } from './back-off.js';
import { tooLarge } from './batch-draft.js';
import { hand, type ChannelParts } from './channel-parts.js';
import { ContextGate } from './context-gate.js';
import type { Attempt, PendingBatch } from './pending-batch.js';
import { Sealer } from './sealer.js';
import { notTaken, toBusError } from './transport-error.js';

/** The error frame that explains a rejection may arrive just after it. */
const REJECTION_GRACE_MS = 250;
/** What may befall the set-up of a context and pass. */
const RETRIED_LEGS: ReadonlySet<ErrorCode> = new Set(['no-route', 'overloaded', 'context-unknown', 'replayed']);

/*
 * The way of batches to one host. Invariants:
 *  1. Messages are handed to the transport in the order in which they were sealed: the first one of a context carries
 *     its token, so that a later one must not overtake it.
 *  2. A context whose token may not have arrived is never used again.
 *  3. A sealed message leaves only with the reply address that was sealed in it.
 *  4. A raw peer tells batches apart by nothing but order: one at a time, and never again when in doubt.
 */
export class HostChannel {
  readonly #parts: ChannelParts;
  readonly #gate: ContextGate;
  readonly #sealer: Sealer;
  readonly #desk: AnswerDesk;
  readonly #queue: PendingBatch[] = [];
  #isDraining = false;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    this.#gate = new ContextGate((contextId) => parts.session.renew(contextId));
    this.#sealer = new Sealer(parts, this.#gate);
    this.#desk = new AnswerDesk(parts, this.#gate, this);
  }

  /** Queues a batch to be sealed and sent. While the connection is down it is left to {@link resubmit}. */
  submit(batch: PendingBatch): void {
    if (batch.isQueued || batch.isSettled || !this.#parts.requester.isUp) return;
    batch.cancelRetry();
    batch.isQueued = true;
    this.#queue.push(batch);
    if (!this.#isDraining) void this.#drain();
  }

  /** Queues a batch again after a pause that grows from time to time. */
  retry(batch: PendingBatch, failure: BusError): void {
    batch.note(failure);
    batch.retryAfter(backOffMs(batch.releases), () => this.submit(batch));
    batch.releases += 1;
  }

  /** After a reconnect: whatever was on its way may be lost, and its reply address is. */
  resubmit(batch: PendingBatch): void {
    const { contextId } = batch;
    if (contextId !== undefined) {
      if (this.#parts.isRaw) this.#gate.abandon(contextId);
      else this.#gate.abandonUnproven(contextId);
    }
    if (this.#parts.isRaw && batch.isInDoubt) {
      batch.failToSend(
        new BusError('unknown-outcome', 'The connection was lost and a raw host must not be asked twice'),
      );
      return;
    }
    this.submit(batch);
  }

  /** The connection is down. */
  interrupt(error: Error): void {
    this.#sealer.interrupt(error);
  }

  /** Takes an answer to a message that sets a context up; false when it is none. */
  receiveLeg(message: AmqpMessage): boolean {
    return this.#sealer.deliver(message);
  }

  /** Takes an answer to a batch. Never throws. */
  receive(attempt: Attempt, message: AmqpMessage): void {
    this.#desk.receive(attempt, message);
  }

  async close(): Promise<void> {
    await this.#parts.session.close();
  }

  destroy(): void {
    this.#parts.session.destroy();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      if (this.#gate.held !== null) await this.#gate.held;
      batch.isQueued = false;
      if (batch.isSettled) continue;
      const sending = this.#sealAndSend(batch);
      if (sending !== null) await sending;
    }
    this.#isDraining = false;
  }

  /** Never throws. Null when it is done, as it mostly is: a batch that need not wait leaves in the turn it came in. */
  #sealAndSend(batch: PendingBatch): Promise<void> | null {
    const { requester, isRaw } = this.#parts;
    const { replyTo } = requester;
    try {
      const plaintext = isRaw ? batch.draft.encodeBare() : batch.draft.encode(batch.wantsReply ? replyTo : undefined);
      const sealed = this.#sealer.seal(plaintext, batch);
      if (isRaw || sealed instanceof Promise) return this.#sendLater(batch, sealed, replyTo);
      this.#send(batch, sealed, replyTo);
    } catch (error) {
      this.#takeSealFailure(batch, error);
    }
    return null;
  }

  /** Never throws. */
  async #sendLater(batch: PendingBatch, sealing: Sealed | Promise<Sealed>, replyTo: string): Promise<void> {
    try {
      const sealed = await sealing;
      const isSent = this.#send(batch, sealed, replyTo);
      if (isSent && this.#parts.isRaw) await this.#awaitTurn(batch, sealed.contextId);
    } catch (error) {
      this.#takeSealFailure(batch, error);
    }
  }

  #send(batch: PendingBatch, { body, contextId }: Sealed, replyTo: string): boolean {
    const { session, requester, isOneWay, limits } = this.#parts;
    if (isOneWay) session.renew(contextId);
    const isStale = batch.isSettled || !requester.isUp || replyTo !== requester.replyTo;
    if (!isStale && body.length <= limits.maxMessageBytes) {
      this.#transmit(batch, { body, contextId, replyTo });
      return true;
    }
    if (!this.#gate.isSent(contextId)) this.#gate.abandon(contextId);
    if (isStale) this.submit(batch);
    else batch.failToSend(tooLarge(body.length, limits));
    return false;
  }

  #transmit(batch: PendingBatch, sealed: { body: Buffer; contextId: string; replyTo: string }): void {
    const { isRaw, pending } = this.#parts;
    const { body, contextId, replyTo } = sealed;
    const messageId = randomUUID();
    const attempt: Attempt = { batch, correlationId: isRaw ? contextId : messageId, contextId };
    batch.begin(attempt);
    pending.track(attempt);
    this.#gate.noteSent(contextId);
    const message: AmqpMessage = {
      messageId,
      ...(isRaw ? { correlationId: contextId } : {}),
      ...(batch.wantsReply ? { replyTo } : {}),
      contentType: CONTENT_TYPE,
      ttlMs: Math.max(1, batch.draft.expiresMs - Date.now()),
      durable: !batch.wantsReply,
      body,
    };
    hand(this.#parts, this.#gate.privateAddressOf(contextId), message, batch.userSignal).then(
      (outcome) => this.#takeOutcome(attempt, outcome),
      (error: unknown) => this.#takeSendFailure(attempt, error),
    );
  }

  /** The next batch of a raw host may go when this one is settled; what may still come for it must not meet the next. */
  async #awaitTurn(batch: PendingBatch, contextId: string): Promise<void> {
    await batch.done.catch(() => this.#gate.abandon(contextId));
  }

  #takeOutcome(attempt: Attempt, outcome: Outcome): void {
    const { batch } = attempt;
    if (outcome.kind === 'accepted') {
      if (!batch.wantsReply) batch.succeed([]);
      return;
    }
    const failure = notTaken(outcome, this.#parts.to);
    this.#takeBack(attempt);
    if (!batch.isWaitingFor(attempt)) return;
    if (outcome.kind === 'rejected') batch.retryAfter(REJECTION_GRACE_MS, () => batch.failToSend(failure));
    else this.retry(batch, failure);
  }

  #takeSendFailure(attempt: Attempt, error: unknown): void {
    const { batch } = attempt;
    const failure = toBusError(error);
    if (failure.code === 'unknown-outcome') {
      this.#takeLoss(attempt, failure);
      return;
    }
    this.#takeBack(attempt);
    if (!batch.isWaitingFor(attempt)) return;
    if (error instanceof AmqpError && error.retryable) this.retry(batch, failure);
    else batch.failToSend(failure);
  }

  /** A link, or with it the whole connection, ended before the outcome came: the batch is sent again, or was. */
  #takeLoss(attempt: Attempt, failure: BusError): void {
    const { batch } = attempt;
    this.#gate.abandonUnproven(attempt.contextId);
    if (!batch.isWaitingFor(attempt)) return;
    if (this.#parts.isRaw) batch.failToSend(failure);
    else this.retry(batch, failure);
  }

  #takeSealFailure(batch: PendingBatch, error: unknown): void {
    // A batch whose connection was lost on the way comes back with resubmit.
    if (batch.isSettled || batch.isQueued || !this.#parts.requester.isUp) return;
    const failure = toBusError(error);
    if (RETRIED_LEGS.has(failure.code)) this.retry(batch, failure);
    else batch.failToSend(failure);
  }

  /** A message did not leave, or was not taken; a private address that fails is given up with its context. */
  #takeBack({ batch, contextId }: Attempt): void {
    batch.undoubt();
    if (this.#gate.privateAddressOf(contextId) === null) this.#gate.abandonUnproven(contextId);
    else this.#gate.abandon(contextId);
  }
}
