import { decide, type AclReader } from './decision.js';
import { isPossible, type Identity } from './identity.js';
import { ADMINISTRATION_CHAIN, type Resource } from './resource.js';
import { hasRight, type Rights } from './rights.js';
import { isNamed, type Selector } from './selector.js';
import type { ListRecord } from './records.js';

/** What {@link hasAdministrator} has to look at. */
export interface AdministratorReader extends AclReader {
  listRecord(resource: Resource): ListRecord;
  entriesOf(resource: Resource, record: ListRecord): Iterable<[Selector, Rights]>;
  membersOf(group: Identity): Iterable<Identity>;
}

/**
 * Whether somebody who can be named may edit the lists: a user or service with an entry of its own, or a member of a group
 * or role with one. An entry for a whole domain does not count: nothing tells whether the domain has anyone in it.
 */
export function hasAdministrator(reader: AdministratorReader): boolean {
  return ADMINISTRATION_CHAIN.some((resource) => {
    for (const [selector, rights] of reader.entriesOf(resource, reader.listRecord(resource))) {
      if (hasRight(rights, 'W') && isNamed(selector) && isHeld(reader, selector)) return true;
    }
    return false;
  });
}

function isHeld(reader: AdministratorReader, name: Identity): boolean {
  const isAdministrator = (who: Identity): boolean =>
    isPossible(who) && decide(reader, who, 'W', ADMINISTRATION_CHAIN).isGranted;
  if (!reader.isGroup(name)) return isAdministrator(name);
  const seen = new Set<Identity>([name]);
  for (const group of seen) {
    for (const member of reader.membersOf(group)) {
      if (reader.isGroup(member)) seen.add(member);
      else if (isAdministrator(member)) return true;
    }
  }
  return false;
}
