import { createHash } from 'node:crypto';
import { quoted } from '@arpa2amqp/protocol';
import type { AccessList } from './access-list.js';
import { AclError } from './acl-error.js';
import { parseStoredGroup, type GroupKind } from './group.js';
import { parseStoredIdentity, type Identity } from './identity.js';
import { resourceOf, type Resource } from './resource.js';
import { formatRights, parseRights, type Rights } from './rights.js';
import { parseStoredSelector, type Selector } from './selector.js';

/** One smallest change, as it stands in the log and travels to other hosts. It says what is, not what was. */
export type Change =
  | { readonly kind: 'grant'; readonly resource: Resource; readonly selector: Selector; readonly rights: Rights }
  | { readonly kind: 'revoke'; readonly resource: Resource; readonly selector: Selector }
  | { readonly kind: 'add-group'; readonly group: Identity; readonly as: GroupKind }
  | { readonly kind: 'remove-group'; readonly group: Identity }
  | { readonly kind: 'join' | 'leave'; readonly group: Identity; readonly member: Identity };

/** One order of an administrator. All orders of an update take effect, or none. */
export type Edit = Change | { readonly kind: 'replace'; readonly resource: Resource; readonly list: AccessList };

/** Changes that took effect together. */
export interface ChangeRecord {
  /** Counts up by one with each record of a store, from 1. */
  readonly position: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  /** null: too many to keep; who needs them takes the whole store. */
  readonly changes: readonly Change[] | null;
}

/** Writes a change as a line, for the log and for other hosts. */
export function formatChange(change: Change): string {
  switch (change.kind) {
    case 'grant':
      return `grant ${place(change.resource)} ${formatRights(change.rights)} ${change.selector}`;
    case 'revoke':
      return `revoke ${place(change.resource)} ${change.selector}`;
    case 'add-group':
      return `add-group ${change.as} ${change.group}`;
    case 'remove-group':
      return `remove-group ${change.group}`;
    case 'join':
    case 'leave':
      return `${change.kind} ${change.group} ${change.member}`;
  }
}

const place = ({ class: name, instance }: Resource): string => `${name} ${JSON.stringify(instance)}`;

const LINE =
  /^(?:(grant|revoke) (\S+) ("(?:[^"\\\p{Cc}]|\\["\\])*")(?: (%[A-Za-z]*))? (\S+)|add-group (group|role) (\S+)|remove-group (\S+)|(join|leave) (\S+) (\S+))$/u;

/**
 * Reads a line of {@link formatChange}, also of an earlier version, which let other names in.
 *
 * @throws AclError
 */
export function parseChange(line: string): Change {
  const [
    ,
    edit,
    name = '',
    instance = '""',
    rights,
    selector = '',
    as,
    added = '',
    removed,
    move,
    group = '',
    member = '',
  ] = LINE.exec(line) ?? [];
  if (edit !== undefined && (edit === 'grant') === (rights !== undefined)) {
    const entry = {
      resource: resourceOf(name, JSON.parse(instance) as string),
      selector: parseStoredSelector(selector),
    };
    return rights === undefined
      ? { kind: 'revoke', ...entry }
      : { kind: 'grant', ...entry, rights: parseRights(rights) };
  }
  if (as === 'group' || as === 'role') return { kind: 'add-group', as, group: parseStoredGroup(added) };
  if (removed !== undefined) return { kind: 'remove-group', group: parseStoredGroup(removed) };
  if (move === 'join' || move === 'leave') {
    return { kind: move, group: parseStoredGroup(group), member: parseStoredIdentity(member) };
  }
  throw new AclError('acl-invalid-list', `Cannot read the change ${quoted(line)}: it is none of this version`);
}

/** Writes a record as one line of JSON, the same for the log and for other hosts. */
export function formatChangeRecord({ position, at, by, changes }: ChangeRecord): string {
  return JSON.stringify({ position, at, by, changes: changes?.map(formatChange) ?? null });
}

const MAX_AUTHOR_LENGTH = 2000;

/**
 * Reads a line of {@link formatChangeRecord}.
 *
 * @throws AclError `acl-invalid-list`, or as {@link parseChange}
 */
export function parseChangeRecord(line: string): ChangeRecord {
  const { position, at, by, changes } = objectOf(line);
  const isHead = isCount(position) && position > 0 && isCount(at) && typeof by === 'string';
  const isWhole = changes === null || (Array.isArray(changes) && changes.every((item) => typeof item === 'string'));
  if (!isHead || !isWhole || by.length > MAX_AUTHOR_LENGTH) {
    throw new AclError('acl-invalid-list', `Cannot read the record of changes ${quoted(line)}: it has another form`);
  }
  return { position, at, by, changes: (changes as readonly string[] | null)?.map(parseChange) ?? null };
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new AclError('acl-invalid-list', `Cannot read the record of changes ${quoted(line)}: it is no JSON`, {
      cause,
    });
  }
  return {};
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * What tells a record from another one of the same position, such as one of a store that was put back from a backup and then
 * changed in another way.
 *
 * @param line - of {@link formatChangeRecord}
 */
export function markOf(line: string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, 32);
}
