/**
 * What one domain uses, with what is under way. It is read again from time to time, while changes go on. What such a reading may have
 * seen or not counts as used, until the next one: it may be too much for a while, and is never too little.
 */
export class DomainCount {
  readonly #now: () => number;
  readonly #nextMoment: () => number;
  #bytes = 0;
  /** When it was read, by `now`. */
  #at = -Infinity;
  /** Taken by what has not ended yet. */
  #underWay = 0;
  /** Of what was taken, what the reading that goes on may not see. */
  #unseen = 0;
  /** When a reading has begun or ended for the last time. */
  #disturbed = 0;
  #reading: Promise<void> | undefined;

  /** @param nextMoment - makes moments, which are compared with those of {@link give} */
  constructor(now: () => number, nextMoment: () => number) {
    this.#now = now;
    this.#nextMoment = nextMoment;
  }

  /** Reads again what is used, unless that was done not long ago; one reading at a time. */
  async refresh(maxAgeMs: number, read: () => Promise<number>): Promise<void> {
    if (this.#now() - this.#at < maxAgeMs) return;
    this.#reading ??= this.#read(read);
    await this.#reading;
  }

  /** Counts what is about to be used, if there is room. @returns whether there was */
  take(bytes: number, maxBytes: number): boolean {
    if (this.#bytes + bytes > maxBytes) return false;
    this.#bytes += bytes;
    this.#underWay += bytes;
    this.#unseen += bytes;
    return true;
  }

  /** What was taken is used now. */
  keep(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** What was taken is not used after all. */
  cancel(bytes: number): void {
    this.#bytes -= bytes;
    this.#underWay -= bytes;
    this.#unseen -= bytes;
  }

  /** What was used is used no more. @param since - a moment when it was still: a reading after it may know already */
  give(bytes: number, since: number): void {
    if (this.#disturbed <= since) this.#bytes -= bytes;
  }

  async #read(read: () => Promise<number>): Promise<void> {
    this.#disturbed = this.#nextMoment();
    this.#unseen = this.#underWay;
    try {
      this.#bytes = (await read()) + this.#unseen;
      this.#at = this.#now();
    } finally {
      this.#disturbed = this.#nextMoment();
      this.#reading = undefined;
    }
  }
}
