/**
 * Stops waiting for a native call when a signal is aborted: the call itself cannot be stopped.
 * @param abandon - Called on abort, to see that a late result is released.
 */
export async function untilAborted<T>(
  call: Promise<T>,
  signal: AbortSignal | undefined,
  abandon: () => void,
): Promise<T> {
  if (signal === undefined) return await call;
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      abandon();
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
