import { cutToCells, previousCluster } from './cells.js';
import { escapeToOneLine } from './escape.js';
import type { InputEvent } from './key-input.js';
import type { ScreenOutput } from './screen.js';
import { TextRows } from './text-rows.js';

const MORE = '-- more -- (blank: on, b: back, /: search, q: end)';
const END = '-- end -- (b: back, /: search, q: end)';
const MAX_QUERY = 200;
const ENDING: ReadonlySet<string> = new Set(['q', 'Q', 'escape', 'ctrl+c', 'ctrl+d']);
const STEPS: ReadonlyMap<string, 'line' | 'page' | 'back-line' | 'back-page' | 'start' | 'end'> = new Map([
  ...on('line', ['return', 'down', 'j']),
  ...on('page', [' ', 'f', 'pagedown', 'ctrl+f', 'ctrl+v']),
  ...on('back-line', ['up', 'k', 'y']),
  ...on('back-page', ['b', 'pageup', 'ctrl+b', 'meta+v']),
  ...on('start', ['g', 'home']),
  ...on('end', ['G', 'end']),
]);

/**
 * Shows a long text screen by screen, there and back. No external program: a pager of the system could be made to start a
 * shell. What is looked for is taken as it is, no pattern: one that backtracks would hold the terminal for ever.
 */
export class Pager {
  readonly #output: ScreenOutput;
  readonly #text: string;
  #rows: TextRows;
  /** The first row on the screen, and the first below it. */
  #top = 0;
  #next = 0;
  /** What is being typed behind a `/`; null when nothing is. */
  #typed: string | null = null;
  #query = '';
  /** Where it was found; null once the user has gone elsewhere. */
  #found: number | null = null;
  #note = '';

  constructor(output: ScreenOutput, text: string) {
    this.#output = output;
    this.#text = text;
    this.#rows = this.#rowsNow();
  }

  /** Shows the first screen. @returns true when that was all. */
  begin(): boolean {
    this.#forward(this.#page);
    return this.#isAtEnd;
  }

  /** @returns true when the user has seen enough. */
  take(event: InputEvent): boolean {
    this.#fitRows();
    if (event.kind === 'key') return this.#takeKey(event.chord, false);
    // What was typed together is taken key by key; what follows the one that ends is dropped.
    for (const key of event.text) if (this.#takeKey(key, true)) return true;
    return false;
  }

  /** Draws the invitation, or what is being looked for. */
  invite(): void {
    const state = this.#isAtEnd ? END : MORE;
    const shown = this.#typed === null ? `${this.#note}${state}` : escapeToOneLine(`/${this.#typed}`);
    this.#output.write(`\r\u001b[0m${cutToCells(shown, this.#output.columns - 1)}\u001b[K`);
  }

  /** Takes the invitation away. */
  erase(): void {
    this.#output.write('\r\u001b[0m\u001b[K');
  }

  get #page(): number {
    return Math.max(1, this.#output.rows - 1);
  }

  get #isAtEnd(): boolean {
    return !this.#rows.has(this.#next);
  }

  #takeKey(key: string, isText: boolean): boolean {
    if (this.#typed !== null) {
      this.#typed = this.#takeInSearch(this.#typed, key, isText);
      return false;
    }
    this.#note = '';
    if (ENDING.has(key) || (this.#isAtEnd && (key === ' ' || key === 'return'))) {
      this.erase();
      return true;
    }
    if (key === '/') this.#typed = '';
    else if (key === 'n') this.#search(1);
    else if (key === 'N') this.#search(-1);
    else this.#move(key);
    return false;
  }

  #move(key: string): void {
    const step = STEPS.get(key);
    const top = this.#top;
    if (step === 'line') this.#forward(1);
    else if (step === 'page') this.#forward(this.#page);
    else if (step === 'back-line') this.#showFrom(top - 1);
    else if (step === 'back-page') this.#showFrom(top - this.#page);
    else if (step === 'start') this.#showFrom(0);
    else if (step === 'end') this.#showFrom(this.#rows.count() - this.#page);
    if (step !== undefined) this.#found = null;
  }

  /** @returns what is typed then; null when that is over. */
  #takeInSearch(typed: string, key: string, isText: boolean): string | null {
    if (isText || key === '?') return (typed + key).slice(0, MAX_QUERY);
    switch (key) {
      case 'return':
        this.#query = typed === '' ? this.#query : typed;
        this.#search(1, typed === '' ? undefined : this.#top - 1);
        return null;
      case 'backspace':
        return typed === '' ? null : typed.slice(0, previousCluster(typed, typed.length));
      case 'ctrl+u':
        return '';
      case 'escape':
      case 'ctrl+c':
        return null;
      default:
        return typed;
    }
  }

  /** Shows the next row, or the one before, that has what is looked for. */
  #search(step: 1 | -1, behind = this.#found === null ? this.#top : this.#rows.indexOf(this.#found)): void {
    if (this.#query === '') return;
    const from = this.#rows.startOf(Math.max(0, step > 0 ? behind + 1 : behind)) + (step > 0 ? 0 : -1);
    const isOver = from < 0;
    const at = step > 0 ? this.#text.indexOf(this.#query, from) : this.#text.lastIndexOf(this.#query, from);
    if (isOver || at < 0) {
      this.#note = 'Not found. ';
      return;
    }
    this.#found = at;
    this.#showFrom(this.#rows.indexOf(at));
  }

  #forward(count: number): void {
    const rows = this.#rows.slice(this.#next, this.#next + count);
    this.#next += rows.length;
    this.#top = Math.max(this.#top, this.#next - this.#page);
    this.erase();
    this.#output.write(rows.map((row) => `${row}\n`).join(''));
  }

  /** Shows a screen anew that begins with a row. */
  #showFrom(row: number): void {
    this.#top = Math.max(0, row);
    const rows = this.#rows.slice(this.#top, this.#top + this.#page);
    this.#next = this.#top + rows.length;
    this.#output.write(`\u001b[0m\u001b[H\u001b[2J${rows.map((text) => `${text}\n`).join('')}`);
  }

  /** In a window that became wider or narrower the rows are others. */
  #fitRows(): void {
    if (this.#rows.columns === Math.max(2, this.#output.columns)) return;
    const [top, next] = [this.#rows.startOf(this.#top), this.#rows.startOf(this.#next)];
    this.#rows = this.#rowsNow();
    this.#top = this.#rows.indexOf(top);
    this.#next = next >= this.#text.length ? this.#rows.count() : this.#rows.indexOf(next);
  }

  #rowsNow(): TextRows {
    return new TextRows(this.#text, Math.max(2, this.#output.columns));
  }
}

function on<T extends string>(step: T, keys: readonly string[]): [string, T][] {
  return keys.map((key) => [key, step]);
}
