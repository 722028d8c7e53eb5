import { readPart, type Directory, type Entry, type ListPart, type PartRequest, type Path } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { refused } from './refusal.js';

/** The entries as one command sees them. What it is asked for and does not find, it refuses with a ShellError. */
export class ReservoirView {
  readonly directory: Directory;
  readonly #options: { readonly signal: AbortSignal };

  constructor(directory: Directory, signal: AbortSignal) {
    this.directory = directory;
    this.#options = { signal };
  }

  async domain(name: string): Promise<Entry> {
    const found = await this.directory.get([['domain', name]], this.#options);
    if (found === null) throw refused(`There is no domain ${quoted(name)}; add it first, or correct its name`);
    return found;
  }

  /** @param domain - where it has to be; absent: anywhere */
  async collection(colluuid: string, domain?: string): Promise<Entry> {
    const found = await this.#withKey('collection', colluuid);
    if (found !== null && (domain === undefined || keyOf(found, 'domain') === domain)) return found;
    throw refused(`There is no collection ${colluuid}${domain === undefined ? '' : ` in domain ${quoted(domain)}`}`);
  }

  /** @param colluuid - the collection that it has to be in; absent: anywhere */
  async resource(key: string, colluuid?: string): Promise<Entry> {
    const found = await this.#withKey('resource', key);
    if (found !== null && (colluuid === undefined || keyOf(found, 'collection') === colluuid)) return found;
    throw refused(`There is no resource ${key}${colluuid === undefined ? '' : ` in collection ${colluuid}`}`);
  }

  /** The domain or collection at a path, which was there before. */
  async index(path: Path): Promise<Entry> {
    const found = await this.directory.get(path, this.#options);
    if (found === null) throw refused('The index is gone: choose another one');
    return found;
  }

  /** The children of one kind, by key. @param limit - how many at most, from the first; absent: all */
  async children(path: Path, kind: string, limit = Infinity): Promise<readonly Entry[]> {
    return await this.directory.list(path, kind, { ...this.#options, limit });
  }

  /** The part of a list that an answer can hold. @throws DirectoryError when that is not what was asked for */
  async part<Row>(
    parent: Path,
    kind: string,
    request: PartRequest,
    rowOf: (entry: Entry) => Row,
  ): Promise<ListPart<Row>> {
    const rowsOf = (entries: readonly Entry[]): readonly Row[] => entries.map(rowOf);
    return await readPart(this.directory, { parent, kind, request, rowsOf, ...this.#options });
  }

  /** All collections, by domain and then by UUID. */
  async collections(): Promise<readonly Entry[]> {
    const found: Entry[] = [];
    for (const domain of await this.children([], 'domain')) {
      found.push(...(await this.children(domain.path, 'collection')));
    }
    return found;
  }

  /** The entries that refer to an entry. */
  async referrers({ id }: Entry): Promise<readonly Entry[]> {
    return await this.directory.referrers(id, this.#options);
  }

  async entry(path: Path): Promise<Entry | null> {
    return await this.directory.get(path, this.#options);
  }

  /** The key decides, not the id alone: whoever fills the directory by other means may have chosen another one. */
  async #withKey(kind: string, key: string): Promise<Entry | null> {
    const found = await this.directory.getById(key, this.#options);
    const [lastKind, lastKey] = found?.path.at(-1) ?? [];
    return lastKind === kind && lastKey === key ? found : null;
  }
}

/** The key of an entry, or of what it is below. @throws TypeError when that is of another kind */
export function keyOf({ path }: Pick<Entry, 'path'>, kind: string): string {
  const step = path.find(([name]) => name === kind);
  if (step === undefined) throw new TypeError(`The entry is no ${kind}, nor below one`);
  return step[1];
}

/** The one value of an attribute; undefined when it has none. */
export function valueOf({ values }: Pick<Entry, 'values'>, attribute: string): string | undefined {
  return values[attribute]?.[0];
}
