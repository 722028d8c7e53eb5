/**
 * What the work gives within a time, undefined when it takes longer or the signal is aborted; the work goes on. It may
 * reject before; what becomes of it later nobody is told.
 */
export async function within<T>(work: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const limit = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
    timer = setTimeout(onAbort, limitMs);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * What the work gives within a time, undefined when it takes longer or the signal is aborted; then the work is told to stop. It
 * may reject before.
 */
export async function stoppedAfter<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const stop = new AbortController();
  try {
    return await within(work(stop.signal), limitMs, signal);
  } finally {
    stop.abort();
  }
}
