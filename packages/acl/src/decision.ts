import { namesOf, type Identity } from './identity.js';
import { membershipsOf, type GroupReader, type Membership } from './membership.js';
import { formatResource, type Resource, type ResourceChain } from './resource.js';
import { RIGHTS, formatRights, hasRight, type Right, type Rights } from './rights.js';
import { domainSelectorsOf, type Selector } from './selector.js';

/** The entries of one resource, for asking. */
export interface ListReader {
  /** The rights of an entry; undefined when there is no entry of exactly that selector. */
  rightsOf(selector: Selector): Rights | undefined;
}

/** Where lists and groups are looked up. */
export interface AclReader extends GroupReader {
  /** The entries of a resource; undefined when it has none. */
  listOf(resource: Resource): ListReader | undefined;
}

/** Whether somebody may do something, and why. */
export type Decision = GrantedDecision | DeniedDecision;

interface DecisionParts {
  readonly identity: Identity;
  readonly right: Right;
}

/** An entry grants the right. */
export interface GrantedDecision extends DecisionParts {
  readonly isGranted: true;
  /** Whose list decided. */
  readonly resource: Resource;
  /** Which entry of the list decided. */
  readonly selector: Selector;
  /** What that entry grants in all. */
  readonly rights: Rights;
  /** The groups and roles from the caller's to the one that the entry names; empty when none was needed. */
  readonly via: readonly Identity[];
}

/** The entry that decides lacks the right, or there is no entry. */
export interface DeniedDecision extends DecisionParts {
  readonly isGranted: false;
  /** Whose list decided; the first that was asked when there was no entry. */
  readonly resource: Resource;
  /** Which entry decided; null when there was none. */
  readonly selector: Selector | null;
  readonly rights: Rights | null;
  readonly via: readonly Identity[];
}

/** One look-up of a decision. */
export interface DecisionStep {
  readonly resource: Resource;
  /** null: the resource has no entries at all. */
  readonly selector: Selector | null;
  /** What the entry grants; undefined when there is no such entry. */
  readonly rights: Rights | undefined;
}

/**
 * Decides whether an identity holds a right, on the first of the resources that has an entry for it.
 *
 * Within a resource the most specific entry decides, whether it grants the right or not: the identity, the identity
 * without its alias, its groups and roles, its domain, the domains above, everyone. Among groups the first that grants the
 * right, else the first, in the order of `membershipsOf`; a group has what is granted to its name, never what is
 * granted to its domain. A caller that has the name of a group or role does not have what is granted to that name.
 *
 * @param onStep - told of every look-up, for an explanation
 */
export function decide(
  reader: AclReader,
  identity: Identity,
  right: Right,
  resources: ResourceChain,
  onStep?: (step: DecisionStep) => void,
): Decision {
  const names = namesOf(identity);
  let memberships: readonly Membership[] | undefined;
  let domains: readonly Selector[] | undefined;
  for (const resource of resources) {
    const list = reader.listOf(resource);
    if (list === undefined) {
      onStep?.({ resource, selector: null, rights: undefined });
      continue;
    }
    const tell = (selector: Selector, rights: Rights | undefined): Rights | undefined => {
      onStep?.({ resource, selector, rights });
      return rights;
    };
    const look = (selector: Selector): Rights | undefined => tell(selector, list.rightsOf(selector));
    const lookForName = (name: Identity): Rights | undefined => {
      const rights = list.rightsOf(name);
      // Asked only where there is an entry, since it is a look-up of its own.
      return rights !== undefined && reader.isGroup(name) ? undefined : tell(name, rights);
    };
    const found =
      firstOf(names, lookForName) ??
      ofGroups((memberships ??= membershipsOf(reader, identity)), right, look) ??
      firstOf((domains ??= domainSelectorsOf(identity)), look);
    if (found !== undefined) return { isGranted: hasRight(found.rights, right), identity, right, resource, ...found };
  }
  return { isGranted: false, identity, right, resource: resources[0], selector: null, rights: null, via: [] };
}

interface Found {
  readonly selector: Selector;
  readonly rights: Rights;
  readonly via: readonly Identity[];
}

type Look = (selector: Selector) => Rights | undefined;

function firstOf<T extends Selector>(
  selectors: readonly T[],
  look: (selector: T) => Rights | undefined,
): Found | undefined {
  for (const selector of selectors) {
    const rights = look(selector);
    if (rights !== undefined) return { selector, rights, via: [] };
  }
  return undefined;
}

function ofGroups(memberships: readonly Membership[], right: Right, look: Look): Found | undefined {
  let first: Found | undefined;
  for (const { group, via } of memberships) {
    const rights = look(group);
    if (rights === undefined) continue;
    const found = { selector: group, rights, via };
    if (hasRight(rights, right)) return found;
    first ??= found;
  }
  return first;
}

/** Says a decision in words, for the caller and for the log: what was asked and which entry decided. */
export function describeDecision(decision: Decision): string {
  const { isGranted, right, resource, selector, rights, via } = decision;
  const asked = `right ${right} (${RIGHTS[right]}) on ${formatResource(resource)}`;
  if (selector === null) return `No ${asked}: no entry is for ${decision.identity}`;
  const path = via.length === 0 ? '' : `, by way of ${via.join(', ')}`;
  const grants = rights === null ? '' : formatRights(rights);
  return `${isGranted ? 'Granted' : 'No'} ${asked}: the entry for ${selector} is ${grants}${path}`;
}
