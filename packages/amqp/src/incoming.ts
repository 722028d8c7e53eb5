import type { AnswerRoute } from './answer.js';
import { AmqpError } from './errors.js';
import type { AmqpMessage, Delivery, Outcome, Peer } from './message.js';

/** A delivery of a service, with the way back to who sent it. */
export class Incoming implements Delivery {
  readonly #delivery: Delivery;
  readonly #route: AnswerRoute;
  #done: (() => void) | null = null;

  /** @internal */
  constructor(delivery: Delivery, route: AnswerRoute) {
    this.#delivery = delivery;
    this.#route = route;
  }

  /**
   * A slot was found.
   *
   * @internal
   */
  begin(done: () => void): void {
    this.#done = done;
  }

  get message(): AmqpMessage {
    return this.#delivery.message;
  }

  get peer(): Peer {
    return this.#delivery.peer;
  }

  /** The served address as the asker must spell it: what to put into the reply-to of an answer. */
  get servedAs(): string {
    return this.#route.servedAs;
  }

  /** The message was taken. */
  accept(): void {
    this.#delivery.accept();
  }

  /** Refuses the message for good. */
  reject(condition: string, description: string): void {
    this.#delivery.reject(condition, description);
  }

  /** Gives the message back untouched. */
  release(): void {
    this.#delivery.release();
  }

  /**
   * Sends an answer to the reply address of this message.
   *
   * @returns what the broker said about it; a peer of our own listener is not waited for, and `accepted` then means that
   *   the answer went out
   * @throws AmqpError (as rejection): `amqp-bad-reply-to` without a reply address that may be answered,
   *   `amqp-connection-lost`, `amqp-queue-full`, `amqp-timeout`
   */
  answer(message: AmqpMessage): Promise<Outcome> {
    const { replyTo } = this.#delivery.message;
    if (replyTo !== undefined) return this.#route.answer(replyTo, message);
    return Promise.reject(new AmqpError('amqp-bad-reply-to', 'Answer a message: it has no reply address'));
  }

  /** Gives the slot back: only now is credit granted again. Idempotent. */
  done(): void {
    this.#done?.();
  }
}
