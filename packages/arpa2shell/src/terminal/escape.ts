// C0 but tab and newline, DEL, C1, zero width blanks, bidi marks, overrides and isolates, line separators, tag characters, half pairs.
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;
const UNSAFE_AT_ALL = new RegExp(UNSAFE.source, 'u');

/**
 * Text that came from elsewhere, fit to be shown: every control character (tab and newline are kept), C1 control, bidi
 * control, invisible character and half of a surrogate pair is written as `\e`, `\r` or `\u{…}`, so that a terminal never
 * acts on it and a reader is not deceived by it.
 */
export function escapeForTerminal(text: string): string {
  return text.replace(UNSAFE, escapeOf);
}

/** As {@link escapeForTerminal}, for what must stay on one line: tabs and newlines become blanks. */
export function escapeToOneLine(text: string): string {
  return escapeForTerminal(text.replace(/[\t\n]/g, ' '));
}

/** True when a terminal could act on this text, or it has more than one line. */
export function isUnsafe(text: string): boolean {
  return UNSAFE_AT_ALL.test(text) || text.includes('\n') || text.includes('\t');
}

function escapeOf(character: string): string {
  if (character === '\u001b') return '\\e';
  if (character === '\r') return '\\r';
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
