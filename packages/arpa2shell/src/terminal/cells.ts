import { escapeForTerminal, isUnsafe } from './escape.js';

/** A piece of text a reader takes for one character. */
export interface Cluster {
  /** Place in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** What is drawn: the character itself, or its escaped form. */
  readonly shown: string;
  /** Columns it takes. */
  readonly cells: number;
}

const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;
/** Latin letters, kana, Han and Hangul: each is a character of its own. To make a segmenter takes longer than to draw. */
const ONE_BY_ONE =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u3041-\u3096\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]*$/;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;
// Unicode's East Asian Width W and F, as terminals apply it (wcwidth); JavaScript has no such property.
const WIDE =
  /^(?:[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u;
const REGIONAL_INDICATOR = /^\p{Regional_Indicator}$/u;

let segmenter: Intl.Segmenter | undefined;

/** Columns the text takes on a terminal. */
export function cellsOf(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
}

/** The characters of a text as they are drawn and counted. */
export function* clustersOf(text: string): Generator<Cluster> {
  if (ONE_BY_ONE.test(text)) {
    for (let at = 0; at < text.length; at++) {
      const shown = text.charAt(at);
      yield { start: at, end: at + 1, shown, cells: cellsOfCharacter(shown) };
    }
    return;
  }
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment, index } of segmenter.segment(text)) {
    const shown = isUnsafe(segment) ? shownUnsafe(segment) : segment;
    yield { start: index, end: index + segment.length, shown, cells: cellsOf(shown) };
  }
}

/** Start of the character that ends at `at`. */
export function previousCluster(text: string, at: number): number {
  // Far enough back for any real character; a longer heap of combining marks is taken in parts.
  const from = Math.max(0, at - 64);
  let start = from;
  for (const cluster of clustersOf(text.slice(from, at))) start = from + cluster.start;
  return Math.min(start, Math.max(0, at - 1));
}

/** End of the character that starts at `at`. */
export function nextCluster(text: string, at: number): number {
  for (const cluster of clustersOf(text.slice(at, at + 64))) return at + cluster.end;
  return at;
}

/** The longest beginning of a one-line text that fits the columns. */
export function cutToCells(text: string, columns: number): string {
  if (cellsOf(text) <= columns) return text;
  let cut = '';
  let cells = 1;
  for (const cluster of clustersOf(text)) {
    cells += cluster.cells;
    if (cells > columns) break;
    cut += cluster.shown;
  }
  return `${cut}…`;
}

function shownUnsafe(segment: string): string {
  return escapeForTerminal(segment).replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

function cellsOfCharacter(character: string): number {
  if (character < '\u0300') return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) && !REGIONAL_INDICATOR.test(character) ? 2 : 1;
}
