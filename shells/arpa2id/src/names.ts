import { quoted } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';

/** The longest name that a directory takes; RFC 1035 allows 253 characters without the last dot. */
const MAX_DOMAIN = 224;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Two of these, `+`, `@` and the longest domain are 482 characters: no identity can be over 512, whatever is moved where. */
const MAX_NAME = 128;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const MAX_TEXT = 256;
const MAX_IDENTITY = 512;
/** `user@domain`, `user+alias@domain` or `+service@domain`; a host of one label may be the home of one. */
const IDENTITY = /^\+?[^+@]+(?:\+[^+@]+)*@[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const INVISIBLE = /[^!-~]/u;
/** Controls, halves of surrogate pairs, line and paragraph separators, what turns the direction of writing, and no characters at all. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;

/**
 * Reads the name of a domain. Upper case is folded and nothing else, as the access control lists do it.
 * @throws ShellError
 */
export function domainName(text: string): string {
  const read = lowered(text, 'domain', 'write a name outside ASCII as its A-label, xn--...');
  if (read.length > MAX_DOMAIN) throw refused('domain', text, `it is longer than ${MAX_DOMAIN} characters`);
  if (read.endsWith('.')) throw refused('domain', text, 'write it without the last dot');
  const labels = read.split('.');
  if (labels.length < 2) throw refused('domain', text, 'it takes two labels or more, as in example.com');
  if (labels.every((label) => LABEL.test(label))) return read;
  const rule = 'a label is 1 to 63 letters, digits, "-" and "_", with no "-" at its ends';
  throw refused('domain', text, `${outOfPlace(read)}${rule}`);
}

/**
 * Reads one part of an identity.
 * @param what - what it is the name of, for the message
 * @throws ShellError
 */
export function localName(text: string, what: string): string {
  const read = lowered(text, what, 'use letters, digits, "-", "_" and dots between them');
  if (read.length > MAX_NAME) throw refused(what, text, `it is longer than ${MAX_NAME} characters`);
  if (NAME.test(read)) return read;
  throw refused(what, text, `${outOfPlace(read)}use letters, digits, "-", "_" and dots between them`);
}

/**
 * Reads what is for people: any writing, in one line. Blanks at the ends are cut, several become one.
 * @param words - as typed
 * @throws ShellError
 */
export function freeText(words: readonly string[], what: string): string {
  const text = words.join(' ');
  const found = UNPRINTABLE.exec(text)?.[0];
  if (found !== undefined) throw refused(what, text, `it holds ${codePoint(found)}, which cannot be seen`);
  const read = text.replaceAll(/\p{Zs}+/gu, ' ').trim();
  if (read === '') throw refused(what, text, 'it is empty');
  if (Array.from(read).length > MAX_TEXT) throw refused(what, text, `it is longer than ${MAX_TEXT} characters`);
  return read;
}

/** Reads an identity, of whatever domain. @throws ShellError */
export function ownerIdentity(text: string): string {
  const read = callerName(text);
  if (IDENTITY.test(read)) return read;
  throw refused('owner', text, 'write an identity such as user@example.com');
}

/** Who gave a command: an identity, or `nobody` where a command needs no ticket. @throws ShellError */
export function callerName(text: string): string {
  const read = lowered(text, 'owner', 'use visible ASCII characters');
  if (read.length > MAX_IDENTITY) throw refused('owner', text, `it is longer than ${MAX_IDENTITY} characters`);
  return read;
}

function lowered(text: string, what: string, advice: string): string {
  if (text === '') throw refused(what, text, 'it is empty');
  const found = INVISIBLE.exec(text)?.[0];
  if (found === undefined) return text.toLowerCase();
  throw refused(what, text, found === ' ' ? 'it holds a blank' : `it holds ${codePoint(found)}; ${advice}`);
}

function outOfPlace(text: string): string {
  const other = /[^a-z0-9._-]/.exec(text)?.[0];
  return other === undefined ? '' : `${quoted(other)} has no place in it; `;
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? ''}`;
}

function refused(what: string, text: string, reason: string): ShellError {
  return new ShellError(`Cannot take ${quoted(text)} as the ${what}: ${reason}`);
}
