import type { Possibilities } from './completer.js';
import { END_HELP } from './terminal/index.js';

/** A longer name does not push the help of all others away, nor make the list as large as it likes. */
const MAX_PADDING = 40;

/** Candidates with their help, as text: for a `?` where there are no keys. */
export function listingOf({ candidates, placeholders, mayEnd }: Possibilities): string {
  const rows = [
    ...placeholders.map(({ name, help }) => [name, help ?? '']),
    ...candidates.map(({ value, help }) => [value, help ?? '']),
    ...(mayEnd ? [['<cr>', END_HELP]] : []),
  ];
  if (rows.length === 0) return 'Nothing fits here\n';
  const width = rows.reduce((widest, [name = '']) => Math.max(widest, Math.min(name.length, MAX_PADDING)), 0);
  return rows.map(([name = '', help = '']) => `  ${`${name.padEnd(width)}  ${help}`.trimEnd()}\n`).join('');
}
