import type { AmqpMessage, Outcome } from './message.js';

/** A way for answers back to those who asked. */
export interface AnswerRoute {
  /** The served address as it is spelled there, for a reply-to. */
  readonly servedAs: string;
  /** @throws AmqpError `amqp-bad-reply-to` for an address that may not be answered */
  answer(to: string, message: AmqpMessage): Promise<Outcome>;
}
