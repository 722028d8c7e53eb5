import type { CommandGrammar } from './command-grammar.js';
import { formsOf, inSequence } from './spec-text.js';

const INDENT = '    ';

/**
 * Lays a spec out for people: each form of the command begins a line, words are reported as they are typed, and what does not fit is
 * folded onto lines that are indented by four blanks.
 *
 * @param columns - width to fold at, in characters; `Infinity` does not fold. A word that is wider stays whole. Default 80
 * @returns lines without a line end behind the last
 */
export function usageOf(grammar: CommandGrammar, columns = 80): string {
  return formsOf(grammar.root)
    .map((form) =>
      fold(
        inSequence(form, ({ word }) => word),
        columns,
      ),
    )
    .join('\n');
}

function fold(text: string, columns: number): string {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  // Not between a bar and what it offers, nor between a repetition and what it repeats.
  for (const piece of text.split(/(?<!\|) (?!\[\.\.\.\])/)) {
    const pieceWidth = Array.from(piece).length;
    if (line !== '' && width + 1 + pieceWidth > columns) {
      lines.push(line);
      line = `${INDENT}${piece}`;
      width = INDENT.length + pieceWidth;
    } else {
      width += (line === '' ? 0 : 1) + pieceWidth;
      line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  return [...lines, line].join('\n');
}
