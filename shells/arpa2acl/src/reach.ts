import {
  ADMINISTRATION,
  AclError,
  chainOf,
  parseIdentity,
  type AclStore,
  type Identity,
  type Resource,
  type ResourceChain,
  type Right,
} from '@arpa2amqp/acl';
import type { Caller } from '@arpa2amqp/shell';

const CLASS = ADMINISTRATION.class;

/**
 * How far the rights of a caller go over the lists themselves: for commands on everything, where the daemon has asked for all
 * classes at once, and for the values that completion tells.
 */
export class Reach {
  readonly #store: AclStore;
  readonly #identity: Identity | null;

  constructor(store: AclStore, { identity }: Caller) {
    this.#store = store;
    this.#identity = identityOrNull(identity);
  }

  /**
   * Those of some classes on which an entry takes a right from the caller that the default for all classes gives. A daemon that
   * asks no lists (`--open`) gives everybody what no such entry takes away.
   */
  excepted(right: Right, classes: Iterable<string>): readonly string[] {
    return [...new Set(classes)].filter((name) => this.#isExcepted(right, name));
  }

  /** Those of some classes that an entry keeps the caller from reading or from editing. */
  exceptedForEdits(classes: Iterable<string>): readonly string[] {
    const found = [...classes];
    return [...new Set([...this.excepted('W', found), ...this.excepted('R', found)])];
  }

  /**
   * Whether the caller may not read everything: an entry for him lacks the right, be it for one of some classes or for all. A daemon
   * that asks no lists (`--open`) gives everybody what no entry is about.
   */
  isKeptFromReading(classes: Iterable<string>): boolean {
    const chains = [chainOf(CLASS), ...Array.from(classes, (name) => chainOf(CLASS, name))];
    return chains.some((chain) => this.#denying('R', chain) !== null);
  }

  /** Whether the caller may read the lists of a class, as `acl show` needs it. */
  mayRead(name: string): boolean {
    return this.#holds('R', chainOf(CLASS, name));
  }

  /** The same of groups and roles, which belong to no class, as `group list` needs it. */
  get mayReadGroups(): boolean {
    return this.#holds('R', chainOf(CLASS)) && this.mayRead(CLASS);
  }

  /** The groups and roles that the caller is in: `whoami` tells them everybody. */
  get groups(): readonly Identity[] {
    return this.#identity === null ? [] : this.#store.membershipsOf(this.#identity).map(({ group }) => group);
  }

  #isExcepted(right: Right, name: string): boolean {
    return this.#denying(right, chainOf(CLASS, name))?.instance === name;
  }

  /** The resource with the entry that lacks a right; null where the right is granted, or no entry is for the caller. */
  #denying(right: Right, resources: ResourceChain): Resource | null {
    if (this.#identity === null) return null;
    const { isGranted, selector, resource } = this.#store.decide(this.#identity, right, resources);
    return isGranted || selector === null ? null : resource;
  }

  #holds(right: Right, resources: ResourceChain): boolean {
    return this.#identity !== null && this.#store.decide(this.#identity, right, resources).isGranted;
  }
}

/** Somebody whom no entry can name has no rights by the lists. */
function identityOrNull(text: string): Identity | null {
  try {
    return parseIdentity(text);
  } catch (error) {
    if (error instanceof AclError) return null;
    throw error;
  }
}

/** Says how many classes are not shown; not which: to know of them is a right of its own. */
export function leftOutWords(count: number): string {
  return `${count} ${count === 1 ? 'class is' : 'classes are'} left out, which you may not read`;
}
