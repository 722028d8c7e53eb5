import { isUnsafe } from './escape.js';
import { appendHistoryLine, compactHistoryFile, readHistoryFile } from './history-file.js';

/** Options of {@link History.open}. */
export interface HistoryOptions {
  /** The file; null keeps the history in memory only. */
  readonly file: string | null;
  /** Lines kept, default 1,000. */
  readonly limit?: number;
  /** Told once when the file cannot be read or written; the history goes on in memory. */
  readonly onProblem: (text: string) => void;
}

/** Lines longer than this, in UTF-16 units, are remembered but not stored. */
const MAX_STORED_LENGTH = 16 * 1024;

/** The lines a user typed before, without duplicates, in a file that only this user can read. */
export class History {
  readonly #file: string | null;
  readonly #limit: number;
  readonly #onProblem: (text: string) => void;
  #lines: string[] = [];
  #isBroken = false;
  #isGrown = false;
  #work: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  private constructor(options: HistoryOptions) {
    this.#file = options.file;
    this.#limit = options.limit ?? 1000;
    this.#onProblem = options.onProblem;
  }

  /** Reads the file. Never fails: a problem is told and the history starts empty. */
  static async open(options: HistoryOptions): Promise<History> {
    const history = new History(options);
    await history.#attempt(async (file) => {
      const lines = await readHistoryFile(file);
      history.#lines = history.#choose(lines);
      if (history.#lines.length < lines.length) await compactHistoryFile(file, (all) => history.#choose(all));
    });
    return history;
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Remembers a line and stores it. Lines with secrets are not to be given. */
  add(line: string): void {
    if (line.trim() === '') return;
    const isRepeated = this.#lines.at(-1) === line;
    this.#lines = this.#choose([...this.#lines, line]);
    if (isRepeated || isUnsafe(line) || line.length > MAX_STORED_LENGTH || this.#closing !== null) return;
    this.#isGrown = true;
    this.#work = this.#work.then(async () => await this.#attempt(async (file) => await appendHistoryLine(file, line)));
  }

  /** Waits until all is stored, and takes duplicates out of the file. */
  async close(): Promise<void> {
    this.#closing ??= this.#work.then(async () => {
      if (this.#isGrown) {
        await this.#attempt(async (file) => await compactHistoryFile(file, (lines) => this.#choose(lines)));
      }
    });
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #choose(lines: readonly string[]): string[] {
    const latest = [...new Set(lines.filter((line) => line !== '' && !line.includes('\u001b')).reverse())];
    return latest.slice(0, this.#limit).reverse();
  }

  async #attempt(work: (file: string) => Promise<void>): Promise<void> {
    if (this.#file === null || this.#isBroken) return;
    try {
      await work(this.#file);
    } catch (error) {
      this.#isBroken = true;
      this.#onProblem(
        `The history cannot be kept in "${this.#file}" and ends with this session: ${(error as Error).message}`,
      );
    }
  }
}
