import { BusError } from '@arpa2amqp/protocol';
import type { Logger } from '@arpa2amqp/shell';
import { backOffMs } from './back-off.js';
import type { Destination } from './options.js';

/** Sends a host what it lacks. Rejects with a BusError, AclError or ShellError. */
export type Send = (
  destination: Destination,
  onPosition: (position: number) => void,
  signal: AbortSignal,
) => Promise<void>;

/** What is known here of a host that gets the lists. */
export interface RecipientState {
  readonly address: string;
  /** Up to where it has them, as it said last; null when it has not answered yet. */
  readonly position: number | null;
  /** Why the last try failed; null when it did not. */
  readonly error: string | null;
}

/** What a {@link Recipient} is made of. */
export interface RecipientParts {
  readonly destination: Destination;
  readonly send: Send;
  /** The longest pause before the next try; null: no try follows by itself. */
  readonly retryMs: number | null;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/*
 * Life: idle -> sending -> idle, or waiting when it failed -> sending ... until the signal is aborted.
 * R1. At most one sending at a time; what is asked for meanwhile follows on it.
 */

/** One host that gets the lists, until it has them. */
export class Recipient {
  readonly #parts: RecipientParts;
  #position: number | null = null;
  #error: string | null = null;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | null = null;
  #isWanted = false;

  constructor(parts: RecipientParts) {
    this.#parts = parts;
    parts.signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  get state(): RecipientState {
    return { address: this.#parts.destination.address, position: this.#position, error: this.#error };
  }

  /** There is something new. A host that failed is left to its pause. */
  wake(): void {
    if (this.#sending !== null) this.#isWanted = true;
    else if (this.#timer === undefined) void this.sendNow();
  }

  /** Tries at once. Resolves when the try has ended, however it did. Never rejects. */
  async sendNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending === null) this.#sending = this.#send();
    else this.#isWanted = true;
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { destination, send, logger, signal } = this.#parts;
    try {
      do await send(destination, (position) => (this.#position = position), signal);
      while (this.#takeWish());
      this.#error = null;
      this.#failures = 0;
      logger.info({ address: destination.address, position: this.#position }, 'lists-published');
    } catch (error) {
      this.#isWanted = false;
      this.#noteFailure(error);
    }
    this.#sending = null;
  }

  #takeWish(): boolean {
    const isWanted = this.#isWanted;
    this.#isWanted = false;
    return isWanted;
  }

  #noteFailure(error: unknown): void {
    const { destination, retryMs, logger, signal } = this.#parts;
    if (signal.aborted) return;
    const { code, message } = error as Partial<BusError>;
    this.#error = `${message ?? 'The lists cannot be sent'} (${code ?? 'internal'})`;
    this.#failures += 1;
    logger.warn({ address: destination.address, failures: this.#failures, error: this.#error }, 'publish-failed');
    if (retryMs === null) return;
    this.#timer = setTimeout(() => void this.sendNow(), backOffMs(this.#failures, retryMs)).unref();
  }
}
