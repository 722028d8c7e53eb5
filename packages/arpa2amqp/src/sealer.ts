import { randomUUID } from 'node:crypto';
import type { AmqpMessage } from '@arpa2amqp/amqp';
import { CONTENT_TYPE } from '@arpa2amqp/protocol';
import type { Sealed, SealOptions } from '@arpa2amqp/session';
import { hand, type ChannelParts } from './channel-parts.js';
import type { ContextGate } from './context-gate.js';
import { LegExchange } from './leg-exchange.js';
import type { PendingBatch } from './pending-batch.js';

/** Seals batches, and speaks with the host before where its context takes more than one message to open. */
export class Sealer {
  readonly #parts: ChannelParts;
  readonly #gate: ContextGate;
  readonly #legs: LegExchange;

  constructor(parts: ChannelParts, gate: ContextGate) {
    this.#parts = parts;
    this.#gate = gate;
    this.#legs = new LegExchange(parts.to);
  }

  /** Takes an answer to a message that sets a context up; false when it is none. */
  deliver(message: AmqpMessage): boolean {
    return this.#legs.deliver(message);
  }

  /** The connection is down. */
  interrupt(error: Error): void {
    this.#legs.failAll(error);
  }

  /** A promise only when it takes a wait. @throws BusError as the session's seal, and when a message of the set-up is not taken */
  seal(plaintext: Buffer, batch: PendingBatch): Sealed | Promise<Sealed> {
    const { session, isOneWay } = this.#parts;
    const replyAddresses: (string | null)[] = [];
    const exchange: SealOptions['exchange'] = async (body, _signal, contextId) => {
      const answer = await this.#exchange(
        { body, contextId, privateAddress: replyAddresses.at(-1) ?? null },
        batch.signal,
      );
      replyAddresses.push(answer.replyTo ?? null);
      return answer.body;
    };
    const sealed = session.seal(plaintext, {
      exchange,
      isAnswered: !isOneWay,
      // Read by the session only while it opens a context.
      get signal() {
        return batch.signal;
      },
    });
    return sealed instanceof Promise ? this.#noted(sealed, replyAddresses) : sealed;
  }

  /** A context that was opened in the meantime by more than one message is proven. */
  async #noted(sealing: Promise<Sealed>, replyAddresses: readonly (string | null)[]): Promise<Sealed> {
    const sealed = await sealing;
    if (replyAddresses.length > 0) {
      this.#gate.noteSent(sealed.contextId);
      this.#gate.noteProven(sealed.contextId, replyAddresses.at(-1) ?? null);
    }
    return sealed;
  }

  async #exchange(
    leg: { body: Buffer; contextId: string; privateAddress: string | null },
    signal: AbortSignal,
  ): Promise<AmqpMessage> {
    const { requester, isRaw } = this.#parts;
    const messageId = randomUUID();
    const correlationId = isRaw ? leg.contextId : messageId;
    const message: AmqpMessage = {
      messageId,
      ...(isRaw ? { correlationId } : {}),
      replyTo: requester.replyTo,
      contentType: CONTENT_TYPE,
      body: leg.body,
    };
    const send = async () => await hand(this.#parts, leg.privateAddress, message, signal);
    return await this.#legs.exchange(correlationId, send, signal);
  }
}
