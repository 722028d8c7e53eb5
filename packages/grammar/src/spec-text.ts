import type { LiteralNode, SpecNode } from './spec-node.js';

/** How a literal is written: as it is typed, or also with the name it is reported under. */
export type WriteLiteral = (node: LiteralNode) => string;

/** The forms of a command, each without brackets around it. */
export function formsOf(node: SpecNode): readonly SpecNode[] {
  return node.kind === 'alternation' ? node.branches.flatMap(formsOf) : [node];
}

/** Writes a tree as a spec for the same commands. */
export function specOf(root: SpecNode): string {
  return inBrackets(root, ({ word, name }) => (word === name ? word : `${word}:${name}`));
}

/** Writes one form of a command. */
export function inSequence(node: SpecNode, literal: WriteLiteral): string {
  return node.kind === 'sequence' ? node.items.map((item) => asItem(item, literal)).join(' ') : asItem(node, literal);
}

function inBrackets(node: SpecNode, literal: WriteLiteral): string {
  return formsOf(node)
    .map((form) => inSequence(form, literal))
    .join(' | ');
}

function asItem(node: SpecNode, literal: WriteLiteral): string {
  switch (node.kind) {
    case 'literal':
      return literal(node);
    case 'variable':
      return `<${node.name}>`;
    case 'rest':
      return `<${node.name}...>`;
    case 'option': {
      const inner = inBrackets(node.item, literal);
      // Without blanks the option of this word would read as a repetition.
      return inner === '...' ? '[ ... ]' : `[${inner}]`;
    }
    case 'repetition': {
      // What repeats already means the same once more, and the language does not let it be written.
      const repeats = node.item.kind === 'repetition' || node.item.kind === 'rest';
      return `${asItem(node.item, literal)}${repeats ? '' : ' [...]'}`;
    }
    case 'sequence':
    case 'alternation':
      return `(${inBrackets(node, literal)})`;
  }
}
