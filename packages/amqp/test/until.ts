import { jest } from '@jest/globals';

/** Waits until a condition holds, or fails. */
export async function until(holds: () => boolean, what: string, limitMs = 10_000): Promise<void> {
  const giveUp = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUp) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A promise with its verbs. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What is written to stderr, by whatever means, while `run` runs. */
export async function stderrOf(run: () => Promise<void>): Promise<string> {
  const written: string[] = [];
  const note = (...parts: unknown[]): void => {
    written.push(parts.map(String).join(' '));
  };
  const spies = [
    jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      note(chunk);
      return true;
    }),
    // The console of Jest does not end in process.stderr.
    ...(['error', 'warn', 'log', 'trace'] as const).map((name) => jest.spyOn(console, name).mockImplementation(note)),
  ];
  try {
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written.join('\n');
}
