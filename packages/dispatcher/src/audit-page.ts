import { HASH_OFFSET } from './audit-chain.js';
import { countUp, LineSeries, type LineParts } from './line-series.js';

/** Bytes of a page, unless one line needs more. */
export const PAGE_BYTES = 256 * 1024;
/** Lines of a page at most. */
export const PAGE_LINES = 4096;

/** How a line begins; its number follows. */
const OPENING = '{"seq":';
const MAX_DIGITS = 16;
const ZERO = 0x30;

/** What a line takes besides its parts, at most. */
export const FRAME_BYTES = OPENING.length + 2 * MAX_DIGITS;

/** Who waits until a page is written. */
interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * Lines that wait to be chained and written together: numbered, and with room for the hashes. They are bytes from the beginning,
 * since as strings they would be copied several times and leave a hundred pieces of garbage a batch.
 */
export class AuditPage {
  readonly #buffer: Buffer;
  readonly #places = new Int32Array(2 * PAGE_LINES);
  /** How the last line begins, with its number. */
  #opening = openingOf(0);
  readonly #series = new LineSeries();
  #lines = 0;
  #length = 0;
  #waiters: Waiters | null = null;

  /** @param bytes - of the parts of a line for which it must have room */
  constructor(bytes = 0) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, bytes + FRAME_BYTES));
  }

  /** Starts anew. @param sequence - number of the line before the first one */
  begin(sequence: number): void {
    this.#opening = openingOf(sequence);
    this.#series.forget();
    this.#lines = 0;
    this.#length = 0;
  }

  /** Not made for a line that is longer than a page. */
  get isUsual(): boolean {
    return this.#buffer.length === PAGE_BYTES;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Of its bytes. */
  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** For each line, where the room for the hash begins, and where the line ends behind its line feed. */
  get places(): Int32Array {
    return this.#places.subarray(0, 2 * this.#lines);
  }

  /** Whether it has room for a line whose parts take so many bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.#lines < PAGE_LINES && this.#length + bytes + FRAME_BYTES <= this.#buffer.length;
  }

  /** Adds a line, for which there must be room. */
  add(parts: LineParts): void {
    if (!countUp(this.#opening, OPENING.length, this.#opening.length - 1)) {
      this.#opening = openingOf(10 ** (this.#opening.length - OPENING.length));
    }
    const at = this.#length;
    const line = this.#series.next(parts);
    if (line !== null) {
      this.#buffer.set(line, at);
      this.#end(at + line.length);
      return;
    }
    this.#end(this.#putParts(parts));
    if (!this.#series.note(parts)) return;
    const copy = Uint8Array.prototype.slice.call(this.#buffer, at, this.#length);
    this.#series.keep(copy, parts, { from: OPENING.length, to: this.#opening.length });
  }

  /** @returns where the line ends */
  #putParts({ start, number, end }: LineParts): number {
    const buffer = this.#buffer;
    let at = this.#length;
    buffer.set(this.#opening, at);
    at += this.#opening.length;
    buffer.set(start, at);
    at += start.length;
    if (number !== null) at = putNumber(buffer, at, number);
    buffer.set(end, at);
    return at + end.length;
  }

  /** Takes note of a line that was put behind the last one. */
  #end(end: number): void {
    this.#places[2 * this.#lines] = this.#length + this.#opening.length + HASH_OFFSET;
    this.#places[2 * this.#lines + 1] = end;
    this.#lines += 1;
    this.#length = end;
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

function openingOf(sequence: number): Buffer {
  return Buffer.from(`${OPENING}${sequence}`, 'latin1');
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
