import { quoted } from '@arpa2amqp/protocol';
import { AclError } from './acl-error.js';

declare const brand: unique symbol;

/** Who somebody is, in canonical form: `user@domain`, `user+alias@domain` or `+service@domain`, in lower case. */
export type Identity = string & { readonly [brand]: 'identity' };

const MAX_LENGTH = 512;
const MAX_DOMAIN_LENGTH = 253;
const INVISIBLE = /[^!-~]/u;
/** Segments are parted by `+`; none is empty, except that the local part of a service begins with `+`. */
const LOCAL = /^\+?[^+@]+(?:\+[^+@]+)*$/;
const DOMAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** What parts a principal: `identityOf()` of the protocol leaves none of it in an identity. */
const OF_PRINCIPALS = /[/\\]/;
const NO_PRINCIPAL =
  'no name holds / or \\; the service svc/host@REALM is written +svc@host, other principals with / are nobody here';

/**
 * Reads an identity. Upper case is folded; blanks, controls and everything outside ASCII, homographs with it, are refused, and so
 * is the spelling of principals, which would match nobody.
 *
 * @param text - for instance what `identityOf()` of the protocol made of a principal
 * @throws AclError `acl-invalid-identity`
 */
export function parseIdentity(text: string): Identity {
  return identityOr(problemOf(text) ?? (OF_PRINCIPALS.test(text) ? NO_PRINCIPAL : null), text);
}

/**
 * Reads an identity as a store may hold it: as {@link parseIdentity}, but also with the `/` and `\` that earlier versions let in,
 * so that it can be shown, sent on and taken out.
 *
 * @throws AclError `acl-invalid-identity`
 */
export function parseStoredIdentity(text: string): Identity {
  return identityOr(problemOf(text), text);
}

function identityOr(problem: string | null, text: string): Identity {
  if (problem !== null) throw new AclError('acl-invalid-identity', `Cannot read identity ${quoted(text)}: ${problem}`);
  return text.toLowerCase() as Identity;
}

/** Whether somebody can have an identity: not one with what parts a principal, which only {@link parseStoredIdentity} reads. */
export function isPossible(identity: Identity): boolean {
  return !OF_PRINCIPALS.test(identity);
}

function problemOf(text: string): string | null {
  const character = problemWithCharacters(text);
  if (character !== null) return character;
  const [local = '', domain, ...more] = text.toLowerCase().split('@');
  if (domain === undefined || more.length > 0) return 'write it with one @, as in user@example.com';
  if (local === '') return 'a user or a +service stands before the @';
  if (!LOCAL.test(local)) return 'no part between, before or after + may be empty';
  return isDomain(domain) ? null : 'the domain is one or more labels of letters, digits, - and _, parted by dots';
}

/** What forbids a text to be an identity or a selector, whatever its form; null when nothing does. */
export function problemWithCharacters(text: string): string | null {
  if (text === '') return 'it is empty';
  if (text.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  const other = INVISIBLE.exec(text)?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return other === undefined ? null : `it holds U+${other}, and only visible ASCII characters are allowed, no blanks`;
}

/** Whether a text, in lower case, is a whole domain. */
export function isDomain(text: string): boolean {
  return text.length <= MAX_DOMAIN_LENGTH && DOMAIN.test(text);
}

/** Whether an identity is that of a service. */
export function isService(identity: Identity): boolean {
  return identity.startsWith('+');
}

/** The identity itself, then without its alias, if it has one. A service has no alias. */
export function namesOf(identity: Identity): readonly Identity[] {
  const plus = identity.indexOf('+');
  if (plus <= 0) return [identity];
  return [identity, (identity.slice(0, plus) + identity.slice(identity.indexOf('@'))) as Identity];
}
