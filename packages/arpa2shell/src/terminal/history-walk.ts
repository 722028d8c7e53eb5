/** A walk through older and newer lines that begin like the line that was being typed. */
export class HistoryWalk {
  readonly #lines: () => readonly string[];
  #draft: string | null = null;
  #index = 0;

  constructor(lines: () => readonly string[]) {
    this.#lines = lines;
  }

  /** The next older line, or null at the end of the walk. */
  older(line: string): string | null {
    const lines = this.#lines();
    if (this.#draft === null) {
      this.#draft = line;
      this.#index = lines.length;
    }
    for (let at = this.#index - 1; at >= 0; at--) {
      if (this.#fits(lines[at], line)) return this.#stop(at);
    }
    return null;
  }

  /** The next newer line, in the end the one that was being typed. */
  newer(line: string): string | null {
    const lines = this.#lines();
    const draft = this.#draft;
    if (draft === null) return null;
    for (let at = this.#index + 1; at < lines.length; at++) {
      if (this.#fits(lines[at], line)) return this.#stop(at);
    }
    this.reset();
    return draft;
  }

  /** Any other key ends the walk. */
  reset(): void {
    this.#draft = null;
  }

  #fits(candidate: string | undefined, shown: string): boolean {
    return candidate !== undefined && candidate !== shown && candidate.startsWith(this.#draft ?? '');
  }

  #stop(at: number): string | null {
    this.#index = at;
    return this.#lines()[at] ?? null;
  }
}
