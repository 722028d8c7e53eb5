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

/** What is written to stderr while `run` runs. */
export async function stderrOf(run: () => Promise<void>): Promise<string> {
  const written: string[] = [];
  const { write } = process.stderr;
  const consoles = { error: console.error, warn: console.warn, log: console.log, trace: console.trace };
  const note = (...parts: unknown[]): void => {
    written.push(parts.map(String).join(' '));
  };
  process.stderr.write = ((chunk: string | Uint8Array) => {
    written.push(String(chunk));
    return true;
  }) as typeof process.stderr.write;
  // Jest's console does not end in process.stderr.
  Object.assign(console, { error: note, warn: note, log: note, trace: note });
  try {
    await run();
  } finally {
    process.stderr.write = write;
    Object.assign(console, consoles);
  }
  return written.join('\n');
}
