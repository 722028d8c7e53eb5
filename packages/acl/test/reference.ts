import { hasRight, type AccessList, type Identity, type Resource, type Right, type Selector } from '../src/index.js';

/** A world of lists and groups, as plain data. */
export interface World {
  readonly lists: ReadonlyMap<string, AccessList>;
  readonly members: ReadonlyMap<Identity, readonly Identity[]>;
}

export const nameOf = (resource: Resource): string => `${resource.class} ${resource.instance}`;

/** How closely a selector fits an identity; null when it does not match. Smaller is closer. Written from acl.md, without steps. */
function distance(selector: string, identity: string): number | null {
  const [local = '', domain = ''] = identity.split('@');
  const [pattern = '', place = ''] = selector.split('@');
  const isService = local.startsWith('+');
  if (pattern !== '' && pattern !== '+') {
    if (place !== domain) return null;
    if (pattern === local) return 0;
    return !isService && pattern === local.replace(/\+.*/, '') ? 1 : null;
  }
  if (pattern === '+' && !isService) return null;
  const forServices = pattern === '+' ? 0 : 1;
  if (place === domain) return 10 + forServices;
  if (place === '.') return 10_000 + forServices;
  if (!place.startsWith('.') || !domain.endsWith(place)) return null;
  const more = domain.split('.').length - place.slice(1).split('.').length;
  return more > 0 ? 10 + 10 * more + forServices : null;
}

/** The groups of an identity with the number of steps to each, by going round until nothing changes. */
function groupsOf(world: World, identity: Identity): Map<Identity, number> {
  const steps = new Map<Identity, number>();
  const isIn = (member: Identity): number | null => {
    if (distance(member, identity) !== null && !world.members.has(member)) return 0;
    return steps.get(member) ?? null;
  };
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [group, members] of world.members) {
      for (const member of members) {
        const before = isIn(member);
        if (before === null || (steps.get(group) ?? Infinity) <= before + 1) continue;
        steps.set(group, before + 1);
        isChanged = true;
      }
    }
  }
  return steps;
}

/** The decision, naively: every entry of a list is looked at. */
export function decideNaively(
  world: World,
  identity: Identity,
  right: Right,
  resources: readonly Resource[],
): { isGranted: boolean; selector: Selector | null } {
  const groups = groupsOf(world, identity);
  for (const resource of resources) {
    const ranked = [...(world.lists.get(nameOf(resource)) ?? [])].flatMap(([selector, rights]) => {
      const direct = distance(selector, identity);
      if (direct !== null && !world.members.has(selector as Identity))
        return [{ selector, isGranted: hasRight(rights, right), rank: [direct, 0, 0, 0, 0] }];
      const steps = groups.get(selector as Identity);
      if (steps === undefined) return [];
      const [name = '', domain = ''] = selector.split('@');
      const isGranted = hasRight(rights, right);
      return [{ selector, isGranted, rank: [5, isGranted ? 0 : 1, steps, domain.length, name.length] }];
    });
    const [best] = ranked.sort((a, b) => compareRanks(a.rank, b.rank) || (a.selector < b.selector ? -1 : 1));
    if (best !== undefined) return { isGranted: best.isGranted, selector: best.selector };
  }
  return { isGranted: false, selector: null };
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((rank, place) => rank !== b[place]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
