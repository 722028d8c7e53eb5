import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';

declare const brand: unique symbol;

/** What each letter allows. No letter implies another, except that `A` implies all. */
export const RIGHTS = {
  A: 'all',
  R: 'read',
  W: 'write',
  C: 'create',
  D: 'delete',
  K: 'know that it exists',
  O: "change or remove one's own",
} as const;

/** One right. */
export type Right = keyof typeof RIGHTS;

/** A set of rights, possibly empty. */
export type Rights = number & { readonly [brand]: 'rights' };

const LETTERS = Object.keys(RIGHTS) as Right[];
const BITS = Object.fromEntries(LETTERS.map((letter, index) => [letter, 1 << index])) as Record<Right, number>;

/** The set without any right: an entry with it denies what a less specific one would grant. */
export const NO_RIGHTS = 0 as Rights;

/**
 * Reads a set of rights, with or without the leading `%`, in any order and case; `%` alone is the empty set.
 *
 * @throws AclError `acl-invalid-rights` for an unknown or repeated letter, and for the empty text
 */
export function parseRights(text: string): Rights {
  const letters = text.startsWith('%') ? text.slice(1) : text;
  let rights = 0;
  for (const letter of /^[a-z]*$/i.test(letters) ? letters.toUpperCase() : '?') {
    const bit = Object.hasOwn(BITS, letter) ? BITS[letter as Right] : 0;
    if (bit === 0 || (rights & bit) !== 0) throw invalid(text, bit === 0 ? 'is unknown' : 'is repeated', letter);
    rights |= bit;
  }
  if (text === '') throw invalid(text, 'is missing; no rights at all are written %', '');
  return rights as Rights;
}

function invalid(text: string, what: string, letter: string): AclError {
  const subject = /^[A-Z]$/.test(letter) ? `letter ${letter}` : 'a letter';
  const known = LETTERS.join('');
  return new AclError(
    'acl-invalid-rights',
    `Cannot read rights ${quoted(text)}: ${subject} ${what}; rights are ${known}`,
  );
}

/** Writes a set of rights as `%RWCD`; the empty set as `%`. */
export function formatRights(rights: Rights): string {
  return `%${LETTERS.filter((letter) => (rights & BITS[letter]) !== 0).join('')}`;
}

/** Whether a set holds a right, by itself or because it holds `A`. */
export function hasRight(rights: Rights, right: Right): boolean {
  return (rights & (BITS[right] | BITS.A)) !== 0;
}
