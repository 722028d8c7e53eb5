import { quoted } from '@arpa2amqp/protocol';
import type { AccessList } from './access-list.js';
import { AclError } from './acl-error.js';
import { parseGroup, type GroupKind } from './group.js';
import { parseIdentity, type Identity } from './identity.js';
import { resourceOf, type Resource } from './resource.js';
import { formatRights, parseRights, type Rights } from './rights.js';
import { parseSelector, type Selector } from './selector.js';

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
  /^(?:(grant|revoke) (\S+) ("(?:[^"\\]|\\["\\])*")(?: (%[A-Za-z]*))? (\S+)|add-group (group|role) (\S+)|remove-group (\S+)|(join|leave) (\S+) (\S+))$/;

/**
 * Reads a line of {@link formatChange}.
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
    const entry = { resource: resourceOf(name, JSON.parse(instance) as string), selector: parseSelector(selector) };
    return rights === undefined
      ? { kind: 'revoke', ...entry }
      : { kind: 'grant', ...entry, rights: parseRights(rights) };
  }
  if (as === 'group' || as === 'role') return { kind: 'add-group', as, group: parseGroup(added) };
  if (removed !== undefined) return { kind: 'remove-group', group: parseGroup(removed) };
  if (move === 'join' || move === 'leave') {
    return { kind: move, group: parseGroup(group), member: parseIdentity(member) };
  }
  throw new AclError('acl-invalid-list', `Cannot read the change ${quoted(line)}: it is none of this version`);
}
