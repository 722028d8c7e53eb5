/**
 * Entries of a server as this package sees them. One instance for each call: it remembers what it has learnt about the entries
 * above others.
 */
import { AndFilter, EqualityFilter, OrFilter, SubstringFilter, type Filter, type Entry as LdapEntry } from 'ldapts';
import type { Attributes, Entry, Path, Step } from './directory.js';
import { DirectoryError } from './directory-error.js';
import type { Kind, KindTable } from './kind.js';
import type { LdapConnection } from './ldap-connection.js';
import { RESULT, isResult } from './ldap-failure.js';
import { dnOf, parseDn, type NameStep } from './ldap-name.js';
import { compareKeys, isSamePath, lastOf, parentOf } from './path.js';

/** Every entry of ours has this class and this attribute, beside those of its kind. */
export const ENTRY_CLASS = 'arpa2Entry';
export const ID_ATTRIBUTE = 'arpa2EntryId';
const VERSION_ATTRIBUTE = 'entryCSN';

/** How many entries one filter asks for. */
const ENTRIES_AT_ONCE = 100;
/** Asks for no attribute (RFC 4511, section 4.5.1.8): the name says enough. */
const NO_ATTRIBUTES = ['1.1'];
/** More entries than this are not asked for by name. */
const MANY = 5000;

type Found = ReadonlyMap<string, readonly string[]>;
type Scope = 'base' | 'one' | 'sub';

interface Search {
  readonly scope: Scope;
  readonly filter: Filter;
  /** Without it, all there are. */
  readonly limit?: number;
}

/** Which of the children are wanted. */
interface Part {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
}

export class LdapTree {
  readonly #connection: LdapConnection;
  readonly #kinds: KindTable;
  readonly #base: readonly NameStep[];
  readonly #attributes: string[];
  readonly #signal: AbortSignal | undefined;
  readonly #kindsAbove = new Map<string, Kind | null>();

  constructor(connection: LdapConnection, kinds: KindTable, base: readonly NameStep[], signal?: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
    this.#kinds = kinds;
    this.#base = base;
    const mapped = [...kinds].flatMap(({ ldap }) => Object.values(ldap.attributes));
    this.#attributes = [...new Set(['objectClass', ID_ATTRIBUTE, VERSION_ATTRIBUTE, ...mapped])];
  }

  get connection(): LdapConnection {
    return this.#connection;
  }

  dnOf(path: Path): string {
    return dnOf(this.#kinds, this.#base, path);
  }

  /** The entry at a path. */
  async get(path: Path): Promise<Entry | null> {
    const entry = await this.at(path);
    return entry !== null && isSamePath(entry.path, path) ? entry : null;
  }

  /** The entry that has the DN of a path: of another kind perhaps, or with other case in its name. */
  async at(path: Path): Promise<Entry | null> {
    const [entry] = await this.#search(path, { scope: 'base', filter: ours() });
    return entry ?? null;
  }

  async byIds(ids: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>();
    for (const filter of equalToAny(ID_ATTRIBUTE, ids)) {
      for (const entry of await this.#search([], { scope: 'sub', filter: ours(filter) })) found.set(entry.id, entry);
    }
    return found;
  }

  /** The children of a kind, by key. */
  async children(parent: Path, kind: Kind, { prefix, after, limit }: Part): Promise<readonly Entry[]> {
    const filters = kind.ldap.objectClasses.map((name) => equals('objectClass', name));
    // A blank at the end counts for nothing there; what is too much is left out below.
    const initial = prefix.trimEnd();
    const narrow = initial === '' ? [] : [new SubstringFilter({ attribute: kind.ldap.rdn, initial })];
    const isIn = (key: string): boolean =>
      key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0);
    const wanted = ours(...filters, ...narrow);
    if (limit === Infinity) return await this.#siblings(parent, kind, [wanted], isIn);
    // Servers do not sort as we do, if at all: of a part all names are looked at, and nothing but those.
    const keys = new Set(await this.#firstKeys(parent, kind, wanted, { limit, isIn }));
    const chosen =
      keys.size > MANY ? [wanted] : [...equalToAny(kind.ldap.rdn, [...keys])].map((some) => ours(...filters, some));
    return await this.#siblings(parent, kind, chosen, (key) => keys.has(key));
  }

  /** The children of a kind that filters find, as far as they are wanted. */
  async #siblings(
    parent: Path,
    kind: Kind,
    filters: readonly Filter[],
    isWanted: (key: string) => boolean,
  ): Promise<readonly Entry[]> {
    const found: LdapEntry[] = [];
    for (const filter of filters) {
      await this.#findAll(this.dnOf(parent), { scope: 'one', filter }, this.#attributes, (page) => {
        found.push(...page.filter(({ dn }) => isWanted(keyIn(dn, kind))));
      });
    }
    return (await this.#entriesOf(found))
      .filter(({ path }) => lastOf(path)[0] === kind.name && isSamePath(parentOf(path), parent))
      .sort((a, b) => compareKeys(lastOf(a.path)[1], lastOf(b.path)[1]));
  }

  /** The first of the keys of what a filter finds, out of those that are wanted. Never holds many more than these. */
  async #firstKeys(
    parent: Path,
    kind: Kind,
    filter: Filter,
    { limit, isIn }: { readonly limit: number; readonly isIn: (key: string) => boolean },
  ): Promise<readonly string[]> {
    let keys: string[] = [];
    const cut = (): void => {
      keys = keys.sort(compareKeys).slice(0, limit);
    };
    await this.#findAll(this.dnOf(parent), { scope: 'one', filter }, NO_ATTRIBUTES, (page) => {
      keys.push(...page.map(({ dn }) => keyIn(dn, kind)).filter((key) => key !== '' && isIn(key)));
      if (keys.length > 2 * limit) cut();
    });
    cut();
    return keys;
  }

  /** Some of the entries right below one, of whatever kind. */
  async someChildren(path: Path, limit: number): Promise<readonly Entry[]> {
    return await this.#search(path, { scope: 'one', filter: ours(), limit });
  }

  async referrers(id: string): Promise<readonly Entry[]> {
    const attributes = new Set(
      [...this.#kinds].flatMap(({ ldap, references }) =>
        Object.keys(references).map((name) => ldap.attributes[name] ?? ''),
      ),
    );
    if (attributes.size === 0) return [];
    const filters = Array.from(attributes, (attribute) => equals(attribute, id));
    return await this.#search([], { scope: 'sub', filter: ours(any(filters)) });
  }

  /** All that the server keeps of an entry, to put it back. */
  async contents(path: Path): Promise<Record<string, string[]>> {
    const [found = { dn: '' }] = await this.#find(this.dnOf(path), { scope: 'base', filter: ours() }, ['*']);
    // ldapts adds what was asked for and not found, as "*" without values.
    const attributes = Object.entries(found).filter(([name, values]) => name !== 'dn' && values.length > 0);
    return Object.fromEntries(attributes.map(([name, values]) => [name, [values].flat() as string[]]));
  }

  async #search(path: Path, search: Search): Promise<readonly Entry[]> {
    return await this.#entriesOf(await this.#find(this.dnOf(path), search, this.#attributes));
  }

  async #entriesOf(found: readonly LdapEntry[]): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for (const one of found) {
      const entry = await this.#entryOf(one);
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  async #find(dn: string, search: Search, attributes: string[]): Promise<readonly LdapEntry[]> {
    const { scope, filter, limit } = search;
    if (scope !== 'base' && limit === undefined) {
      const entries: LdapEntry[] = [];
      await this.#findAll(dn, search, attributes, (page) => entries.push(...page));
      return entries;
    }
    const { timeLimit } = this.#connection;
    const options = { scope, filter, attributes, timeLimit, sizeLimit: limit ?? 1 };
    return await noneIfMissing(async () => {
      return (await this.#connection.run(async (client) => await client.search(dn, options))).searchEntries;
    });
  }

  async #findAll(
    dn: string,
    { scope, filter }: Search,
    attributes: string[],
    take: (page: readonly LdapEntry[]) => void,
  ): Promise<void> {
    const { timeLimit } = this.#connection;
    await noneIfMissing(async () => {
      await this.#connection.searchPaged(dn, { scope, filter, attributes, timeLimit }, take, this.#signal);
      return [];
    });
  }

  /** Null for an entry that is none of ours. */
  async #entryOf(found: LdapEntry): Promise<Entry | null> {
    const attributes = byName(found);
    const steps = parseDn(found.dn)?.slice(0, -this.#base.length) ?? [];
    const kind = this.#kindOf(attributes, steps[0]);
    const path = kind && (await this.#pathOf(steps, kind));
    if (kind === null || path === null) return null;
    const [id] = attributes.get(ID_ATTRIBUTE.toLowerCase()) ?? [];
    const [version] = attributes.get(VERSION_ATTRIBUTE.toLowerCase()) ?? [];
    if (id === undefined || version === undefined) {
      throw new DirectoryError(
        'directory-denied',
        'The directory server does not let us read arpa2EntryId and entryCSN; see docs/ldap.md',
      );
    }
    const named = (types: Readonly<Record<string, unknown>>): Attributes =>
      Object.fromEntries(
        Object.keys(types).map((name) => [name, sortedValues(attributes, kind.ldap.attributes[name] ?? '')]),
      );
    return { id: id.toLowerCase(), path, version, values: named(kind.attributes), references: named(kind.references) };
  }

  #kindOf(attributes: Found, step: NameStep | undefined): Kind | null {
    const classes = new Set((attributes.get('objectclass') ?? []).map((name) => name.toLowerCase()));
    for (const kind of this.#kinds) {
      const { objectClasses, rdn } = kind.ldap;
      const isOfClass = objectClasses.every((name) => classes.has(name.toLowerCase()));
      if (isOfClass && rdn.toLowerCase() === step?.attribute) return kind;
    }
    return null;
  }

  /** @param steps - from the entry up to the base */
  async #pathOf(steps: readonly NameStep[], kind: Kind): Promise<Path | null> {
    const path: Step[] = [];
    let at: Kind | null = kind;
    for (const [index, step] of steps.entries()) {
      if (at === null) return null;
      path.unshift([at.name, step.value]);
      const above = steps.slice(index + 1);
      if (above.length > 0) at = await this.#kindAbove(at, above);
      else if (!at.parents.includes('')) return null;
    }
    return path;
  }

  /** The kind of a parent: often its name tells, otherwise it is read. */
  async #kindAbove(child: Kind, steps: readonly NameStep[]): Promise<Kind | null> {
    const candidates = [...this.#kinds].filter(
      ({ name, ldap }) => child.parents.includes(name) && ldap.rdn.toLowerCase() === steps[0]?.attribute,
    );
    if (candidates.length < 2) return candidates[0] ?? null;
    const key = JSON.stringify(steps);
    let kind = this.#kindsAbove.get(key);
    if (kind === undefined) {
      kind = await this.#readKind(steps);
      this.#kindsAbove.set(key, kind);
    }
    return kind !== null && candidates.includes(kind) ? kind : null;
  }

  async #readKind(steps: readonly NameStep[]): Promise<Kind | null> {
    const dn = dnOf(this.#kinds, [...steps, ...this.#base], []);
    const [found] = await this.#find(dn, { scope: 'base', filter: ours() }, ['objectClass']);
    return found === undefined ? null : this.#kindOf(byName(found), steps[0]);
  }
}

async function noneIfMissing<T>(search: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await search();
  } catch (error) {
    if (isResult(error, RESULT.noSuchObject)) return [];
    throw error;
  }
}

/** The key in a DN of an entry of a kind; empty when it is named in another way, and so none of ours. */
function keyIn(dn: string, { ldap }: Kind): string {
  const [step] = parseDn(dn) ?? [];
  return step?.attribute === ldap.rdn.toLowerCase() ? step.value : '';
}

function byName({ dn: _, ...attributes }: LdapEntry): Found {
  return new Map(Object.entries(attributes).map(([name, values]) => [name.toLowerCase(), [values].flat().map(String)]));
}

function sortedValues(found: Found, attribute: string): readonly string[] {
  return [...(found.get(attribute.toLowerCase()) ?? [])].sort(compareKeys);
}

const equals = (attribute: string, value: string): Filter => new EqualityFilter({ attribute, value });
/** Filters that together find what has one of these values. */
function* equalToAny(attribute: string, values: readonly string[]): Generator<Filter> {
  for (let from = 0; from < values.length; from += ENTRIES_AT_ONCE) {
    yield any(values.slice(from, from + ENTRIES_AT_ONCE).map((value) => equals(attribute, value)));
  }
}
const any = (filters: Filter[]): Filter => new OrFilter({ filters });
const ours = (...filters: Filter[]): Filter =>
  new AndFilter({ filters: [equals('objectClass', ENTRY_CLASS), ...filters] });
