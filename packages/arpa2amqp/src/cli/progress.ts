const FIRST_MS = 1000;
const EVERY_MS = 1000;

/** Shows how long the program has been waiting: on a terminal only, and only when it takes longer than a second. */
export class Progress {
  readonly #terminal: NodeJS.WriteStream;
  readonly #what: string;
  readonly #startMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(terminal: NodeJS.WriteStream, what: string) {
    this.#terminal = terminal;
    this.#what = what;
    if (!terminal.isTTY) return;
    this.#timer = setTimeout(() => this.#show(), FIRST_MS);
    this.#timer.unref();
  }

  /** Takes the line away. Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#isShown) this.#terminal.write('\r\u001b[K');
    this.#isShown = false;
  }

  #show(): void {
    const seconds = Math.round((performance.now() - this.#startMs) / 1000);
    this.#terminal.write(`\r\u001b[K${this.#what}, ${seconds} s`);
    this.#isShown = true;
    this.#timer = setTimeout(() => this.#show(), EVERY_MS);
    this.#timer.unref();
  }
}
