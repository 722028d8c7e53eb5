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
  /** Whether it is sent to again by itself, unless it has everything. */
  readonly isRepeated: boolean;
  /** Until when, in milliseconds since 1970, once it was asked for; null: without an end. */
  readonly untilMs: number | null;
}

/** What a {@link Recipient} is made of. */
export interface RecipientParts {
  readonly destination: Destination;
  readonly send: Send;
  /** The longest pause before the next try. */
  readonly retryMs: number;
  /** How long after {@link Recipient.sendNow} it is tried again, at the longest; absent: for ever. */
  readonly patienceMs?: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/*
 * Life: idle -> sending -> idle, or waiting when it failed -> sending ... until the signal is aborted.
 * R1. At most one sending at a time; what is asked for meanwhile follows on it.
 * R2. One with `patienceMs` is given up when that is over, or when the configuration of this host is what is in the way:
 *     nothing but a restart changes it.
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
  #untilMs: number | null = null;

  readonly #rest = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  };

  constructor(parts: RecipientParts) {
    this.#parts = parts;
    parts.signal.addEventListener('abort', this.#rest, { once: true });
  }

  get state(): RecipientState {
    return {
      address: this.#parts.destination.address,
      position: this.#position,
      error: this.#error,
      isRepeated: this.#isRepeated,
      untilMs: this.#untilMs,
    };
  }

  /** One that is tried for a time is so until it has everything. */
  get #isRepeated(): boolean {
    return this.#parts.patienceMs === undefined || this.#sending !== null || this.#timer !== undefined;
  }

  /** There is something new. A host that failed is left to its pause. */
  wake(): void {
    if (this.#sending !== null) this.#isWanted = true;
    else if (this.#timer === undefined) void this.#try();
  }

  /** Tries at once, and again when that fails. Resolves when the first try has ended, however it did. Never rejects. */
  async sendNow(): Promise<void> {
    const { patienceMs } = this.#parts;
    if (patienceMs !== undefined) this.#untilMs = Date.now() + patienceMs;
    await this.#try();
  }

  /** Lets go of the signal: for one that is not repeated and will not be asked again. */
  forget(): void {
    this.#parts.signal.removeEventListener('abort', this.#rest);
  }

  async #try(): Promise<void> {
    this.#rest();
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
    const pauseMs = backOffMs(this.#failures, retryMs);
    if (this.#untilMs !== null && (code === 'config' || Date.now() + pauseMs > this.#untilMs)) return;
    this.#timer = setTimeout(() => void this.#try(), pauseMs).unref();
  }
}
