import { writeSync } from 'node:fs';
import type { ChainEnd } from './audit-head.js';
import { PAGE_BYTES, type PageLines } from './audit-page.js';
import { chain } from './chain-writer.js';

const LINE_FEED = 10;
/** Every thread has its own. The system gives memory for it as far as it is used. */
const ROOM = Buffer.allocUnsafeSlow(PAGE_BYTES);

/** Lines to be chained and written. */
export interface WriteJob {
  readonly fd: number;
  /** Where the end of the chain is kept beside the log; null: nowhere. */
  readonly headFd: number | null;
  readonly head: ChainEnd;
  readonly content: PageLines;
}

/** What came of a {@link WriteJob}. */
export interface WriteResult {
  /** The end of the chain, also when not all is written. */
  readonly head: ChainEnd;
  /** Bytes that were written. */
  readonly written: number;
  /** What is left over from the first line that is not there as a whole; null: nothing. */
  readonly rest: Rest | null;
  readonly failure: WriteFailure | null;
}

/** Lines that could not be written. */
export interface Rest {
  readonly bytes: Uint8Array;
  /** Bytes of them that the log has already. */
  readonly skip: number;
}

/** Why something could not be written. */
export interface WriteFailure {
  /** Of the system, such as `ENOSPC`. */
  readonly code: string;
  readonly message: string;
}

/**
 * Chains lines and writes them at the end of the log, then the end of the chain. What `write` took is with the kernel: it
 * outlives the process, not the machine.
 */
export function writeJob({ fd, headFd, head: before, content }: WriteJob): WriteResult {
  const room = content.size <= ROOM.length ? ROOM : Buffer.allocUnsafeSlow(content.size);
  const { head: end, bytes } = chain(before, content, room);
  const head = { sequence: end.sequence, hash: end.hash, first: before.first };
  const { written, rest, failure } = writeBytes(fd, bytes, 0);
  if (failure !== null) return { head, written, rest, failure };
  return { head, written, rest, failure: headFd === null ? null : writeHead(headFd, head) };
}

/** Writes bytes at the end of the log, but for the first ones. */
export function writeBytes(fd: number, bytes: Uint8Array, skip: number): Omit<WriteResult, 'head'> {
  let done = skip;
  try {
    while (done < bytes.length) done += writeSync(fd, bytes, done);
    return { written: done - skip, rest: null, failure: null };
  } catch (error) {
    const start = done === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, done - 1) + 1;
    return {
      written: done - skip,
      // A copy: the bytes may be in memory that is used again.
      rest: { bytes: Uint8Array.prototype.slice.call(bytes, start), skip: done - start },
      failure: failureOf(error),
    };
  }
}

const NUMBER_WIDTH = 16;

/** Always as long: it is written over in place. */
export function writeHead(fd: number, { sequence, hash, first }: ChainEnd): WriteFailure | null {
  try {
    writeSync(fd, `{"seq":${padded(sequence)},"hash":"${hash}","first":${padded(first ?? 0)}}\n`, 0);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

function padded(number: number): string {
  return String(number).padStart(NUMBER_WIDTH);
}

/** What the log of the daemon should say of an error of the system. */
export function failureOf(error: unknown): WriteFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return { code: code ?? 'unknown', message };
}
