const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;

/** Where the digits of a number are. */
export interface Digits {
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
}

/** A line with two numbers, which becomes the next one of its series: to write numbers out is dear. */
export class CountedLine {
  #bytes: Buffer;
  #text: Uint8Array;
  #own: Digits;
  #other: Digits;

  /**
   * @param line - is copied
   * @param own - the number of the line itself
   * @param other - the number in it
   */
  constructor(line: Uint8Array, own: Digits, other: Digits) {
    this.#bytes = Buffer.from(line);
    this.#text = this.#bytes.subarray(0, -1);
    this.#own = own;
    this.#other = other;
  }

  /** With its line feed. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The same without its line feed. */
  get text(): Uint8Array {
    return this.#text;
  }

  /** Where the digits of the line's own number are. */
  get own(): Digits {
    return this.#own;
  }

  /** Becomes the next line: both numbers are one more. */
  next(): void {
    if (!countUp(this.#bytes, this.#other)) this.#other = this.#grow(this.#other);
    if (countUp(this.#bytes, this.#own)) return;
    this.#own = this.#grow(this.#own);
    this.#other = { from: this.#other.from + 1, to: this.#other.to + 1 };
  }

  /** Puts a one before a number that has become all zeros. */
  #grow({ from, to }: Digits): Digits {
    const old = this.#bytes;
    this.#bytes = Buffer.concat([old.subarray(0, from), Uint8Array.of(ONE), old.subarray(from)]);
    this.#text = this.#bytes.subarray(0, -1);
    return { from, to: to + 1 };
  }
}

/** Adds one to a number. @returns false when it needs one digit more, and then all are zeros */
export function countUp(bytes: Uint8Array, { from, to }: Digits): boolean {
  let at = to - 1;
  for (; at >= from && bytes[at] === NINE; at -= 1) bytes[at] = ZERO;
  if (at < from) return false;
  bytes[at] = (bytes[at] ?? ZERO) + 1;
  return true;
}
