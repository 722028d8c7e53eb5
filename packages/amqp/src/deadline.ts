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
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(expired());
    }, timeoutMs);
    timer.unref();
    onAbort = () => {
      reject(reasonOf(signal));
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

/** The reason of an aborted signal, as an Error. */
export function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  // Not by instanceof: a DOMException may come from another realm.
  const isError = typeof reason === 'object' && reason !== null && 'message' in reason;
  return isError ? (reason as Error) : new Error('The wait was aborted', { cause: reason });
}
