import { GssError } from './gss-error.js';

/**
 * A native object with one owner and any number of users. Invariant: it is freed once, when its owner has disposed it and nobody uses
 * it any more. A call on another thread counts as a user: freeing under it would crash the process.
 */
export class Handle {
  readonly #pointer: bigint;
  readonly #what: string;
  readonly #free: (pointer: bigint) => void;
  #users = 0;
  #isDisposed = false;

  /** @param what - Noun for errors, e.g. `credential`. */
  constructor(pointer: bigint, what: string, free: (pointer: bigint) => void) {
    this.#pointer = pointer;
    this.#what = what;
    this.#free = free;
  }

  /** The address, for a call that ends before this function's caller does anything else. */
  get pointer(): bigint {
    if (this.#isDisposed) throw new GssError('gss-disposed', `Using a ${this.#what}`);
    return this.#pointer;
  }

  /** Starts a use that lasts; the returned function ends it (once). */
  retain(): () => void {
    if (this.#isDisposed) throw new GssError('gss-disposed', `Using a ${this.#what}`);
    this.#users++;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#users--;
      this.#freeIfUnused();
    };
  }

  /** Address for somebody who retains the handle: valid even after the owner disposed it. */
  get retainedPointer(): bigint {
    return this.#pointer;
  }

  /** Ends the owner's use. Idempotent. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#isDisposed && this.#users === 0) this.#free(this.#pointer);
  }
}
