import { namesOf, type Identity } from './identity.js';

/** Where direct memberships are looked up. */
export interface GroupReader {
  /** The groups and roles that an identity is itself a member of. */
  groupsOf(member: Identity): readonly Identity[];
  /** Whether an identity is the name of a group or role. */
  isGroup(name: Identity): boolean;
}

/** A group or role that somebody belongs to. */
export interface Membership {
  readonly group: Identity;
  /** The groups and roles on the way to it, itself last. */
  readonly via: readonly Identity[];
}

/**
 * The names by which a caller has entries and memberships of its own. The name of a group or role is none of them: it stands for
 * the members, and who issues principals is often not who makes groups.
 */
export function ownNamesOf(reader: GroupReader, caller: Identity): readonly Identity[] {
  return namesOf(caller).filter((name) => !reader.isGroup(name));
}

/**
 * Every group and role of a caller, those it belongs to by way of others included. An alias belongs to what its user
 * belongs to; nobody else's alias or domain plays a part. A caller with the name of a group belongs to nothing by that name.
 *
 * @returns fewest steps first, then the shortest domain, the shortest name, the alphabet; each group once, also when groups
 *   contain one another in a circle
 */
export function membershipsOf(reader: GroupReader, identity: Identity): readonly Membership[] {
  return groupsAbove(reader, ownNamesOf(reader, identity));
}

/** As {@link membershipsOf}, for names that may be those of groups and roles. */
export function groupsAbove(reader: GroupReader, names: readonly Identity[]): readonly Membership[] {
  const seen = new Set<Identity>(names);
  const memberships: Membership[] = [];
  let level: Membership[] = names.map((group) => ({ group, via: [] }));
  while (level.length > 0) {
    const next: Membership[] = [];
    for (const { group: member, via } of level) {
      for (const group of reader.groupsOf(member)) {
        if (seen.has(group)) continue;
        seen.add(group);
        next.push({ group, via: [...via, group] });
      }
    }
    level = next.length > 1 ? next.sort((a, b) => compare(a.group, b.group)) : next;
    memberships.push(...level);
  }
  return memberships;
}

function compare(a: Identity, b: Identity): number {
  const atA = a.indexOf('@');
  const atB = b.indexOf('@');
  return a.length - atA - (b.length - atB) || atA - atB || (a < b ? -1 : 1);
}
