import type { CommandGrammar } from './command-grammar.js';
import type { SpecNode } from './spec-node.js';

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
    .map((form) => fold(inSequence(form), columns))
    .join('\n');
}

function formsOf(node: SpecNode): readonly SpecNode[] {
  return node.kind === 'alternation' ? node.branches.flatMap(formsOf) : [node];
}

function inSequence(node: SpecNode): string {
  return node.kind === 'sequence' ? node.items.map(inSequence).join(' ') : asItem(node);
}

function inBrackets(node: SpecNode): string {
  return formsOf(node).map(inSequence).join(' | ');
}

function asItem(node: SpecNode): string {
  switch (node.kind) {
    case 'literal':
      return node.word;
    case 'variable':
      return `<${node.name}>`;
    case 'rest':
      return `<${node.name}...>`;
    case 'option': {
      const inner = inBrackets(node.item);
      // Without blanks the option of this word would read as a repetition.
      return inner === '...' ? '[ ... ]' : `[${inner}]`;
    }
    case 'repetition': {
      // What repeats already means the same once more, and the language does not let it be written.
      const repeats = node.item.kind === 'repetition' || node.item.kind === 'rest';
      return `${asItem(node.item)}${repeats ? '' : ' [...]'}`;
    }
    case 'sequence':
    case 'alternation':
      return `(${inBrackets(node)})`;
  }
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
