import { namesOf, type Identity } from './identity.js';

/** Where direct memberships are looked up. */
export interface GroupReader {
  /** The groups and roles that an identity is itself a member of. */
  groupsOf(member: Identity): readonly Identity[];
}

/** A group or role that somebody belongs to. */
export interface Membership {
  readonly group: Identity;
  /** The groups and roles on the way to it, itself last. */
  readonly via: readonly Identity[];
}

/**
 * Every group and role of an identity, those it belongs to by way of others included. An alias belongs to what its user
 * belongs to; nobody else's alias or domain plays a part.
 *
 * @returns fewest steps first, then the shortest domain, the shortest name, the alphabet; each group once, also when groups
 *   contain one another in a circle
 */
export function membershipsOf(reader: GroupReader, identity: Identity): readonly Membership[] {
  const names = namesOf(identity);
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
