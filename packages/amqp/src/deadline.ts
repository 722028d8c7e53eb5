import type { AmqpError } from './errors.js';

/** How long a wait may take. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for a promise, but not for ever. The promise itself goes on; whatever it does late is dropped.
 *
 * @param expired makes the error for when time is up
 * @throws the signal's reason when it is aborted
 */
export async function before<T>(promise: Promise<T>, patience: Patience, expired: () => AmqpError): Promise<T> {
  const { timeoutMs, signal } = patience;
  if (signal?.aborted === true) {
    promise.catch(() => undefined);
    throw reasonOf(signal);
  }
  return await new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      finish();
      reject(expired());
    }, timeoutMs);
    timer.unref();
    const onAbort = (): void => {
      finish();
      reject(reasonOf(signal));
    };
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: Error) => {
        finish();
        reject(error);
      },
    );
  });
}

/** The reason of an aborted signal, as an Error. */
export function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('The wait was aborted', { cause: reason });
}
