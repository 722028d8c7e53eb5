import type { AmqpMessage } from '@arpa2amqp/amqp';
import { BusError, type FrameErrorReason } from '@arpa2amqp/protocol';
import type { Answer } from '@arpa2amqp/session';
import { readAnswer } from './answer.js';
import type { ChannelParts } from './channel-parts.js';
import type { ContextGate } from './context-gate.js';
import type { Attempt, PendingBatch } from './pending-batch.js';
import { toBusError } from './transport-error.js';

/** How often a batch is sent again because somebody says, without proof, that the host lacks the context. */
const MAX_RENEWALS = 4;

/** Who sends a batch again. */
export interface Resender {
  submit(batch: PendingBatch): void;
  retry(batch: PendingBatch, failure: BusError): void;
}

/** Takes what comes back for the batches of one channel. */
export class AnswerDesk {
  readonly #parts: ChannelParts;
  readonly #gate: ContextGate;
  readonly #resender: Resender;

  constructor(parts: ChannelParts, gate: ContextGate, resender: Resender) {
    this.#parts = parts;
    this.#gate = gate;
    this.#resender = resender;
  }

  /** Takes an answer to a batch. Never throws. */
  receive(attempt: Attempt, message: AmqpMessage): void {
    try {
      const opened = this.#parts.session.open(message.body, attempt.contextId);
      if (opened instanceof Promise) void this.#takeLater(attempt, message, opened);
      else this.#take(attempt, message, opened);
    } catch (error) {
      this.#takeUnreadable(attempt.batch, error);
    }
  }

  async #takeLater(attempt: Attempt, message: AmqpMessage, opening: Promise<Answer>): Promise<void> {
    try {
      this.#take(attempt, message, await opening);
    } catch (error) {
      this.#takeUnreadable(attempt.batch, error);
    }
  }

  #take(attempt: Attempt, message: AmqpMessage, opened: Answer): void {
    if (opened.kind === 'error') this.#takeHint(attempt, opened.reason);
    if (opened.kind !== 'payload') return;
    this.#gate.noteProven(opened.contextId, message.replyTo ?? null);
    if (!attempt.batch.isSettled) this.#takeAnswer(attempt.batch, opened.plaintext);
  }

  #takeAnswer(batch: PendingBatch, plaintext: Buffer): void {
    try {
      batch.succeed(readAnswer(plaintext, batch.draft, this.#parts));
    } catch (error) {
      batch.fail(toBusError(error));
    }
  }

  /** What cannot be authenticated is no answer: it fails nothing, since the true one may still come. */
  #takeUnreadable(batch: PendingBatch, cause: unknown): void {
    if (batch.isSettled) return;
    const { to, logger } = this.#parts;
    const { code, message } = toBusError(cause);
    logger.warn({ to, batch: batch.draft.id, code, reason: message }, 'answer-not-authentic');
    batch.note(
      new BusError(
        'security-failed',
        `Only answers came that cannot be authenticated as those of ${to}: whether batch ${batch.draft.id} ran is not known`,
        { cause },
      ),
    );
  }

  /** An error frame is not authenticated: it may make us try again, and give up, but never believe. */
  #takeHint(attempt: Attempt, reason: FrameErrorReason): void {
    const { batch, contextId } = attempt;
    const { to, logger, isRaw } = this.#parts;
    if (!batch.isWaitingFor(attempt)) return;
    logger.info({ to, batch: batch.draft.id, reason }, 'error-frame');
    const hint = `says the network in the name of ${to}, without proof; whether batch ${batch.draft.id} ran is not known`;
    if (reason === 'overloaded') {
      this.#gate.abandonUnproven(contextId);
      this.#resender.retry(batch, new BusError('overloaded', `The host has no room for this client, ${hint}`));
      return;
    }
    const isRenewable = reason === 'context-unknown' || reason === 'replayed';
    if (isRenewable && !isRaw && batch.renewals < MAX_RENEWALS) {
      batch.renewals += 1;
      this.#gate.noteUnknown(contextId);
      this.#resender.submit(batch);
      return;
    }
    batch.fail(new BusError('refused', `The message was refused as "${reason}", ${hint}`));
  }
}
