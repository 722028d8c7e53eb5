/** How long to wait between attempts to connect again. */
export interface ReconnectOptions {
  /** First wait, in milliseconds. Default 100. */
  readonly initialMs?: number;
  /** Longest wait, in milliseconds. Default 10,000. */
  readonly maxMs?: number;
}

const INITIAL_MS = 100;
const MAX_MS = 10_000;

/** Exponential waits with jitter: half of each wait is left to chance, so that a herd does not come back as one. */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: ReconnectOptions = {}, random: () => number = Math.random) {
    this.#initialMs = options.initialMs ?? INITIAL_MS;
    this.#maxMs = options.maxMs ?? MAX_MS;
    this.#random = random;
  }

  /** The wait before the next attempt, in milliseconds. */
  next(): number {
    const whole = Math.min(this.#maxMs, this.#initialMs * 2 ** this.#failures);
    if (whole < this.#maxMs) this.#failures += 1;
    return whole / 2 + (whole / 2) * this.#random();
  }

  /** The connection held: start over. */
  reset(): void {
    this.#failures = 0;
  }
}
