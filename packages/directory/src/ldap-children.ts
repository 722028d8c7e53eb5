import type { Entry as LdapEntry, Filter } from 'ldapts';
import type { Entry, Path } from './directory.js';
import type { Kind } from './kind.js';
import { begins, equals, equalToAny, ours } from './ldap-filter.js';
import { parseDn } from './ldap-name.js';
import type { LdapTree } from './ldap-tree.js';
import { compareKeys, isSamePath, lastOf, parentOf } from './path.js';

/** Asks for no attribute (RFC 4511, section 4.5.1.8): the name says enough. */
const NO_ATTRIBUTES = ['1.1'];
/** More entries than this are not asked for by name. */
const MANY = 5000;

/** Which of the children are wanted. */
export interface ChildrenPart {
  readonly prefix: string;
  readonly after: string | undefined;
  /** How many, from the first; `Infinity` is all. */
  readonly limit: number;
}

/** The children of one kind below an entry. */
export class LdapChildren {
  readonly #tree: LdapTree;
  readonly #parent: Path;
  readonly #kind: Kind;

  constructor(tree: LdapTree, parent: Path, kind: Kind) {
    this.#tree = tree;
    this.#parent = parent;
    this.#kind = kind;
  }

  /** By key. Fewer than the limit only when there are no more. */
  async list({ prefix, after, limit }: ChildrenPart): Promise<readonly Entry[]> {
    const isIn = (key: string, behind = after): boolean =>
      key.startsWith(prefix) && (behind === undefined || compareKeys(key, behind) > 0);
    if (limit === Infinity) return await this.#entries([this.#named(prefix)], (key) => isIn(key));
    const entries: Entry[] = [];
    // Servers do not sort as we do, if at all: of a part all names are looked at, and nothing but those. What has such a name may be
    // gone when it is read, or be none of ours.
    for (let [count, behind] = [limit, after]; ; count *= 2) {
      const keys = await this.#firstKeys(this.#named(prefix), count, (key) => isIn(key, behind));
      entries.push(...(await this.#withKeys(new Set(keys), prefix)));
      if (entries.length >= limit || keys.length < count) return entries.slice(0, limit);
      behind = keys.at(-1);
    }
  }

  async #withKeys(keys: ReadonlySet<string>, prefix: string): Promise<readonly Entry[]> {
    const chosen =
      keys.size > MANY
        ? [this.#named(prefix)]
        : [...equalToAny(this.#kind.ldap.rdn, [...keys])].map((some) => this.#ours(some));
    return await this.#entries(chosen, (key) => keys.has(key));
  }

  /** What may be of the kind, with a name that begins so. */
  #named(prefix: string): Filter {
    // A blank at the end counts for nothing there; what is too much is left out when it is read.
    const initial = prefix.trimEnd();
    return initial === '' ? this.#ours() : this.#ours(begins(this.#kind.ldap.rdn, initial));
  }

  #ours(...filters: readonly Filter[]): Filter {
    return ours(...this.#kind.ldap.objectClasses.map((name) => equals('objectClass', name)), ...filters);
  }

  /** What filters find, as far as it is wanted. */
  async #entries(filters: readonly Filter[], isWanted: (key: string) => boolean): Promise<readonly Entry[]> {
    const found: LdapEntry[] = [];
    for (const filter of filters) {
      await this.#tree.findBelow(this.#parent, filter, (page) => {
        found.push(...page.filter((entry) => isWanted(this.#keyOf(entry))));
      });
    }
    return (await this.#tree.entriesOf(found))
      .filter(({ path }) => lastOf(path)[0] === this.#kind.name && isSamePath(parentOf(path), this.#parent))
      .sort((a, b) => compareKeys(lastOf(a.path)[1], lastOf(b.path)[1]));
  }

  /** The first of the keys of what a filter finds, out of those that are wanted. Never holds many more than these. */
  async #firstKeys(filter: Filter, limit: number, isIn: (key: string) => boolean): Promise<readonly string[]> {
    let keys: string[] = [];
    const cut = (): void => {
      keys = keys.sort(compareKeys).slice(0, limit);
    };
    const take = (page: readonly LdapEntry[]): void => {
      keys.push(...page.map((entry) => this.#keyOf(entry)).filter((key) => key !== '' && isIn(key)));
      if (keys.length > 2 * limit) cut();
    };
    await this.#tree.findBelow(this.#parent, filter, take, NO_ATTRIBUTES);
    cut();
    return keys;
  }

  /** Empty when an entry is named in another way, and so none of ours. */
  #keyOf({ dn }: LdapEntry): string {
    const [step] = parseDn(dn) ?? [];
    return step?.attribute === this.#kind.ldap.rdn.toLowerCase() ? step.value : '';
  }
}
