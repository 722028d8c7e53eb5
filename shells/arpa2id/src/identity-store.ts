import { openDirectory, type Change, type Directory, type Entry, type Path } from '@arpa2amqp/directory';
import { ShellError } from '@arpa2amqp/shell';
import { identityOf, inWords, keyOf, kindOf } from './identity-path.js';
import { KINDS } from './kinds.js';
import { inWordsForCaller, isRace } from './store-failure.js';

/** What a change looks at before it is made. */
export interface Plan<T> {
  readonly changes: readonly Change[];
  /** Nothing is changed unless these are as they were read. */
  readonly unchanged?: readonly Entry[];
  readonly result: T;
}

/** How often a change is tried when others change the same entries. */
const ATTEMPTS = 5;
const PRINCIPALS = ['user', 'group', 'role'] as const;

/** The entries of the identities. Opened by the first command, for all sessions. */
export class IdentityStore {
  readonly #options: unknown;
  readonly #file: string | undefined;
  #opening: Promise<Directory> | undefined;
  #closing: Promise<void> | undefined;

  /** @param file - where entries are kept in LMDB when the options name no file */
  constructor(options: unknown, file: string | undefined) {
    this.#options = options;
    this.#file = file;
  }

  /** Looks at the entries. @throws ShellError */
  async read<T>(work: (view: IdentityView) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await work(new IdentityView(await this.#open(), signal));
    } catch (error) {
      throw inWordsForCaller(error);
    }
  }

  /**
   * Looks at the entries and changes them, both again when they were changed by others in between. After some attempts the
   * store's own complaint is the answer.
   *
   * @param plan - says what to change, or throws
   * @throws ShellError
   */
  async change<T>(plan: (view: IdentityView) => Promise<Plan<T>>, signal: AbortSignal): Promise<T> {
    return await this.read(async (view) => {
      for (let attempt = 1; ; attempt += 1) {
        const { changes, unchanged = [], result } = await plan(view);
        const expected = unchanged.map(({ path, version }) => ({ path, version }));
        try {
          await view.directory.apply(changes, { expected, signal });
          return result;
        } catch (error) {
          if (attempt === ATTEMPTS || !isRace(error)) throw error;
          signal.throwIfAborted();
        }
      }
    }, signal);
  }

  /** Gives the store back; what comes later fails. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const directory = await this.#opening?.catch(() => undefined);
    await directory?.close();
  }

  async #open(): Promise<Directory> {
    if (this.#closing !== undefined) throw new ShellError('The shell is being closed', { code: 'unavailable' });
    // One that failed is tried again by the next command: the server may be back.
    this.#opening ??= openDirectory(this.#options, {
      kinds: KINDS,
      ...(this.#file === undefined ? {} : { defaultFile: this.#file }),
    }).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return await this.#opening;
  }
}

/** The entries as one command sees them. */
export class IdentityView {
  readonly directory: Directory;
  readonly #options: { readonly signal: AbortSignal };

  constructor(directory: Directory, signal: AbortSignal) {
    this.directory = directory;
    this.#options = { signal };
  }

  /** The entry at a path. @throws ShellError when there is none */
  async entry(path: Path): Promise<Entry> {
    const found = await this.directory.get(path, this.#options);
    if (found !== null) return found;
    // The first that is missing says most.
    if (path.length > 1) await this.entry(path.slice(0, -1));
    const holder = await this.#holderOf(path);
    if (holder === undefined) throw new ShellError(`There is no ${inWords(path)}`);
    throw new ShellError(`There is no ${inWords(path)}, ${identityOf(path)} is a ${holder}`);
  }

  /** Makes sure that a name is free and that there is something to put it under. @throws ShellError */
  async free(path: Path): Promise<void> {
    if (path.length > 1) await this.entry(path.slice(0, -1));
    const holder = await this.#holderOf(path);
    if (holder !== undefined) throw new ShellError(`There is ${withArticle(holder)} ${identityOf(path)} already`);
  }

  /** What stands below an entry, of a kind, by name; with an empty path the domains. */
  async children(path: Path, kind: string): Promise<readonly Entry[]> {
    if (path.length > 0) await this.entry(path);
    return await this.directory.list(path, kind, this.#options);
  }

  /** Who refers to an entry. */
  async referrers({ id }: Entry): Promise<readonly Entry[]> {
    return await this.directory.referrers(id, this.#options);
  }

  /** Where the user or alias is that a member or occupant stands for; null when the store was changed by other hands. */
  async standsFor(entry: Entry): Promise<Path | null> {
    const id = entry.references['identity']?.[0];
    const found = id === undefined ? null : await this.directory.getById(id, this.#options);
    return found?.path ?? null;
  }

  /** The kind of the entry that has the name, of whatever kinds may not have it twice. */
  async #holderOf(path: Path): Promise<string | undefined> {
    const kind = kindOf(path);
    const kinds = PRINCIPALS.some((other) => other === kind) ? PRINCIPALS : [kind];
    for (const other of kinds) {
      const found = await this.directory.get([...path.slice(0, -1), [other, keyOf(path)]], this.#options);
      if (found !== null) return other;
    }
    return undefined;
  }
}

function withArticle(kind: string): string {
  return `${/^[aeo]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
