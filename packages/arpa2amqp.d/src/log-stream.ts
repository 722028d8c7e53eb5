import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** A busy daemon writes many lines at once, an idle one each of them soon. */
const BUFFERED_CHARACTERS = 4096;
const FLUSH_AFTER_MS = 50;
/** Lines are dropped rather than kept without bound when nobody reads them. */
const MAX_BUFFERED_CHARACTERS = 16 * 1024 * 1024;
/** When a pipe is full: how often it is tried again, and how long at the end of the process. */
const RETRY_MS = 20;
const EXIT_PATIENCE_MS = 500;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/*
 * pino's own destination (sonic-boom 4.2) is not used: when its file cannot be written, since the disk is full or the
 * terminal gone, its flush at exit tries for ever, and the daemon neither works nor ends.
 *
 * 1. One write is under way at a time; lines leave in order.
 * 2. A write that fails loses its lines, never the process. A full pipe is tried again.
 */

/** Lines on their way to a file descriptor, buffered for a moment; what is left when the process exits is written then. */
export class LogStream implements DestinationStream {
  readonly #fd: number;
  #waiting = '';
  #isWriting = false;
  #timer: NodeJS.Timeout | null = null;

  /** @param fd - the file descriptor, stderr unless told */
  constructor(fd = 2) {
    this.#fd = fd;
    process.once('exit', () => {
      this.finish();
    });
  }

  /** Takes a line, with its line feed. */
  write(line: string): void {
    if (this.#waiting.length > MAX_BUFFERED_CHARACTERS) return;
    this.#waiting += line;
    if (this.#isWriting) return;
    if (this.#waiting.length >= BUFFERED_CHARACTERS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS).unref();
  }

  /** Writes what waits here and now; for the end of the process. */
  finish(): void {
    let bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    const giveUpMs = Date.now() + EXIT_PATIENCE_MS;
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(this.#fd, bytes));
      } catch (error) {
        if (!isFull(error) || Date.now() > giveUpMs) return;
        Atomics.wait(sleeper, 0, 0, RETRY_MS);
      }
    }
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting === '') return;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#isWriting = true;
    this.#writeAll(bytes);
  }

  #writeAll(bytes: Buffer): void {
    write(this.#fd, bytes, (error, written) => {
      const rest = error === null ? bytes.subarray(written) : isFull(error) ? bytes : null;
      if (rest === null || rest.length === 0) {
        this.#isWriting = false;
        this.#flush();
      } else if (error === null) this.#writeAll(rest);
      else setTimeout(() => this.#writeAll(rest), RETRY_MS).unref();
    });
  }
}

function isFull(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}
