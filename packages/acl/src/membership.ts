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
 * Every group and role of a caller, those it belongs to by way of others included. An alias belongs to what its user
 * belongs to; nobody else's alias or domain plays a part. A caller with the name of a group belongs to nothing by that name:
 * it stands for the members, and who issues principals is often not who makes groups.
 *
 * @returns fewest steps first, then the shortest domain, the shortest name, the alphabet; each group once, also when groups
 *   contain one another in a circle
 */
export function membershipsOf(reader: GroupReader, identity: Identity): readonly Membership[] {
  const first = namesOf(identity).flatMap((name) => {
    const groups = reader.groupsOf(name);
    return groups.length > 0 && !reader.isGroup(name) ? groups : [];
  });
  return climb(reader, first, []);
}

/** The groups and roles to which one of them belongs, itself or by way of others. */
export function groupsAbove(reader: GroupReader, group: Identity): readonly Identity[] {
  return climb(reader, reader.groupsOf(group), [group]).map((membership) => membership.group);
}

/** @param left - groups that are left out */
function climb(reader: GroupReader, first: readonly Identity[], left: readonly Identity[]): readonly Membership[] {
  if (first.length === 0) return [];
  const seen = new Set(left);
  const memberships: Membership[] = [];
  let level: Membership[] = [];
  const reach = (group: Identity, via: readonly Identity[]): void => {
    if (seen.has(group)) return;
    seen.add(group);
    level.push({ group, via: [...via, group] });
  };
  for (const group of first) reach(group, []);
  while (level.length > 0) {
    const reached = level.sort((a, b) => compare(a.group, b.group));
    memberships.push(...reached);
    level = [];
    for (const { group, via } of reached) for (const above of reader.groupsOf(group)) reach(above, via);
  }
  return memberships;
}

function compare(a: Identity, b: Identity): number {
  const atA = a.indexOf('@');
  const atB = b.indexOf('@');
  return a.length - atA - (b.length - atB) || atA - atB || (a < b ? -1 : 1);
}
