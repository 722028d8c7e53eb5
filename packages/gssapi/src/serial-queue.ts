/** Runs tasks one after the other, in the order in which they came. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** True when nothing runs or waits. */
  get isIdle(): boolean {
    return this.#length === 0;
  }

  /** Runs a task after all earlier ones, whether those succeed or fail. */
  async run<T>(task: () => T | Promise<T>): Promise<T> {
    const before = this.#last;
    this.#length++;
    const mine = (async () => {
      try {
        await before;
        return await task();
      } finally {
        this.#length--;
      }
    })();
    // What a task throws belongs to its caller; the next one only waits for the end.
    this.#last = mine.catch(() => undefined);
    return await mine;
  }
}
