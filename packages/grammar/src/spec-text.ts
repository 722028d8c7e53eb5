import type { LiteralNode, SpecNode } from './spec-node.js';

/** How a literal is written: as it is typed, or also with the name it is reported under. */
export type WriteLiteral = (node: LiteralNode) => string;

/** The forms of a command, each without brackets around it. */
export function formsOf(node: SpecNode): readonly SpecNode[] {
  return node.kind === 'alternation' ? node.branches.flatMap(formsOf) : [node];
}

/**
 * Writes a tree as a spec for the same commands.
 *
 * @param maxLength - without needless blanks if it would be longer; what is cut out of a spec of this length then never is
 */
export function specOf(root: SpecNode, maxLength: number): string {
  const literal: WriteLiteral = ({ word, name }) => (word === name ? word : `${word}:${name}`);
  const spec = inBrackets(root, { ...SPACED, literal });
  return spec.length > maxLength ? inBrackets(root, { ...DENSE, literal }) : spec;
}

/** Writes one form of a command. */
export function inSequence(node: SpecNode, literal: WriteLiteral): string {
  return sequence(node, { ...SPACED, literal });
}

interface Style {
  readonly literal: WriteLiteral;
  readonly bar: string;
  readonly repeat: string;
  readonly join: (items: readonly string[]) => string;
}

const SPACED: Omit<Style, 'literal'> = { bar: ' | ', repeat: ' [...]', join: (items) => items.join(' ') };
const DENSE: Omit<Style, 'literal'> = {
  bar: '|',
  repeat: '[...]',
  // Only two words need a blank between them.
  join: (items) =>
    items.reduce((line, item) => (isWord(line.at(-1)) && isWord(item[0]) ? `${line} ${item}` : line + item)),
};

function isWord(character = ''): boolean {
  return !'()[]<>'.includes(character);
}

function inBrackets(node: SpecNode, style: Style): string {
  return formsOf(node)
    .map((form) => sequence(form, style))
    .join(style.bar);
}

function sequence(node: SpecNode, style: Style): string {
  return node.kind === 'sequence' ? style.join(node.items.map((item) => asItem(item, style))) : asItem(node, style);
}

function asItem(node: SpecNode, style: Style): string {
  switch (node.kind) {
    case 'literal':
      return style.literal(node);
    case 'variable':
      return `<${node.name}>`;
    case 'rest':
      return `<${node.name}...>`;
    case 'option': {
      const inner = inBrackets(node.item, style);
      // Without a blank the option of this word would read as a repetition.
      return inner === '...' ? '[ ...]' : `[${inner}]`;
    }
    case 'repetition': {
      // What repeats already means the same once more, and the language does not let it be written.
      const repeats = node.item.kind === 'repetition' || node.item.kind === 'rest';
      return `${asItem(node.item, style)}${repeats ? '' : style.repeat}`;
    }
    case 'sequence':
    case 'alternation':
      return `(${inBrackets(node, style)})`;
  }
}
