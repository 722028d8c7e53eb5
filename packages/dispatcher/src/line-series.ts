const ZERO = 0x30;
const NINE = 0x39;

/** What a line is made of behind its own number. */
export interface LineParts {
  /** From the link on. */
  readonly start: Uint8Array;
  /** Stands between the two; nothing when null. */
  readonly number: number | null;
  /** With its line feed. */
  readonly end: Uint8Array;
}

/**
 * Lines one behind the other that differ in their two numbers alone, each one more than before: their own and the one in them.
 * From the third on, such a line is the last one with its digits counted up.
 */
export class LineSeries {
  #start: Uint8Array | null = null;
  #end: Uint8Array | null = null;
  #number = 0;
  /** The last line; null: not kept. */
  #line: Uint8Array | null = null;
  /** Where the digits of its two numbers are: the first and the last one of each. */
  #sequenceFrom = 0;
  #sequenceTo = 0;
  #numberFrom = 0;
  #numberTo = 0;

  /** Nothing is known of the line before the next one. */
  forget(): void {
    this.#start = null;
    this.#line = null;
  }

  /** The line with these parts, when it can be made of the one before it. Valid until the next call. */
  next(parts: LineParts): Uint8Array | null {
    const line = this.#line;
    if (line === null || !this.#isNext(parts)) return null;
    if (countUp(line, this.#sequenceFrom, this.#sequenceTo) && countUp(line, this.#numberFrom, this.#numberTo)) {
      this.#number += 1;
      return line;
    }
    this.#line = null;
    return null;
  }

  /**
   * Takes note of a line that could not be made of the one before it.
   *
   * @returns whether the next one may be made of it, once it is kept
   */
  note(parts: LineParts): boolean {
    const isNext = this.#isNext(parts);
    this.#line = null;
    this.#start = parts.number === null ? null : parts.start;
    this.#end = parts.end;
    this.#number = parts.number ?? 0;
    return isNext;
  }

  /**
   * Keeps the line of which note was taken.
   *
   * @param line - changed by what follows
   * @param digits - where its own number begins and ends
   */
  keep(line: Uint8Array, { start, end }: LineParts, digits: { readonly from: number; readonly to: number }): void {
    this.#line = line;
    this.#sequenceFrom = digits.from;
    this.#sequenceTo = digits.to - 1;
    this.#numberFrom = digits.to + start.length;
    this.#numberTo = line.length - end.length - 1;
  }

  #isNext({ start, number, end }: LineParts): boolean {
    return this.#start === start && this.#end === end && this.#number + 1 === number;
  }
}

/**
 * Adds one to a number in its digits: to write a number out is dear.
 *
 * @param first - where its digits begin
 * @param last - its last digit
 * @returns false when it needs one digit more, and then all are zeros
 */
export function countUp(bytes: Uint8Array, first: number, last: number): boolean {
  let at = last;
  for (; at >= first && bytes[at] === NINE; at -= 1) bytes[at] = ZERO;
  if (at < first) return false;
  bytes[at] = (bytes[at] ?? ZERO) + 1;
  return true;
}
