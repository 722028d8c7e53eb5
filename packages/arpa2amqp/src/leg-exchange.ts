import type { AmqpMessage, Outcome } from '@arpa2amqp/amqp';
import { toBusError, notTaken } from './transport-error.js';

interface Waiting {
  readonly resolve: (message: AmqpMessage) => void;
  readonly reject: (error: unknown) => void;
}

/** The messages that only set a security context up, each with an answer to come. */
export class LegExchange {
  readonly #waiting = new Map<string, Waiting>();
  readonly #to: string;

  constructor(to: string) {
    this.#to = to;
  }

  /** Takes an answer in; false when nobody waits for it. */
  deliver(message: AmqpMessage): boolean {
    const waiting = this.#waiting.get(message.correlationId ?? '');
    waiting?.resolve(message);
    return waiting !== undefined;
  }

  failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }

  /**
   * Sends a message and waits for its answer.
   *
   * @throws BusError when it was not taken, and the signal's reason
   */
  async exchange(correlationId: string, send: () => Promise<Outcome>, signal: AbortSignal): Promise<AmqpMessage> {
    signal.throwIfAborted();
    let onAbort!: () => void;
    try {
      return await new Promise<AmqpMessage>((resolve, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        this.#waiting.set(correlationId, { resolve, reject });
        send().then(
          (outcome) => {
            if (outcome.kind !== 'accepted') reject(notTaken(outcome, this.#to));
          },
          (error: unknown) => reject(toBusError(error)),
        );
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(correlationId);
    }
  }
}
