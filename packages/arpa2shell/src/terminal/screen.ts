import { cellsOf, type Cluster, clustersOf } from './cells.js';
import type { EditorView } from './line-editor.js';
import { paint, type Tone, type TonedText } from './tone.js';

/** A place on the screen, counted from where the prompt begins. */
interface Place {
  readonly row: number;
  readonly column: number;
}

interface Layout {
  readonly text: string;
  readonly cursor: Place;
  readonly end: Place;
}

const HOME: Place = { row: 0, column: 0 };

/** The size of a terminal, and where to write. */
export interface ScreenOutput {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** A terminal as it is now; one that does not tell its size is taken for 80 by 24. */
export function screenOutputOf(output: NodeJS.WriteStream): ScreenOutput {
  return {
    get columns() {
      return output.columns > 0 ? output.columns : 80;
    },
    get rows() {
      return output.rows > 0 ? output.rows : 24;
    },
    write: (text) => void output.write(text),
  };
}

/**
 * Draws prompt and line and knows where the cursor is. The terminal wraps long lines itself, so that they stay one line
 * when copied or when the window changes. A line longer than the screen is shown in part, around the cursor.
 */
export class Screen {
  readonly #output: ScreenOutput;
  readonly #isColour: boolean;
  #cursor: Place = HOME;
  #columns = 0;

  constructor(output: ScreenOutput, isColour: boolean) {
    this.#output = output;
    this.#isColour = isColour;
  }

  /** Draws over what was drawn before, in one write. */
  draw(view: EditorView): void {
    const columns = Math.max(2, this.#output.columns);
    const layout = this.#layOut(view, columns);
    const { cursor, end } = layout;
    this.#output.write(
      `${this.#home()}${layout.text}\u001b[J${up(end.row - cursor.row)}\r${cursor.column > 0 ? `\u001b[${cursor.column}C` : ''}`,
    );
    this.#cursor = cursor;
    this.#columns = columns;
  }

  /** Draws a last time, with a mark behind the line, and goes to the line below. */
  finish(view: EditorView, mark: string): void {
    const shown = mark === '' ? view : { ...view, line: view.line + mark, cursor: view.cursor + mark.length };
    const layout = this.#layOut(shown, Math.max(2, this.#output.columns));
    // A line that fills its last row has made a new one already.
    const isNewRow = layout.end.row > 0 && layout.end.column === 0;
    this.#output.write(`${this.#home()}${layout.text}\u001b[J${isNewRow ? '' : '\r\n'}`);
    this.#cursor = HOME;
  }

  /** Takes prompt and line off the screen; the cursor is where the prompt began. */
  erase(): void {
    this.#output.write(`${this.#home()}\u001b[J`);
    this.#cursor = HOME;
  }

  clear(): void {
    this.#output.write('\u001b[H\u001b[2J');
    this.#cursor = HOME;
  }

  /** To where the prompt begins. In a window that became narrower or wider meanwhile, the terminal has wrapped anew. */
  #home(): string {
    const columns = Math.max(2, this.#output.columns);
    const { row, column } = this.#cursor;
    const isResized = this.#columns !== 0 && this.#columns !== columns;
    return `${up(isResized ? Math.floor((row * this.#columns + column) / columns) : row)}\r`;
  }

  #layOut(view: EditorView, columns: number): Layout {
    const room = Math.max(columns, this.#output.rows * columns - columns - cellsOfAll(view.prompt) - 2);
    const writer = new FrameWriter(columns, this.#isColour);
    for (const { text, tone } of view.prompt) for (const cluster of clustersOf(text)) writer.put(cluster, tone);
    const { start, end } = windowOf(view, room);
    if (start > 0) writer.put(MORE, 'faint');
    const line = view.line.slice(start, end);
    let cursor: Place | null = null;
    for (const cluster of clustersOf(line)) {
      const isWrong = view.wrong.some(
        (span) => span.start <= start + cluster.start && start + cluster.start < span.end,
      );
      const place = writer.put(cluster, isWrong ? 'bad' : 'plain');
      if (cursor === null && start + cluster.end > view.cursor) cursor = place;
    }
    if (end < view.line.length) writer.put(MORE, 'faint');
    cursor ??= writer.next();
    let hintRoom = room - cellsOf(line);
    for (const cluster of clustersOf(view.hint)) {
      hintRoom -= cluster.cells;
      if (hintRoom <= 0) break;
      writer.put(cluster, 'faint');
    }
    return { text: writer.end(), cursor, end: writer.next() };
  }
}

const MORE: Cluster = { start: 0, end: 0, shown: '…', cells: 1 };

/** Collects what is drawn and counts rows and columns as a terminal does. */
class FrameWriter {
  readonly #columns: number;
  readonly #isColour: boolean;
  readonly #pieces: string[] = [];
  #run = '';
  #tone: Tone = 'plain';
  #row = 0;
  #column = 0;

  constructor(columns: number, isColour: boolean) {
    this.#columns = columns;
    this.#isColour = isColour;
  }

  /** @returns where it stands. */
  put(cluster: Cluster, tone: Tone): Place {
    if (tone !== this.#tone) this.#endRun();
    this.#tone = tone;
    this.#run += cluster.shown;
    if (cluster.cells <= 2) return this.#advance(cluster.cells);
    // An escaped character may be wrapped in its middle.
    const place = this.#advance(1);
    for (let cell = 1; cell < cluster.cells; cell++) this.#advance(1);
    return place;
  }

  /** Where the next narrow character would stand. */
  next(): Place {
    return this.#column >= this.#columns ? { row: this.#row + 1, column: 0 } : { row: this.#row, column: this.#column };
  }

  end(): string {
    this.#endRun();
    if (this.#column < this.#columns) return this.#pieces.join('');
    // The terminal wraps only when something follows: make it, and stand at the beginning of the next row.
    this.#row++;
    this.#column = 0;
    return `${this.#pieces.join('')} \r`;
  }

  #advance(cells: number): Place {
    if (cells > 0 && this.#column + cells > this.#columns) {
      this.#row++;
      this.#column = 0;
    }
    const place = { row: this.#row, column: this.#column };
    this.#column += cells;
    return place;
  }

  #endRun(): void {
    this.#pieces.push(paint(this.#run, this.#tone, this.#isColour));
    this.#run = '';
  }
}

/** The part of the line that is drawn: all of it, or about a screen around the cursor. */
function windowOf(view: EditorView, room: number): { readonly start: number; readonly end: number } {
  const { line, cursor } = view;
  if (line.length <= room && shownCellsOf(line) <= room) return { start: 0, end: line.length };
  let start = Math.max(0, cursor - Math.floor(room / 2));
  // Wide or escaped characters take more room than they are long; no character takes more than ten cells a unit.
  if (shownCellsOf(line.slice(start, cursor)) > room - 2) start = Math.max(0, cursor - Math.floor(room / 12));
  while (start > 0 && start < cursor && /^[\p{Mn}\p{Me}\udc00-\udfff]/u.test(line.slice(start, start + 2))) start++;
  let end = start;
  let cells = 0;
  for (const cluster of clustersOf(line.slice(start, start + room))) {
    cells += cluster.cells;
    if (cells > room - 2) break;
    end = start + cluster.end;
  }
  return { start, end };
}

function shownCellsOf(text: string): number {
  let cells = 0;
  for (const cluster of clustersOf(text)) cells += cluster.cells;
  return cells;
}

function cellsOfAll(pieces: readonly TonedText[]): number {
  return pieces.reduce((sum, { text }) => sum + cellsOf(text), 0);
}

function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : '';
}
