import { quoted } from '@arpa2amqp/protocol';
import type { Path, Step } from './directory.js';

/** A path in words, such as `alias "work" of user "john" of domain "example.com"`; the root is `the root`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the root';
  return path
    .map(([kind, key]) => `${kind} ${quoted(key, 64)}`)
    .reverse()
    .join(' of ');
}

/** The path above an entry. */
export const parentOf = (path: Path): Path => path.slice(0, -1);

/** The last step of a path that is not the root. */
export function lastOf(path: Path): Step {
  const step = path.at(-1);
  if (step === undefined) throw new TypeError('The root is no entry: name a path with one step at least');
  return step;
}

/** Whether two paths are the same. */
export function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every(([kind, key], index) => kind === b[index]?.[0] && key === b[index][1]);
}

/** Whether a path is another, or below it. */
export function isAtOrBelow(path: Path, above: Path): boolean {
  return isSamePath(path.slice(0, above.length), above);
}

/** Orders strings by code point, as UTF-8 does. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Orders paths by kinds and keys, from the root. */
export function comparePaths(a: Path, b: Path): number {
  const flat = (path: Path): string => path.flat().join('\t');
  return compareKeys(flat(a), flat(b));
}
