/** What a terminal shows: enough of a VT100 with UTF-8 for the tests, written apart from what it tests. */
export class ScreenModel {
  columns: number;
  rows: number;
  /** Everything that was ever shown, top to bottom; the last `rows` of it are the screen. */
  readonly lines: Cell[][] = [[]];
  row = 0;
  column = 0;
  bells = 0;
  /** Escape sequences this model does not know: none is expected. */
  readonly unknown: string[] = [];
  isBracketed = false;
  /** Rows that go on in the next one. */
  readonly #wrapped = new WeakSet<Cell[]>();
  /** The first row that is on the screen. */
  top = 0;
  #sgr = '';
  #pending = '';

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** As tmux and most windows do: what the terminal wrapped is wrapped anew. */
  resize(columns: number, rows: number): void {
    const old = this.lines.splice(0);
    const { row: cursorRow, column: cursorColumn } = this;
    let joined: Cell[] = [];
    let cursor = -1;
    for (const [row, line] of old.entries()) {
      if (row === cursorRow) cursor = joined.length + cursorColumn;
      joined.push(...line);
      if (this.#wrapped.has(line) && row < old.length - 1) continue;
      if (cursor >= 0) [this.row, this.column] = [this.lines.length + Math.floor(cursor / columns), cursor % columns];
      const end = Math.max(joined.length, cursor + 1, 1);
      for (let from = 0; from < end; from += columns) {
        const piece = joined.slice(from, from + columns);
        if (from + columns < end) this.#wrapped.add(piece);
        this.lines.push(piece);
      }
      joined = [];
      cursor = -1;
    }
    this.columns = columns;
    this.rows = rows;
    this.top = Math.max(0, this.lines.length - rows);
  }

  feed(text: string): void {
    const all = this.#pending + text;
    // An escape sequence may be cut by the end of a chunk.
    // eslint-disable-next-line no-control-regex -- the escape sequences that a terminal obeys
    const cut = /\u001b(?:\[[0-9;?]*)?$/.exec(all)?.index ?? all.length;
    this.#pending = all.slice(cut);
    // eslint-disable-next-line no-control-regex -- the escape sequences that a terminal obeys
    for (const [piece] of all.slice(0, cut).matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b.|[^]/gu)) this.#take(piece);
  }

  /** The text of a row, counted over everything ever shown. */
  lineAt(row: number): string {
    return (this.lines[row] ?? [])
      .map((cell) => cell.text)
      .join('')
      .trimEnd();
  }

  /** All rows from the first, without blank ones at the end. */
  get text(): string {
    return this.lines
      .map((_, row) => this.lineAt(row))
      .join('\n')
      .trimEnd();
  }

  /** The row of the cursor, up to the cursor. */
  get beforeCursor(): string {
    return (this.lines[this.row] ?? [])
      .slice(0, this.column)
      .map((cell) => cell.text)
      .join('');
  }

  /** The text on the cursor's row shown in a colour or other rendition, e.g. '31'. */
  shownAs(sgr: string): string {
    return (this.lines[this.row] ?? [])
      .filter((cell) => cell.sgr === sgr)
      .map((cell) => cell.text)
      .join('');
  }

  #take(piece: string): void {
    if (piece.startsWith('\u001b')) this.#control(piece);
    else if (piece === '\r') this.column = 0;
    else if (piece === '\n') this.#down();
    else if (piece === '\b') this.column = Math.max(0, this.column - 1);
    else if (piece === '\u0007') this.bells++;
    else if (piece >= ' ' && !/^[\u007f-\u009f]$/.test(piece)) this.#put(piece);
    else this.unknown.push(JSON.stringify(piece));
  }

  #control(sequence: string): void {
    // eslint-disable-next-line no-control-regex -- the escape sequences that a terminal obeys
    const [, parameters = '', letter = ''] = /^\u001b\[([0-9;?]*)([A-Za-z])$/.exec(sequence) ?? [];
    const count = Math.max(1, Number(parameters) || 1);
    if (letter === 'A') this.row = Math.max(this.top, this.row - count);
    else if (letter === 'C') this.column = Math.min(this.columns - 1, this.column + count);
    else if (letter === 'H') [this.row, this.column] = [this.top, 0];
    else if (letter === 'J' && parameters === '2') this.#cut(this.top, 0);
    else if (letter === 'J') this.#cut(this.row, this.column);
    else if (letter === 'K') this.lines[this.row] = (this.lines[this.row] ?? []).slice(0, this.column);
    else if (letter === 'm') this.#sgr = parameters === '0' ? '' : parameters;
    else if (parameters === '?2004') this.isBracketed = letter === 'h';
    else this.unknown.push(JSON.stringify(sequence));
  }

  #put(character: string): void {
    const line = this.#line();
    if (/^(?:\p{Mn}|\u200d)$/u.test(character)) {
      const cell = line[Math.max(0, this.column - 1)];
      if (cell !== undefined) cell.text += character;
      return;
    }
    const cells = /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff01-\uff60]|^\p{Emoji_Presentation}/u.test(character)
      ? 2
      : 1;
    if (this.column + cells > this.columns) {
      this.#wrapped.add(line);
      this.column = 0;
      this.#down();
    }
    const target = this.#line();
    while (target.length < this.column) target.push({ text: ' ', sgr: '' });
    target[this.column] = { text: character, sgr: this.#sgr };
    if (cells === 2) target[this.column + 1] = { text: '', sgr: this.#sgr };
    this.column += cells;
  }

  #line(): Cell[] {
    return (this.lines[this.row] ??= []);
  }

  #down(): void {
    this.row++;
    this.#line();
    this.top = Math.max(this.top, this.row - this.rows + 1);
  }

  #cut(row: number, column: number): void {
    this.lines[row] = (this.lines[row] ?? []).slice(0, column);
    this.lines.length = row + 1;
    while (this.lines.length <= this.row) this.lines.push([]);
  }
}

interface Cell {
  text: string;
  sgr: string;
}
