import { clustersOf } from './cells.js';

/** One row of a text. */
interface Row {
  readonly shown: string;
  /** Where the next row begins. */
  readonly next: number;
}

/** A row is looked for in so much of a line for each of its columns: heaps of combining marks are taken in parts. */
const UNITS_A_COLUMN = 32;
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;

/**
 * The rows that a text takes on a screen of so many columns, worked out as far as they are asked for. One number is kept for
 * each; what is shown is made again. Colour sequences in the text take no room.
 */
export class TextRows {
  readonly columns: number;
  readonly #text: string;
  readonly #starts: number[];
  readonly #end: number;

  constructor(text: string, columns: number) {
    this.columns = columns;
    this.#text = text;
    this.#starts = text === '' ? [] : [0];
    // A line end at the end begins no row.
    this.#end = text.endsWith('\n') ? text.length - 1 : text.length;
  }

  /** Whether there is such a row, from 0. */
  has(index: number): boolean {
    if (this.#text === '') return false;
    while (this.#starts.length <= index) {
      const { next } = this.#rowAt(this.#starts.at(-1) ?? 0);
      if (next > this.#end) return false;
      this.#starts.push(next);
    }
    return true;
  }

  /** What is shown of some rows, as far as they are there. */
  slice(from: number, to: number): readonly string[] {
    const rows: string[] = [];
    for (let index = from; index < to && this.has(index); index++) {
      rows.push(this.#rowAt(this.#starts[index] ?? 0).shown);
    }
    return rows;
  }

  /** How many there are. */
  count(): number {
    let index = this.#starts.length;
    while (this.has(index)) index += 1;
    return index;
  }

  /** Where a row begins in the text. */
  startOf(index: number): number {
    return this.has(index) ? (this.#starts[index] ?? 0) : this.#text.length;
  }

  /** The row in which a place of the text is. */
  indexOf(at: number): number {
    let last = Math.max(0, this.#starts.length - 1);
    while ((this.#starts[last] ?? 0) <= at && this.has(last + 1)) last += 1;
    let first = 0;
    while (first < last) {
      const middle = Math.ceil((first + last) / 2);
      if ((this.#starts[middle] ?? 0) <= at) first = middle;
      else last = middle - 1;
    }
    return first;
  }

  #rowAt(start: number): Row {
    const newline = this.#text.indexOf('\n', start);
    const lineEnd = newline < 0 ? this.#text.length : newline;
    const { shown, length, isFull } = layOut(this.#windowAt(start, lineEnd), this.columns);
    const end = start + length;
    return { shown, next: isFull || end < lineEnd ? end : lineEnd + 1 };
  }

  #windowAt(start: number, lineEnd: number): string {
    const limit = start + this.columns * UNITS_A_COLUMN;
    if (limit >= lineEnd) return this.#text.slice(start, lineEnd);
    const cut = this.#text.slice(start, limit).replace(/[\ud800-\udbff]$/, '');
    // A colour sequence that the cut goes through belongs to the next row.
    // eslint-disable-next-line no-control-regex -- the escape sequences of colours
    const whole = cut.replace(/\u001b[^m]*$/, '');
    return whole === '' ? cut : whole;
  }
}

/** As much of a piece of a line as fits into the columns. */
function layOut(piece: string, columns: number): { shown: string; length: number; isFull: boolean } {
  if (PRINTABLE_ASCII.test(piece)) {
    const isFull = piece.length > columns;
    return { shown: isFull ? piece.slice(0, columns) : piece, length: Math.min(piece.length, columns), isFull };
  }
  let shown = '';
  let cells = 0;
  let length = 0;
  // eslint-disable-next-line no-control-regex -- the escape sequences of colours
  for (const part of piece.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) {
      shown += part;
      length += part.length;
      continue;
    }
    for (const cluster of clustersOf(part)) {
      const isTab = cluster.shown === '\\t';
      const width = isTab ? 8 - (cells % 8) : cluster.cells;
      if (cells + width > columns && cells > 0) return { shown, length, isFull: true };
      shown += isTab ? ' '.repeat(Math.min(width, columns)) : cluster.shown;
      cells += width;
      length += cluster.end - cluster.start;
    }
  }
  return { shown, length, isFull: false };
}
