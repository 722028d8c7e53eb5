/**
 * A node of the tree of a command spec. `at` is the offset of the node's first character in the spec (UTF-16 units, from 0).
 * A group of one branch, and a sequence of one item, are that branch or item.
 *
 * @public
 */
export type SpecNode =
  | LiteralNode
  | VariableNode
  | { readonly kind: 'sequence'; readonly items: readonly SpecNode[]; readonly at: number }
  | { readonly kind: 'alternation'; readonly branches: readonly SpecNode[]; readonly at: number }
  | { readonly kind: 'option'; readonly item: SpecNode; readonly at: number }
  | { readonly kind: 'repetition'; readonly item: SpecNode; readonly at: number };

/**
 * A word to be typed as it is; `word:name` in a spec gives it another name than its text.
 *
 * @public
 */
export interface LiteralNode {
  readonly kind: 'literal';
  readonly word: string;
  readonly name: string;
  readonly at: number;
}

/**
 * `<name>`: one value; `<name...>` (kind `rest`): one or more values, the rest of the line.
 *
 * @public
 */
export interface VariableNode {
  readonly kind: 'variable' | 'rest';
  readonly name: string;
  readonly at: number;
}

/** The literals and variables of a tree, in the order of the spec. */
export function* leavesOf(node: SpecNode): Generator<LiteralNode | VariableNode> {
  switch (node.kind) {
    case 'literal':
    case 'variable':
    case 'rest':
      yield node;
      return;
    case 'sequence':
      for (const item of node.items) yield* leavesOf(item);
      return;
    case 'alternation':
      for (const branch of node.branches) yield* leavesOf(branch);
      return;
    case 'option':
    case 'repetition':
      yield* leavesOf(node.item);
  }
}

/** Whether a node can be satisfied by no word at all. */
export function mayBeEmpty(node: SpecNode): boolean {
  switch (node.kind) {
    case 'literal':
    case 'variable':
    case 'rest':
      return false;
    case 'sequence':
      return node.items.every(mayBeEmpty);
    case 'alternation':
      return node.branches.some(mayBeEmpty);
    case 'option':
      return true;
    case 'repetition':
      return mayBeEmpty(node.item);
  }
}
