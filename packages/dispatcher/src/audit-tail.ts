import { fstatSync, readSync } from 'node:fs';

/** The end of a log. */
export interface Tail {
  /** The last line that has its line feed, without it; null when there is none. */
  readonly last: Buffer | null;
  /** What stands behind it: a line that was not finished. */
  readonly torn: Buffer | null;
}

const CHUNK = 64 * 1024;
const LINE_FEED = 10;

/** Reads the end of a log back to the beginning of its last whole line. */
export function readTail(fd: number): Tail {
  let start = fstatSync(fd).size;
  let bytes = Buffer.alloc(0);
  for (;;) {
    const end = bytes.lastIndexOf(LINE_FEED);
    const before = end <= 0 ? -1 : bytes.lastIndexOf(LINE_FEED, end - 1);
    if (start === 0 || before >= 0) {
      const torn = bytes.subarray(end + 1);
      return { last: end < 0 ? null : bytes.subarray(before + 1, end), torn: torn.length === 0 ? null : torn };
    }
    const size = Math.min(Math.max(CHUNK, bytes.length), start);
    start -= size;
    bytes = Buffer.concat([readFully(fd, start, size), bytes]);
  }
}

function readFully(fd: number, position: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const count = readSync(fd, bytes, done, size - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
