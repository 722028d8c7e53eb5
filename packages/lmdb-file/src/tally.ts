import { crc32 } from 'node:zlib';
import type { Database } from 'lmdb';

/** The records of a file: strings by strings. */
export type Records = Database<string, string>;

/** How many records there are beside the one that holds the tally, and the sum of their check sums, modulo 2^48. */
export interface Tally {
  readonly records: number;
  readonly sum: number;
}

/** The tally of no records. */
export const EMPTY_TALLY: Tally = { records: 0, sum: 0 };

const SUM_MODULUS = 2 ** 48;

/** The check sum of one record, the same from strings and from what the file holds. */
export function recordSum(key: string | Buffer, value: string | Buffer): number {
  return crc32(value, crc32(key));
}

/** A tally with one record more, or with -1 one less. */
export function addToTally({ records, sum }: Tally, record: number, sign: 1 | -1 = 1): Tally {
  return { records: records + sign, sum: (sum + sign * record + SUM_MODULUS) % SUM_MODULUS };
}

/** Writes records inside one transaction and keeps the tally, which the caller writes at the end. */
export class TalliedWriter {
  readonly #records: Records;
  #tally: Tally;

  /** @param tally - of the records as they are now */
  constructor(records: Records, tally: Tally) {
    this.#records = records;
    this.#tally = tally;
  }

  /** Of the records as they are now. */
  get tally(): Tally {
    return this.#tally;
  }

  /** Writes a record, in place of the one that is there. */
  put(key: string, value: string): void {
    this.#forget(key);
    this.#records.putSync(key, value);
    this.#tally = addToTally(this.#tally, recordSum(key, value));
  }

  /** Removes a record, if there is one. */
  remove(key: string): void {
    if (this.#forget(key)) this.#records.removeSync(key);
  }

  #forget(key: string): boolean {
    const old = this.#records.get(key);
    if (old === undefined) return false;
    this.#tally = addToTally(this.#tally, recordSum(key, old), -1);
    return true;
  }
}
