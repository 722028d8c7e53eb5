import type { Path } from '@arpa2amqp/directory';

/** What stands directly below a domain. */
export type PrincipalKind = 'user' | 'group' | 'role';

/** Path of a domain. */
export function domainPath(domain: string): Path {
  return [['domain', domain]];
}

/** Path of a user, group or role. */
export function principalPath(domain: string, kind: PrincipalKind, name: string): Path {
  return [...domainPath(domain), [kind, name]];
}

/** Kind of the entry at a path. */
export function kindOf(path: Path): string {
  return path.at(-1)?.[0] ?? '';
}

/** Name of the entry at a path. */
export function keyOf(path: Path): string {
  return path.at(-1)?.[1] ?? '';
}

/** The identity of an entry: `john+work@example.com`; of a domain its name. */
export function identityOf([first, ...names]: Path): string {
  const domain = first?.[1] ?? '';
  if (names.length === 0) return domain;
  return `${names.map(([, name]) => name).join('+')}@${domain}`;
}

/** An entry in words: `alias john+work@example.com`. */
export function inWords(path: Path): string {
  return `${kindOf(path)} ${identityOf(path)}`;
}
