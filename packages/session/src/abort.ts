import { BusError } from '@arpa2amqp/protocol';

/**
 * Waits for something that others may wait for too, until the signal is aborted.
 *
 * @throws BusError `aborted`
 */
export async function whileWanted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void =>
      reject(new BusError('aborted', 'Gave up waiting for a security context', { cause: signal.reason }));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
