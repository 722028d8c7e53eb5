import { quoted } from '@arpa2amqp/protocol';
import { formatAccessList, parseAccessList, type AccessList } from './access-list.js';
import { AclError } from './acl-error.js';
import { parseIdentity, parseStoredIdentity, type Identity } from './identity.js';
import { parseGroup, parseStoredGroup, type GroupKind } from './group.js';
import { resourceOf, type Resource } from './resource.js';
import { parseSelector, parseStoredSelector } from './selector.js';

/** A group or role with its members. */
export interface GroupEntry {
  readonly kind: GroupKind;
  readonly group: Identity;
  readonly members: readonly Identity[];
}

/** One list of a document. */
export interface ListEntry {
  readonly resource: Resource;
  readonly list: AccessList;
}

/** What an export holds: lists, groups and roles. */
export interface AclDocument {
  readonly groups: readonly GroupEntry[];
  readonly lists: readonly ListEntry[];
}

const LIST_LINE = /^acl\s+(\S+)\s+("(?:[^"\\\p{Cc}]|\\["\\])*")\s*(.*)$/u;
const GROUP_LINE = /^(group|role)\s+(\S+)\s*(.*)$/;

/** Writes one list as a line of a document: `acl arpa2dns.zone "orvelte.nep" %RW john@example.com`. */
export function formatListLine({ resource, list }: ListEntry): string {
  return `acl ${resource.class} ${JSON.stringify(resource.instance)} ${formatAccessList(list)}`.trimEnd();
}

/** Writes one group as a line of a document: `group admins@example.com john@example.com`. */
export function formatGroupLine({ kind, group, members }: GroupEntry): string {
  return [kind, group, ...[...members].sort()].join(' ');
}

/** Writes a document, one list, group or role a line. */
export function formatDocument({ groups, lists }: AclDocument): string {
  return [...groups.map(formatGroupLine), ...lists.map(formatListLine)].map((line) => `${line}\n`).join('');
}

const PARSERS = {
  given: { identity: parseIdentity, group: parseGroup, selector: parseSelector },
  stored: { identity: parseStoredIdentity, group: parseStoredGroup, selector: parseStoredSelector },
} as const;

type Parsers = (typeof PARSERS)[keyof typeof PARSERS];

/**
 * Reads a document: lines as of {@link formatListLine} and {@link formatGroupLine}; empty lines and those that begin with `#`
 * mean nothing.
 *
 * @param origin - `stored`: a store wrote it, which may hold names that are let in no more, see {@link parseStoredIdentity}
 * @throws AclError with `at` the number of the line, from 1
 */
export function parseDocument(text: string, origin: keyof typeof PARSERS = 'given'): AclDocument {
  const parsers = PARSERS[origin];
  const groups: GroupEntry[] = [];
  const lists: ListEntry[] = [];
  const seen = new Set<string>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const entry = atLine(index + 1, () => parseLine(line, parsers));
    const key = 'group' in entry ? entry.group : `${entry.resource.class} ${entry.resource.instance}`;
    if (seen.has(key)) {
      const message = `Cannot read line ${index + 1}: ${quoted(key)} has a line of its own already; join the two`;
      throw new AclError('acl-invalid-list', message, { at: index + 1 });
    }
    seen.add(key);
    if ('group' in entry) groups.push(entry);
    else lists.push(entry);
  }
  return { groups, lists };
}

function parseLine(line: string, parsers: Parsers): GroupEntry | ListEntry {
  const [, className, instance, list = ''] = LIST_LINE.exec(line) ?? [];
  if (className !== undefined && instance !== undefined) {
    return {
      resource: resourceOf(className, JSON.parse(instance) as string),
      list: parseAccessList(list, parsers.selector),
    };
  }
  const [, kind, group, members = ''] = GROUP_LINE.exec(line) ?? [];
  if (kind === undefined || group === undefined) {
    throw new AclError(
      'acl-invalid-list',
      `${quoted(line)} is none of acl <class> "<instance>" ..., group ..., role ...`,
    );
  }
  const words = members.split(/\s+/).filter((word) => word !== '');
  const memberSet = new Set(words.map(parsers.identity));
  return { kind: kind as GroupKind, group: parsers.group(group), members: [...memberSet] };
}

function atLine<T>(at: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AclError)) throw error;
    throw new AclError(error.code, `Cannot read line ${at}: ${error.message}`, { at, cause: error });
  }
}
