import type { SpecNode } from '@arpa2amqp/grammar';

/** The names of all literals of a spec. */
export function literalsOf(node: SpecNode): readonly string[] {
  if (node.kind === 'literal') return [node.name];
  return childrenOf(node).flatMap(literalsOf);
}

/** Whether the command can be given without any of these literals. */
export function canAvoid(node: SpecNode, literals: ReadonlySet<string>): boolean {
  switch (node.kind) {
    case 'literal':
      return !literals.has(node.name);
    case 'alternation':
      return node.branches.some((branch) => canAvoid(branch, literals));
    case 'sequence':
      return node.items.every((item) => canAvoid(item, literals));
    case 'repetition':
      return canAvoid(node.item, literals);
    case 'option':
    case 'variable':
    case 'rest':
      return true;
  }
}

/** The variables that can have several values. */
export function repeatedOf(node: SpecNode, isRepeated = false): ReadonlySet<string> {
  switch (node.kind) {
    case 'variable':
      return new Set(isRepeated ? [node.name] : []);
    case 'rest':
      return new Set([node.name]);
    default:
      return new Set(
        childrenOf(node).flatMap((child) => [...repeatedOf(child, isRepeated || node.kind === 'repetition')]),
      );
  }
}

function childrenOf(node: SpecNode): readonly SpecNode[] {
  switch (node.kind) {
    case 'sequence':
      return node.items;
    case 'alternation':
      return node.branches;
    case 'option':
    case 'repetition':
      return [node.item];
    default:
      return [];
  }
}
