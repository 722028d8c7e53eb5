import { ShellError } from './shell-error.js';

/** The signal of one command: aborted at its time limit with code `timeout`, or by the caller or the host before. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout;
  readonly #interrupt = () => this.#controller.abort(abortReason(this.#outer));

  constructor(timeoutMs: number, outer: readonly (AbortSignal | undefined)[]) {
    this.#timer = setTimeout(() => this.#controller.abort(timeUp(timeoutMs)), timeoutMs);
    this.#timer.unref();
    this.#outer = outer.filter((signal) => signal !== undefined);
    for (const signal of this.#outer) {
      if (signal.aborted) this.#interrupt();
      else signal.addEventListener('abort', this.#interrupt, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The command has ended. */
  clear(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#outer) signal.removeEventListener('abort', this.#interrupt);
  }
}

/** Why a command over its time fails. */
export function timeUp(timeoutMs: number): ShellError {
  return new ShellError(`The command did not end within ${timeoutMs} ms`, { code: 'timeout' });
}

/** Why an interrupted command fails. */
export function interruption(): ShellError {
  return new ShellError('The command was interrupted', { code: 'interrupted' });
}

/** The reason of the aborted one of some signals in our terms. */
export function abortReason(signals: readonly AbortSignal[]): ShellError {
  const reason: unknown = signals.find((signal) => signal.aborted)?.reason;
  return reason instanceof ShellError ? reason : interruption();
}

/** Waits for a promise at most so long. @returns false when the time is over first; a rejection counts as an end. */
export async function endsWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([promise.then(yes, yes), late]);
  } finally {
    clearTimeout(timer);
  }
}

const yes = () => true;
