import { hash } from 'node:crypto';
import { HASH_OFFSET, type ChainHead } from './audit-chain.js';
import { OPENING, SERIES, SERIES_WORDS, type PageLines } from './audit-page.js';
import { CountedLine, countUp, type Digits } from './counted-line.js';

/** Lines with the hash in each of the one before it. */
export interface ChainedLines {
  /** The end of the chain. */
  readonly head: ChainHead;
  readonly bytes: Buffer;
}

/**
 * Writes lines out and gives each its number and the hash of the one before it.
 *
 * @param head - of the line before the first one
 * @param room - for the lines; they are in it
 */
export function chain(head: ChainHead, { bytes, series }: PageLines, room: Buffer): ChainedLines {
  const writer = new ChainWriter(head, room);
  for (let index = 0; index < series.length; index += SERIES_WORDS) {
    const from = series[index + SERIES.from] ?? 0;
    const to = series[index + SERIES.to] ?? 0;
    const lines = series[index + SERIES.lines] ?? 0;
    writer.first(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from));
    if (lines === 1) continue;
    const number = {
      from: (series[index + SERIES.numberFrom] ?? 0) - from,
      to: (series[index + SERIES.numberTo] ?? 0) - from,
    };
    writer.others(lines - 1, number);
  }
  return { head: writer.head, bytes: writer.bytes };
}

class ChainWriter {
  readonly #room: Buffer;
  #sequence: number;
  #hash: string;
  /** How the last line begins, with its number. */
  #opening: Uint8Array;
  /** Where the last line begins. */
  #at = 0;
  #length = 0;

  constructor({ sequence, hash: last }: ChainHead, room: Buffer) {
    this.#room = room;
    this.#sequence = sequence;
    this.#hash = last;
    this.#opening = openingOf(sequence);
  }

  get head(): ChainHead {
    return { sequence: this.#sequence, hash: this.#hash };
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  /** @param body - of the line, behind its own number */
  first(body: Uint8Array): void {
    const room = this.#room;
    this.#sequence += 1;
    const isCounted = countUp(this.#opening, { from: OPENING.length, to: this.#opening.length });
    if (!isCounted) this.#opening = openingOf(this.#sequence);
    const at = this.#length;
    const bodyAt = at + this.#opening.length;
    room.set(this.#opening, at);
    room.set(body, bodyAt);
    room.write(this.#hash, bodyAt + HASH_OFFSET, this.#hash.length, 'latin1');
    this.#at = at;
    this.#length = bodyAt + body.length;
    this.#link(new Uint8Array(room.buffer, room.byteOffset + at, this.#length - 1 - at));
  }

  /**
   * The lines that follow on the last one in its series.
   *
   * @param number - where in its body the number is
   */
  others(lines: number, number: Digits): void {
    const room = this.#room;
    const bodyAt = this.#opening.length;
    const line = new CountedLine(
      room.subarray(this.#at, this.#length),
      { from: OPENING.length, to: bodyAt },
      { from: bodyAt + number.from, to: bodyAt + number.to },
    );
    for (let count = 0; count < lines; count += 1) {
      line.next();
      line.bytes.write(this.#hash, line.own.to + HASH_OFFSET, this.#hash.length, 'latin1');
      this.#link(line.text);
      room.set(line.bytes, this.#length);
      this.#length += line.bytes.length;
    }
    this.#sequence += lines;
    this.#opening = openingOf(this.#sequence);
  }

  #link(line: Uint8Array): void {
    // In one shot: a hash object a line takes twice as long.
    this.#hash = hash('sha256', line, 'hex');
  }
}

function openingOf(sequence: number): Buffer {
  return Buffer.from(`${OPENING}${sequence}`, 'latin1');
}
