/**
 * Entries of a server as this package sees them. One instance for each call: it remembers what it has learnt about the entries
 * above others.
 */
import type { Entry as LdapEntry, Filter } from 'ldapts';
import type { Attributes, Entry, Path, Step } from './directory.js';
import { DirectoryError } from './directory-error.js';
import type { Kind, KindTable } from './kind.js';
import type { LdapConnection } from './ldap-connection.js';
import { any, equals, equalToAny, ours } from './ldap-filter.js';
import { dnOf, parseDn, type NameStep } from './ldap-name.js';
import { LdapSearch, type Search } from './ldap-search.js';
import { compareKeys, isSamePath } from './path.js';

/** Every entry of ours has this attribute, beside those of its kind. */
export const ID_ATTRIBUTE = 'arpa2EntryId';
const VERSION_ATTRIBUTE = 'entryCSN';

type Found = ReadonlyMap<string, readonly string[]>;

export class LdapTree {
  readonly #connection: LdapConnection;
  readonly #kinds: KindTable;
  readonly #base: readonly NameStep[];
  readonly #attributes: string[];
  readonly #searching: LdapSearch;
  readonly #kindsAbove = new Map<string, Kind | null>();

  constructor(connection: LdapConnection, kinds: KindTable, base: readonly NameStep[], signal?: AbortSignal) {
    this.#connection = connection;
    this.#searching = new LdapSearch(connection, signal);
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

  /**
   * Finds what is right below an entry, page by page.
   *
   * @param attributes - those that are read of each; default: what its kind may have
   */
  async findBelow(
    path: Path,
    filter: Filter,
    take: (page: readonly LdapEntry[]) => void,
    attributes = this.#attributes,
  ): Promise<void> {
    await this.#searching.findAll(this.dnOf(path), { scope: 'one', filter }, attributes, take);
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
    const [found = { dn: '' }] = await this.#searching.find(this.dnOf(path), { scope: 'base', filter: ours() }, ['*']);
    // ldapts adds what was asked for and not found, as "*" without values.
    const attributes = Object.entries(found).filter(([name, values]) => name !== 'dn' && values.length > 0);
    return Object.fromEntries(attributes.map(([name, values]) => [name, [values].flat() as string[]]));
  }

  /** Those that are ours of what was found. */
  async entriesOf(found: readonly LdapEntry[]): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for (const one of found) {
      const entry = await this.#entryOf(one);
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  async #search(path: Path, search: Search): Promise<readonly Entry[]> {
    return await this.entriesOf(await this.#searching.find(this.dnOf(path), search, this.#attributes));
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
    const [found] = await this.#searching.find(dn, { scope: 'base', filter: ours() }, ['objectClass']);
    return found === undefined ? null : this.#kindOf(byName(found), steps[0]);
  }
}

function byName({ dn: _, ...attributes }: LdapEntry): Found {
  return new Map(Object.entries(attributes).map(([name, values]) => [name.toLowerCase(), [values].flat().map(String)]));
}

function sortedValues(found: Found, attribute: string): readonly string[] {
  return [...(found.get(attribute.toLowerCase()) ?? [])].sort(compareKeys);
}
