import type { Logger } from './logger.js';

const MAX_LINES = 20;
const WINDOW_MS = 10_000;

/** Lets at most 20 lines in 10 s into the log: what a shell's process says must not fill a disk. Counts what it drops. */
export class LogValve {
  readonly #logger: Logger;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #droppedEvent: string;
  #lines = 0;
  #dropped = 0;
  #windowEnd = 0;

  /**
   * @param fields - of every line
   * @param droppedEvent - logged with how many lines were dropped, when that is over
   */
  constructor(logger: Logger, fields: Readonly<Record<string, unknown>>, droppedEvent: string) {
    this.#logger = logger;
    this.#fields = fields;
    this.#droppedEvent = droppedEvent;
  }

  /** Logs a line, or counts it. */
  log(level: 'info' | 'warn' | 'error', text: string, event: string): void {
    const now = Date.now();
    if (now >= this.#windowEnd) {
      this.close();
      this.#lines = 0;
      this.#windowEnd = now + WINDOW_MS;
    }
    this.#lines += 1;
    if (this.#lines <= MAX_LINES) this.#logger[level]({ ...this.#fields, text }, event);
    else this.#dropped += 1;
  }

  /** Tells what was dropped so far. */
  close(): void {
    if (this.#dropped > 0) this.#logger.warn({ ...this.#fields, dropped: this.#dropped }, this.#droppedEvent);
    this.#dropped = 0;
  }
}
