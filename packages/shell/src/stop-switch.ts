import { ShellError } from './shell-error.js';

/**
 * Stops one command, with the reason. An AbortSignal costs more than a small command does: there is one only for the
 * command that asks for it.
 */
export class StopSwitch {
  #reason: ShellError | undefined;
  #listener: (() => void) | undefined;
  #controller: AbortController | undefined;

  /** Why the command was stopped; undefined while it was not. */
  get reason(): ShellError | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** The first reason stands. */
  stop(reason: ShellError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.();
  }

  /** There is one listener: who waits for the command. It is called at once when it comes too late. */
  onStop(listener: () => void): void {
    this.#listener = listener;
    if (this.#reason !== undefined) listener();
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

/** Why a command fails whose host is ended. */
export function ended(name: string): ShellError {
  return new ShellError(`The shell ${name} was ended`, { code: 'unavailable' });
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
