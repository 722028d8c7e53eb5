import { closest, distance } from 'fastest-levenshtein';
import { quoted } from './quotation.js';

/**
 * Finds the candidate that a mistyped word probably meant.
 *
 * @returns `, did you mean "..."?`, or an empty string when nothing is near
 */
export function suggestion(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0 || word.length > 64) return '';
  const nearest = closest(word, candidates);
  return distance(word, nearest) <= Math.max(1, Math.floor(word.length / 3))
    ? `, did you mean ${quoted(nearest)}?`
    : '';
}
