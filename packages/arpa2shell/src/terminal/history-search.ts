import { previousCluster } from './cells.js';
import type { InputEvent } from './key-input.js';

/** Where a search was begun, to go back to. */
export interface SearchOrigin {
  readonly text: string;
  readonly cursor: number;
}

/** An incremental search through the history (Ctrl-R older, Ctrl-S newer). */
export class HistorySearch {
  readonly origin: SearchOrigin;
  readonly #lines: readonly string[];
  #query = '';
  #index: number;
  #isFailed = false;

  constructor(lines: readonly string[], origin: SearchOrigin) {
    this.#lines = lines;
    this.origin = origin;
    this.#index = lines.length;
  }

  get query(): string {
    return this.#query;
  }

  /** True when nothing (more) was found; the line found last stays. */
  get isFailed(): boolean {
    return this.#isFailed;
  }

  /** The line found, and where the query stands in it. */
  get found(): { readonly line: string; readonly at: number } | null {
    const line = this.#lines[this.#index];
    return line === undefined || this.#query === '' ? null : { line, at: line.indexOf(this.#query) };
  }

  /** @returns what becomes of the search: it goes on, is given up, or ends with what was found, before the key is taken as usual. */
  take(event: InputEvent): 'on' | 'given-up' | 'ended' {
    if (event.kind === 'text') {
      this.#extend(event.text.replaceAll('\t', ' '));
      return 'on';
    }
    switch (event.chord) {
      case '?':
        this.#extend('?');
        return 'on';
      case 'backspace':
        this.#shorten();
        return 'on';
      case 'ctrl+r':
        if (this.#query !== '') this.#seek(this.#index - 1, -1);
        return 'on';
      case 'ctrl+s':
        if (this.#query !== '') this.#seek(this.#index + 1, 1);
        return 'on';
      case 'ctrl+g':
      case 'ctrl+c':
      case 'escape':
        return 'given-up';
      default:
        return 'ended';
    }
  }

  #extend(text: string): void {
    this.#query += text;
    this.#seek(Math.min(this.#index, this.#lines.length - 1), -1);
  }

  #shorten(): void {
    this.#query = this.#query.slice(0, previousCluster(this.#query, this.#query.length));
    this.#index = this.#lines.length;
    this.#seek(this.#lines.length - 1, -1);
  }

  #seek(from: number, step: 1 | -1): void {
    const shown = this.found?.line;
    this.#isFailed = false;
    if (this.#query === '') return;
    for (let at = from; at >= 0 && at < this.#lines.length; at += step) {
      const isSame = at !== this.#index && this.#lines[at] === shown;
      if (!isSame && this.#lines[at]?.includes(this.#query) === true) {
        this.#index = at;
        return;
      }
    }
    this.#isFailed = true;
  }
}
