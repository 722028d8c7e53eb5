/*
 * Typed lines. Blanks (space, tab) separate words. '...' takes everything as it is; "..." too, but \" and \\ stand for " and \;
 * outside quotes a backslash takes the next character as it is. Parts that touch are one word. Positions are UTF-16 units from 0.
 *
 * Nothing typed makes the lexer throw: it works on every key press. What is wrong with a line is told in `open` and `fault`, and
 * a line with either is not to be run.
 */

/**
 * A typed line in words.
 *
 * @public
 */
export interface LexedLine {
  /** In order; the last one may be unfinished. */
  readonly words: readonly LexedWord[];
  /** The quote or backslash that is still open at the end of the line. */
  readonly open: "'" | '"' | '\\' | null;
  /** Position of the first `|` that stands, unquoted, as a word of its own. */
  readonly pipe?: number;
  /** The first character that may not be in a line: a control character other than tab, or half a surrogate pair. */
  readonly fault?: LineFault;
}

/**
 * Why a line may not be run.
 *
 * @public
 */
export interface LineFault {
  /** Position of the character. */
  readonly at: number;
  /** For a person; safe to show. */
  readonly message: string;
}

/**
 * A word of a typed line.
 *
 * @public
 */
export interface LexedWord {
  /** What it stands for, without quotes and escapes. */
  readonly text: string;
  /** Position of its first character, a quote included. */
  readonly start: number;
  /** Position after its last character. */
  readonly end: number;
  /** The quote it begins with. */
  readonly quote: "'" | '"' | null;
  /** Whether it is an unquoted `|`. */
  readonly isPipe?: true;
}

/**
 * Where a cursor stands in a line.
 *
 * @public
 */
export interface CursorWords {
  /** What the whole words before stand for; an unquoted `|` is among them. */
  readonly words: readonly string[];
  /** What the word that ends at the cursor stands for so far; empty after a blank. */
  readonly partial: string;
  /** Where this word begins in the line, its quote included: what a completion replaces is from here to the cursor. */
  readonly start: number;
  /** The quote this word begins with. */
  readonly quote: "'" | '"' | null;
}

// Line ends are faults, but they do separate: a word across two lines was never meant.
const BLANKS = /[ \t\r\n\v\f]*/y;
const PLAIN = /[^ \t\r\n\v\f'"\\]*/y;
const IN_DOUBLE = /[^"\\]*/y;
const REFUSED = /[^\P{Cc}\t]|\p{Cs}/u;
const NEEDS_QUOTES = /[\s'"\\]|^\|?$/u;

/**
 * Splits a typed line into words. Never throws; the work is in proportion to the line.
 *
 * @example
 * splitLine(`record add z '@' txt "a b"`).words.map((word) => word.text); // ['record', 'add', 'z', '@', 'txt', 'a b']
 * @public
 */
export function splitLine(line: string): LexedLine {
  const words: LexedWord[] = [];
  let open: LexedLine['open'] = null;
  let pipe: number | undefined;
  for (let at = runEnd(BLANKS, line, 0); at < line.length;) {
    const lexed = lexWord(line, at);
    words.push(lexed.word);
    if (lexed.word.isPipe === true) pipe ??= at;
    open = lexed.open;
    at = runEnd(BLANKS, line, lexed.word.end);
  }
  const fault = faultOf(line);
  return { words, open, ...(pipe === undefined ? {} : { pipe }), ...(fault === undefined ? {} : { fault }) };
}

/**
 * The words before a cursor and the one at it, for completion. What is behind the cursor does not count.
 *
 * @param cursor - position in the line, from 0 to its length
 * @returns null when the cursor is not in the line (or in the middle of a character), or what is before it may not be in a line
 * @public
 */
export function wordsBefore(line: string, cursor: number): CursorWords | null {
  if (!Number.isInteger(cursor) || cursor < 0 || cursor > line.length) return null;
  const { words, fault } = splitLine(line.slice(0, cursor));
  if (fault !== undefined) return null;
  const last = words.at(-1);
  if (last?.end !== cursor) return { words: words.map(textOf), partial: '', start: cursor, quote: null };
  return { words: words.slice(0, -1).map(textOf), partial: last.text, start: last.start, quote: last.quote };
}

/**
 * Writes a word so that {@link splitLine} gives it back: as it is where that is possible, else in quotes.
 *
 * @param quote - the quote it has to begin with, as when the user has typed one already
 * @public
 */
export function quoteWord(text: string, quote: "'" | '"' | null = null): string {
  if (quote === null && !NEEDS_QUOTES.test(text)) return text;
  if (quote === '"' || (quote === null && text.includes("'"))) return `"${text.replace(/["\\]/g, '\\$&')}"`;
  // Nothing can be escaped inside single quotes, so they are left for each one.
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function lexWord(line: string, start: number): { word: LexedWord; open: LexedLine['open'] } {
  const first = line.charAt(start);
  let text = '';
  let open: LexedLine['open'] = null;
  let at = start;
  while (at < line.length && open === null) {
    const character = line.charAt(at);
    if (character === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) open = "'";
      text += line.slice(at + 1, end < 0 ? line.length : end);
      at = end < 0 ? line.length : end + 1;
    } else if (character === '"') {
      const quotedPart = lexDouble(line, at + 1);
      if (!quotedPart.isClosed) open = '"';
      text += quotedPart.text;
      at = quotedPart.end;
    } else if (character === '\\') {
      if (at + 1 === line.length) open = '\\';
      text += line.charAt(at + 1);
      at = Math.min(at + 2, line.length);
    } else {
      const end = runEnd(PLAIN, line, at);
      if (end === at) break;
      text += line.slice(at, end);
      at = end;
    }
  }
  const quote = first === "'" || first === '"' ? first : null;
  const isPipe = first === '|' && at === start + 1;
  return { word: { text, start, end: at, quote, ...(isPipe ? { isPipe } : {}) }, open };
}

/** Reads from behind an opening `"` to behind the closing one. */
function lexDouble(line: string, from: number): { text: string; end: number; isClosed: boolean } {
  let text = '';
  let at = from;
  for (;;) {
    const end = runEnd(IN_DOUBLE, line, at);
    text += line.slice(at, end);
    if (end === line.length) return { text, end, isClosed: false };
    if (line.charAt(end) === '"') return { text, end: end + 1, isClosed: true };
    const next = line.charAt(end + 1);
    text += next === '"' || next === '\\' ? next : `\\${next}`;
    at = Math.min(end + 2, line.length);
  }
}

function faultOf(line: string): LineFault | undefined {
  const at = line.search(REFUSED);
  if (at < 0) return undefined;
  const code = line.charCodeAt(at);
  const what = code >= 0xd8_00 ? 'half a surrogate pair' : `the control character U+${hex(code)}`;
  return { at, message: `A line cannot hold ${what} (at character ${at + 1})` };
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

function runEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}

function textOf(word: LexedWord): string {
  return word.text;
}
