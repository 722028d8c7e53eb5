import { LINK } from './audit-chain.js';

/** Bytes of the lines of a page, unless one line needs more. */
export const PAGE_BYTES = 256 * 1024;
/** What the numbers are that describe a series of lines. */
export const SERIES = { from: 0, numberFrom: 1, numberTo: 2, to: 3, lines: 4 } as const;
/** How many they are. */
export const SERIES_WORDS = 5;

const MAX_DIGITS = 16;
const ZERO = 0x30;

/** How a line begins; its number follows. */
export const OPENING = '{"seq":';
/** What a line takes besides its parts, at most. */
export const FRAME_BYTES = OPENING.length + 2 * MAX_DIGITS;
/** More lines of nothing but the link find no room in a page. */
export const PAGE_LINES = Math.floor(PAGE_BYTES / (LINK.length + FRAME_BYTES));

/** What a line is made of behind its own number. */
export interface LineParts {
  /** From the link on. */
  readonly start: Uint8Array;
  /** Stands between the two; nothing when null. */
  readonly number: number | null;
  /** With its line feed. */
  readonly end: Uint8Array;
}

/** Lines that wait to be chained and written. */
export interface PageLines {
  /** The first line of every series, behind its own number. */
  readonly bytes: Uint8Array;
  /**
   * The numbers of each {@link SERIES}: where in `bytes` its first line begins, where the digits of the number in it begin and
   * end, where the line ends, and how many lines it has; in each the number is one more.
   */
  readonly series: Int32Array;
  /** Bytes of all the lines when they are written out, at most. */
  readonly size: number;
}

/** Who waits until a page is written. */
interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * Lines that wait to be chained and written together. They are bytes from the beginning, since as strings they would be copied
 * several times and leave a hundred pieces of garbage a batch; and of lines that differ in their numbers alone only the first is
 * there, since the thread that chains them can write out the others.
 */
export class AuditPage {
  readonly #capacity: number;
  readonly #buffer: Buffer;
  readonly #series = new Int32Array(SERIES_WORDS * PAGE_LINES);
  /** Behind the last series. */
  #words = 0;
  #length = 0;
  #lines = 0;
  #size = 0;
  /** The parts of the last line; no line continues a series of which they are not known. */
  #last: LineParts | null = null;
  #waiters: Waiters | null = null;

  /** @param bytes - of the parts of a line for which it must have room */
  constructor(bytes = 0) {
    this.#capacity = Math.max(PAGE_BYTES, bytes + FRAME_BYTES);
    this.#buffer = Buffer.allocUnsafeSlow(this.#capacity);
  }

  /** Starts anew. */
  clear(): void {
    this.#words = 0;
    this.#length = 0;
    this.#lines = 0;
    this.#size = 0;
    this.#last = null;
  }

  /** Not made for a line that is longer than a page. */
  get isUsual(): boolean {
    return this.#capacity === PAGE_BYTES;
  }

  /** How many lines it has. */
  get lines(): number {
    return this.#lines;
  }

  /** Bytes of its lines when they are written out, at most. */
  get size(): number {
    return this.#size;
  }

  get content(): PageLines {
    return {
      bytes: this.#buffer.subarray(0, this.#length),
      series: this.#series.subarray(0, this.#words),
      size: this.#size,
    };
  }

  /** Whether it has room for a line whose parts take so many bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.#size + bytes + FRAME_BYTES <= this.#capacity;
  }

  /** Adds a line, for which there must be room. */
  add(parts: LineParts): void {
    const last = this.#last;
    const isNext =
      last !== null &&
      last.start === parts.start &&
      last.end === parts.end &&
      last.number !== null &&
      last.number + 1 === parts.number;
    if (isNext) this.#continue();
    else this.#begin(parts);
    this.#last = parts;
    this.#lines += 1;
    this.#size += parts.start.length + parts.end.length + FRAME_BYTES;
  }

  #continue(): void {
    const word = this.#words - SERIES_WORDS + SERIES.lines;
    this.#series[word] = (this.#series[word] ?? 0) + 1;
  }

  /** Puts down the first line of a series. */
  #begin({ start, number, end }: LineParts): void {
    const length = this.#length;
    const from = length + start.length;
    this.#buffer.set(start, length);
    const to = number === null ? from : putNumber(this.#buffer, from, number);
    this.#buffer.set(end, to);
    this.#length = to + end.length;
    // One by one: an array for them would be garbage for every line.
    const series = this.#series;
    const word = this.#words;
    series[word + SERIES.from] = length;
    series[word + SERIES.numberFrom] = from;
    series[word + SERIES.numberTo] = to;
    series[word + SERIES.to] = this.#length;
    series[word + SERIES.lines] = 1;
    this.#words += SERIES_WORDS;
  }

  /** Resolves when nobody has to wait for it any more. */
  get release(): Promise<void> {
    this.#waiters ??= makeWaiters();
    return this.#waiters.promise;
  }

  /** Nobody has to wait for it any more. */
  free(): void {
    this.#waiters?.resolve();
    this.#waiters = null;
  }
}

/** @returns where it ends */
function putNumber(buffer: Buffer, at: number, number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits += 1;
  let rest = number;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    const tens = Math.floor(rest / 10);
    buffer[index] = ZERO + rest - 10 * tens;
    rest = tens;
  }
  return at + digits;
}

function makeWaiters(): Waiters {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
