import { quoted } from '@arpa2amqp/protocol';
import { refused } from './refusal.js';

// Every name has one spelling: that of the resource in the access control lists, and of the entry in the store.

const DOMAIN = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$/;
/** What the store of entries takes. */
const MAX_DOMAIN = 224;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const MAX_NAME = 128;
/** Controls, halves of surrogate pairs, and what ends a line without being a control character: all would break a header. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The name of a domain, in lower case. @throws ShellError */
export function domainName(text: string): string {
  const name = lower(text);
  if (DOMAIN.test(name) && name.length <= MAX_DOMAIN) return name;
  throw refused(
    `The domain ${quoted(text)} is not two or more labels of letters, digits, - and _, at most ${MAX_DOMAIN} characters`,
  );
}

/** The UUID of a collection or resource, in lower case. @param what - for the message @throws ShellError */
export function uuid(text: string, what: 'collection' | 'resource'): string {
  const id = lower(text);
  if (UUID.test(id)) return id;
  throw refused(
    `${quoted(text)} is not the UUID of a ${what}, which has the form 01234567-89ab-cdef-0123-456789abcdef`,
  );
}

/** A name in an index, in lower case. @throws ShellError */
export function indexName(text: string): string {
  const name = lower(text);
  if (NAME.test(name) && name.length <= MAX_NAME) return name;
  throw refused(
    `The name ${quoted(text)} is not letters, digits, - and _, also parted by single dots, at most ${MAX_NAME} characters`,
  );
}

/**
 * A text for people, as it is.
 * @param what - for the message, e.g. `description`
 * @throws ShellError when it cannot stand in one line of a reply
 */
export function lineOfText(text: string, what: string, maxLength: number): string {
  if (UNPRINTABLE.test(text)) throw refused(`The ${what} ${quoted(text)} has a character that cannot be printed`);
  if (text.trim() !== text) throw refused(`The ${what} ${quoted(text)} begins or ends with white space`);
  if (text === '') throw refused(`The ${what} is empty`);
  if (text.length > maxLength) throw refused(`The ${what} ${quoted(text)} is longer than ${maxLength} characters`);
  return text;
}

/** ASCII only: what else changes its case is another character. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
