import { clustersOf, cutToCells } from './cells.js';
import type { InputEvent } from './key-input.js';
import type { ScreenOutput } from './screen.js';

const INVITATION = '-- more -- (blank: page, Enter: line, q: end)';

/** Shows a long text screen by screen. No external program: a pager of the system could be made to start a shell. */
export class Pager {
  readonly #output: ScreenOutput;
  readonly #rows: Iterator<string>;
  #ahead: IteratorResult<string>;

  constructor(output: ScreenOutput, text: string) {
    this.#output = output;
    this.#rows = rowsOf(text, Math.max(2, output.columns))[Symbol.iterator]();
    this.#ahead = this.#rows.next();
  }

  /** Shows the first screen. @returns true when that was all. */
  begin(): boolean {
    return this.#show(this.#page);
  }

  /** @returns true when the user has seen all, or enough. */
  take(event: InputEvent): boolean {
    if (event.kind === 'key') return this.#takeKey(event.chord);
    // What was typed together is taken key by key; what follows the one that ends is dropped.
    for (const key of event.text) if (this.#takeKey(key)) return true;
    return false;
  }

  #takeKey(key: string): boolean {
    switch (key) {
      case ' ':
      case 'f':
      case 'pagedown':
      case 'ctrl+f':
      case 'ctrl+v':
        return this.#show(this.#page);
      case 'return':
      case 'down':
      case 'j':
        return this.#show(1);
      case 'G':
      case 'end':
        return this.#show(Infinity);
      case 'q':
      case 'Q':
      case 'escape':
      case 'ctrl+c':
      case 'ctrl+d':
        this.erase();
        return true;
      default:
        return false;
    }
  }

  /** Draws the invitation. */
  invite(): void {
    this.#output.write(`\r\u001b[0m${cutToCells(INVITATION, this.#output.columns - 1)}\u001b[K`);
  }

  /** Takes the invitation away. */
  erase(): void {
    this.#output.write('\r\u001b[0m\u001b[K');
  }

  get #page(): number {
    return Math.max(1, this.#output.rows - 1);
  }

  #show(count: number): boolean {
    const rows: string[] = [];
    while (this.#ahead.done !== true && rows.length < count) {
      rows.push(this.#ahead.value);
      this.#ahead = this.#rows.next();
    }
    this.erase();
    this.#output.write(rows.map((row) => `${row}\n`).join(''));
    return this.#ahead.done === true;
  }
}

/** The rows a text takes on the screen. Colour sequences in it take no room. */
export function* rowsOf(text: string, columns: number): Generator<string> {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) yield* rowsOfLine(line, columns);
}

function* rowsOfLine(line: string, columns: number): Generator<string> {
  let row = '';
  let cells = 0;
  // eslint-disable-next-line no-control-regex -- the escape sequences of colours
  for (const piece of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (piece.startsWith('\u001b[')) {
      row += piece;
      continue;
    }
    for (const cluster of clustersOf(piece)) {
      const isTab = cluster.shown === '\\t';
      const width = isTab ? 8 - (cells % 8) : cluster.cells;
      if (cells + width > columns) {
        yield row;
        row = '';
        cells = 0;
      }
      row += isTab ? ' '.repeat(width) : cluster.shown;
      cells += width;
    }
  }
  yield row;
}
