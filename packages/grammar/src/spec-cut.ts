import type { SpecNode } from './spec-node.js';

/** What is left of a node: the node itself when nothing was cut, nothing that has to be typed, or no form at all. */
type Rest = SpecNode | 'empty' | 'none';

/**
 * Cuts the forms out of a spec that have one of some literals.
 *
 * @param literals - by their names
 * @returns the very same tree when no form has any of them; null when each form has, or only the empty one has none
 */
export function specWithout(root: SpecNode, literals: ReadonlySet<string>): SpecNode | null {
  const rest = cut(root, literals);
  return typeof rest === 'string' ? null : rest;
}

function cut(node: SpecNode, literals: ReadonlySet<string>): Rest {
  switch (node.kind) {
    case 'variable':
    case 'rest':
      return node;
    case 'literal':
      return literals.has(node.name) ? 'none' : node;
    case 'sequence':
      return cutSequence(node, literals);
    case 'alternation':
      return cutAlternation(node, literals);
    case 'option': {
      const item = cut(node.item, literals);
      if (item === node.item) return node;
      return typeof item === 'string' ? 'empty' : { kind: 'option', item, at: node.at };
    }
    case 'repetition': {
      const item = cut(node.item, literals);
      if (item === node.item) return node;
      return typeof item === 'string' ? item : { kind: 'repetition', item, at: node.at };
    }
  }
}

function cutSequence(node: SpecNode & { readonly kind: 'sequence' }, literals: ReadonlySet<string>): Rest {
  const rests = node.items.map((item) => cut(item, literals));
  if (rests.includes('none')) return 'none';
  if (rests.every((rest, index) => rest === node.items[index])) return node;
  // What is left of alternatives may be one sequence, which needs no brackets any more.
  const items = rests.flatMap((rest, index) => {
    if (typeof rest === 'string') return [];
    return rest !== node.items[index] && rest.kind === 'sequence' ? rest.items : [rest];
  });
  const [first] = items;
  if (first === undefined) return 'empty';
  return items.length === 1 ? first : { kind: 'sequence', items, at: node.at };
}

function cutAlternation(node: SpecNode & { readonly kind: 'alternation' }, literals: ReadonlySet<string>): Rest {
  const rests = node.branches.map((branch) => cut(branch, literals));
  if (rests.every((rest, index) => rest === node.branches[index])) return node;
  const branches = rests.filter((rest) => typeof rest !== 'string');
  const [first] = branches;
  const mayBeNothing = rests.includes('empty');
  if (first === undefined) return mayBeNothing ? 'empty' : 'none';
  const kept: SpecNode = branches.length === 1 ? first : { kind: 'alternation', branches, at: node.at };
  return mayBeNothing ? { kind: 'option', item: kept, at: node.at } : kept;
}
