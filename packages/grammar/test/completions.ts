import type { CommandGrammar, NextItem } from '../src/index.js';

/** What a list of candidates shows for an item. */
export function labelOf(item: NextItem): string {
  if (item.kind === 'literal') return item.word;
  return item.isRest ? `<${item.name}...>` : `<${item.name}>`;
}

/** Candidates as the shared vectors write them: `<cr>` comes last, nothing follows words that do not fit. */
export function completionsOf(grammar: CommandGrammar, after: readonly string[]): string[] {
  const next = grammar.next(after);
  return next === null ? [] : [...next.items.map(labelOf), ...(next.mayEnd ? ['<cr>'] : [])];
}
