import { connect, createServer } from 'node:net';

/** Options of {@link waitUntil}. */
export interface WaitOptions {
  /** Limit in milliseconds, default 10,000. */
  readonly timeoutMs?: number;
  /** Pause between two tries in milliseconds, default 10. */
  readonly everyMs?: number;
  /** What is waited for, used in the error. */
  readonly what?: string;
}

/**
 * Waits until a condition holds and returns its first value that is neither false, null nor undefined.
 * @throws Error when the limit passes; its cause is what the condition threw last, if anything.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const limit = performance.now() + (options.timeoutMs ?? 10_000);
  let cause: unknown;
  do {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 10));
  } while (performance.now() < limit);
  throw new Error(`Waiting for ${options.what ?? 'a condition'} took longer than ${options.timeoutMs ?? 10_000} ms`, {
    cause,
  });
}

/** A TCP port of 127.0.0.1 that was free a moment ago. The taker must be ready for a clash and try another. */
export async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('Finding a free port failed: the socket has no address'));
      });
    });
  });
}

/** True when something accepts TCP connections on this port of 127.0.0.1. */
export async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
