import { quoted } from './quote.js';
import { SpecError } from './spec-error.js';
import { leavesOf, type SpecNode } from './spec-node.js';
import type { ValueCheck } from './value-type.js';

// Help is shown on one line of a terminal, so nothing in it may end the line or drive the terminal.
const NOT_ON_A_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Gathers the help texts of a command in the order of its spec.
 *
 * @param given - by literal word or `<variable>`; goes before the help of the variable's type
 * @throws SpecError
 */
export function readHelp(
  spec: string,
  root: SpecNode,
  checks: ReadonlyMap<string, ValueCheck>,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const help = new Map<string, string>();
  const known = new Set<string>();
  for (const leaf of leavesOf(root)) {
    const key = leaf.kind === 'literal' ? leaf.word : `<${leaf.name}>`;
    known.add(key);
    const ofType = leaf.kind === 'literal' ? undefined : checks.get(leaf.name)?.type.help;
    const text: unknown = Object.hasOwn(given, key) ? given[key] : ofType;
    if (text === undefined) continue;
    if (typeof text !== 'string' || text === '' || NOT_ON_A_LINE.test(text)) {
      throw new SpecError(spec, leaf.at, `the help of ${quoted(key)} is not one line of text`);
    }
    help.set(key, text);
  }
  const stray = Object.keys(given).find((key) => !known.has(key));
  if (stray === undefined) return help;
  throw new SpecError(spec, spec.length, `help for ${quoted(stray)}, which is no literal or <variable> of it`);
}
