import type { Possibilities } from './completer.js';

/** Candidates with their help, as text: for a `?` where there are no keys. */
export function listingOf({ candidates, placeholders, mayEnd }: Possibilities): string {
  const rows = [
    ...placeholders.map(({ name, help }) => [name, help ?? '']),
    ...candidates.map(({ value, help }) => [value, help ?? '']),
    ...(mayEnd ? [['<cr>', 'the line may end here']] : []),
  ];
  if (rows.length === 0) return 'Nothing fits here\n';
  const width = rows.reduce((widest, [name = '']) => Math.max(widest, name.length), 0);
  return rows.map(([name = '', help = '']) => `  ${`${name.padEnd(width)}  ${help}`.trimEnd()}\n`).join('');
}
