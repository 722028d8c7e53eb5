/** One step of a {@link Path}: the kind of an entry, and its key among its siblings. */
export type Step = readonly [kind: string, key: string];

/** Where an entry is: from the root down. Keys compare as given; whoever makes paths makes them canonical first. */
export type Path = readonly Step[];

/** Attributes or references by name. The values of one name are a set: their order is not kept. */
export type Attributes = Readonly<Record<string, readonly string[]>>;

/** One entry as it was read. */
export interface Entry {
  /** A UUID that stays when the entry moves. */
  readonly id: string;
  readonly path: Path;
  /** Another with every change of the entry; not with changes of what is above or below it. */
  readonly version: string;
  /** Every attribute of the kind, empty when the entry has none of it. In the order of code points. */
  readonly values: Attributes;
  /** Every reference of the kind, as ids of other entries. */
  readonly references: Attributes;
}

/**
 * One change.
 *
 * - `add`: a new entry; its parent is there already. `id`: a UUID of the caller's choice.
 * - `set`: replaces the named attributes and references; `[]` takes one away.
 * - `move`: to another key, another parent, or both. What is below goes along; ids stay, so references stay true.
 * - `remove`: an entry with nothing below it, and that no other entry refers to.
 */
export type Change =
  | {
      readonly op: 'add';
      readonly path: Path;
      readonly id?: string;
      readonly values?: Attributes;
      readonly references?: Attributes;
    }
  | { readonly op: 'set'; readonly path: Path; readonly values?: Attributes; readonly references?: Attributes }
  | { readonly op: 'move'; readonly path: Path; readonly to: Path }
  | { readonly op: 'remove'; readonly path: Path };

/** How something is read. */
export interface ReadOptions {
  /** Ends the wait; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How {@link Directory.list} reads. */
export interface ListOptions extends ReadOptions {
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Only keys that come after this one, which need not be there any more. */
  readonly after?: string;
  /** How many entries at most, from the first. Default: all. Fewer come only when there are no more. */
  readonly limit?: number;
}

/** What was read before a change, so that a change by somebody else in between is found out. */
export interface Expectation {
  readonly path: Path;
  readonly version: string;
}

/** How {@link Directory.apply} changes. */
export interface ApplyOptions extends ReadOptions {
  /** Nothing is changed unless these entries still have these versions. */
  readonly expected?: readonly Expectation[];
}

/**
 * Entries in a tree. The same in every store, but for what {@link Directory.apply} says.
 *
 * All methods throw DirectoryError: `directory-invalid` for a path, key or value that the kinds do not allow,
 * `directory-unavailable`, `directory-denied`, `directory-closed`. A kind or name that was never declared is a TypeError.
 */
export interface Directory extends AsyncDisposable {
  /** The entry at a path, or null. */
  get(path: Path, options?: ReadOptions): Promise<Entry | null>;

  /** The entry with an id, or null. */
  getById(id: string, options?: ReadOptions): Promise<Entry | null>;

  /** Those of the entries with some ids that are there, by id. A directory server is asked for a hundred of them at a time. */
  getByIds(ids: readonly string[], options?: ReadOptions): Promise<ReadonlyMap<string, Entry>>;

  /**
   * The children of one kind, by key in the order of code points.
   *
   * @param parent - `[]` is the root
   * @returns none when the parent is not there
   */
  list(parent: Path, kind: string, options?: ListOptions): Promise<readonly Entry[]>;

  /** The entries that refer to an entry, by path. */
  referrers(id: string, options?: ReadOptions): Promise<readonly Entry[]>;

  /**
   * Makes changes one after the other.
   *
   * LMDB: all or none. LDAP: when one fails, those before it are undone as far as the server lets us; order them so that what
   * stands after each of them is whole.
   *
   * @throws DirectoryError `directory-exists`, `directory-missing`, `directory-not-empty`, `directory-referenced`,
   *   `directory-conflict`, `directory-full`
   */
  apply(changes: readonly Change[], options?: ApplyOptions): Promise<void>;

  /** Gives the store back; calls after that throw `directory-closed`. */
  close(): Promise<void>;

  /** The same at once: calls under way fail. */
  destroy(): void;
}
