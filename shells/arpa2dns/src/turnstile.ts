/** Lets one task in at a time, in the order they came: knotd talks to one of us at a time, and a wait in its own queue costs the deadline. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /**
   * Runs a task when all before it have ended.
   * @param signal - aborted before the task has begun: it is not run, and this rejects with the signal's reason
   */
  async pass<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let leave: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      leave = resolve;
    });
    // Who gives up while waiting keeps its place, so that the order of the others holds.
    this.#last = before.then(async () => await gone);
    try {
      await untilAborted(before, signal);
      return await task();
    } finally {
      leave();
    }
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let give: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the aborter's to choose
    give = () => reject(signal.reason);
    signal.addEventListener('abort', give, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    if (give !== undefined) signal.removeEventListener('abort', give);
  }
}
