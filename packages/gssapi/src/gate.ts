const LIMIT = 64;

/**
 * Lets a limited number of tasks run at a time, first come first served. koffi refuses more than 256 asynchronous calls at once,
 * and every queued one takes a stack of its own.
 */
export class Gate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a task when there is room; a task whose signal is aborted before its turn is not run. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    // The one who leaves hands its place over, so that nobody can slip in between.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      signal?.throwIfAborted();
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** The gate of all native calls that run off the main thread. */
export const gate = new Gate(LIMIT);
