/**
 * Keys and values of the store in LMDB. No name holds a control character, so tabs part them.
 *
 *   about                                    what the whole file is: see {@link About}
 *   e TAB id                                 an entry: see {@link EntryRecord}
 *   c TAB id of parent TAB kind TAB key      the id of a child, in the order of keys
 *   n TAB id of parent TAB namespace TAB folded key   the id of the child that has this name
 *   r TAB id TAB id of referrer              nothing: the one refers to the other
 *
 * The root has the id `-`.
 */
import { crc32 } from 'node:zlib';
import type { Tally } from '@arpa2amqp/lmdb-file';
import { fold } from './change-check.js';
import type { Attributes } from './directory.js';
import type { Kind } from './kind.js';

export const ABOUT_KEY = 'about';
export const ROOT_ID = '-';

/** What the whole file is. */
export interface About extends Tally {
  readonly format: 1;
  /** How many changes were made so far: versions of entries are such numbers. */
  readonly changes: number;
}

export function encodeAbout(about: About): string {
  const text = JSON.stringify(about);
  return `${crc32(text)} ${text}`;
}

/** Returns null when the record is not as it was written, or of another version. */
export function decodeAbout(value: string): About | null {
  const text = value.slice(value.indexOf(' ') + 1);
  if (value !== `${crc32(text)} ${text}`) return null;
  const about = JSON.parse(text) as About;
  return (about.format as number) === 1 ? about : null;
}

/** An entry as it is stored. */
export interface EntryRecord {
  readonly kind: string;
  readonly key: string;
  readonly parent: string;
  readonly version: string;
  readonly values: Attributes;
  readonly references: Attributes;
}

export const encodeEntry = (entry: EntryRecord): string => JSON.stringify(entry);
export const decodeEntry = (value: string): EntryRecord => JSON.parse(value) as EntryRecord;

export const entryKey = (id: string): string => `e\t${id}`;
export const childPrefix = (parent: string, kind: string): string => `c\t${parent}\t${kind}\t`;
export const childrenPrefix = (parent: string): string => `c\t${parent}\t`;
export const nameKey = (parent: string, kind: Kind, key: string): string =>
  `n\t${parent}\t${kind.namespace}\t${fold(key)}`;
export const referrerPrefix = (id: string): string => `r\t${id}\t`;

/** The keys that begin with a prefix. No character of theirs is above the last one there is. */
export const rangeOf = (prefix: string): { start: string; end: string } => ({
  start: prefix,
  end: `${prefix}\u{10FFFF}\u{10FFFF}`,
});
