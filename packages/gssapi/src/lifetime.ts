/** End of a life, fixed when the library told how long it lasts: asking again would need the object's queue. */
export class Lifetime {
  readonly #endMs: number;

  /** @param seconds - Life from now on, Infinity for no end. */
  constructor(seconds: number) {
    this.#endMs = Date.now() + seconds * 1000;
  }

  /** Whole seconds left, 0 after the end, Infinity for no end. The library has rounded down already: once more would lose a second. */
  get seconds(): number {
    return Math.max(0, Math.ceil((this.#endMs - Date.now()) / 1000));
  }

  /** True after the end. */
  get isOver(): boolean {
    return Date.now() >= this.#endMs;
  }

  /** The end, null for none. */
  get end(): Date | null {
    return Number.isFinite(this.#endMs) ? new Date(this.#endMs) : null;
  }
}
