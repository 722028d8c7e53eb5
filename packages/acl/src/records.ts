/**
 * Keys and values of the store. All are ASCII, and no name in them holds a tab or a line break, so those part them.
 *
 *   about                            what the whole store is: see {@link About}
 *   l TAB class TAB instance         one list: its serial, and its entries when they are few
 *   e TAB class TAB inst. TAB sel.   one entry of a long list: its rights
 *   g TAB group                      one group or role: its serial and kind; `-` when it was removed
 *   h TAB group TAB member           a member of a group
 *   m TAB member                     the groups of a member
 *   c TAB position                   a record of the log
 *   o TAB origin                     the other host whose changes are taken over, and up to where
 *
 * Records of lists and groups stay when they become empty: a serial is never given twice.
 */
import { crc32 } from 'node:zlib';
import type { GroupKind } from './group.js';
import type { Identity } from './identity.js';
import type { Resource } from './resource.js';
import { formatRights, parseRights, type Rights } from './rights.js';
import type { Selector } from './selector.js';

export const ABOUT_KEY = 'about';

/** What the whole store is. */
export interface About {
  readonly format: 1;
  /** A UUID: tells positions of this store from those of others. */
  readonly id: string;
  /** Of the newest record of the log. */
  readonly position: number;
  /** Of the oldest record of the log; one more than `position` when there is none. */
  readonly oldest: number;
  /** How many records there are beside this one, and the sum of their check sums, modulo 2^48. */
  readonly records: number;
  readonly sum: number;
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

export const listKey = (resource: Resource): string => `l\t${resource.class}\t${resource.instance}`;
export const entryPrefix = (resource: Resource): string => `e\t${resource.class}\t${resource.instance}\t`;
export const groupKey = (group: Identity): string => `g\t${group}`;
export const memberPrefix = (group: Identity): string => `h\t${group}\t`;
export const membershipKey = (member: Identity): string => `m\t${member}`;
export const changeKey = (position: number): string => `c\t${String(position).padStart(16, '0')}`;
export const originKey = (origin: string): string => `o\t${origin}`;

/** The keys that begin with a prefix which ends in a tab. */
export const rangeOf = (prefix: string): { start: string; end: string } => ({
  start: prefix,
  end: `${prefix.slice(0, -1)}\n`,
});

/** A list that is longer has a record for each entry. A value of this size stays in the page of its key. */
export const MAX_INLINE_LENGTH = 1500;

/** The record of a list: a head, then the entries, each `selector letters` on a line, when they are few. */
export interface ListRecord {
  readonly serial: number;
  readonly count: number;
  /** Of the entries, as if they were written here. */
  readonly length: number;
  /** LF, then each entry with LF behind it; null when each has a record of its own. */
  readonly inline: string | null;
  /** How many entries there are of each shape; empty when they are written here. */
  readonly shapes: ReadonlyMap<string, number>;
}

const NO_SHAPES: ReadonlyMap<string, number> = new Map();

export const NO_LIST: ListRecord = { serial: 0, count: 0, length: 0, inline: '\n', shapes: NO_SHAPES };

export function encodeList({ serial, count, length, inline, shapes }: ListRecord): string {
  const head = `${serial} ${count} ${length}`;
  return inline === null ? `${head} ${[...shapes].flat().join(' ')}` : head + inline;
}

export function decodeList(value: string): ListRecord {
  const end = value.indexOf('\n');
  const [serial, count, length, ...words] = (end < 0 ? value : value.slice(0, end)).split(' ');
  const head = { serial: Number(serial), count: Number(count), length: Number(length) };
  if (end >= 0) return { ...head, inline: value.slice(end), shapes: NO_SHAPES };
  const shapes = new Map<string, number>();
  for (let index = 0; index < words.length; index += 2) shapes.set(words[index] ?? '', Number(words[index + 1]));
  return { ...head, inline: null, shapes };
}

const RIGHTS_OF_WORD = new Map<string, Rights>();

/** Rights as stored: letters, with `%` before them. */
export function decodeRights(word: string): Rights {
  let rights = RIGHTS_OF_WORD.get(word);
  if (rights === undefined) {
    rights = parseRights(word);
    RIGHTS_OF_WORD.set(word, rights);
  }
  return rights;
}

/** One entry of an inline list. */
export const entryLine = (selector: Selector, rights: Rights): string => `${selector} ${formatRights(rights)}\n`;

/** The record of a group. */
export interface GroupRecord {
  readonly serial: number;
  readonly kind: GroupKind | null;
}

export const encodeGroup = ({ serial, kind }: GroupRecord): string => `${serial} ${kind ?? '-'}`;

export function decodeGroup(value: string): GroupRecord {
  const [serial, kind] = value.split(' ');
  return { serial: Number(serial), kind: kind === 'group' || kind === 'role' ? kind : null };
}

/** Another store that this one follows. */
export interface Followed {
  /** The `id` of that store. */
  readonly id: string;
  /** Up to where its changes have been taken over. */
  readonly position: number;
  /** Of its record at that position, see `markOf`. */
  readonly mark: string;
  /** Who sends them. */
  readonly sender: string;
}

export const encodeFollowed = ({ position, mark, sender }: Followed): string => `${position} ${mark} ${sender}`;

export function decodeFollowed(id: string, value: string): Followed {
  const [position, mark = '', ...sender] = value.split(' ');
  return { id, position: Number(position), mark, sender: sender.join(' ') };
}
