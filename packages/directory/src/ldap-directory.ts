/**
 * Entries on a directory server.
 *
 * 1. There is one connection, opened again by the call after the one that found it lost.
 * 2. Every call to the server ends within the configured time, with an answer or without.
 */
import { canPrefix, checkChange, checkId, checkList, checkPath } from './change-check.js';
import type { ApplyOptions, Change, Directory, Entry, ListOptions, Path, ReadOptions } from './directory.js';
import { DirectoryError } from './directory-error.js';
import type { KindTable } from './kind.js';
import { LdapChanges } from './ldap-changes.js';
import { LdapChildren } from './ldap-children.js';
import { LdapConnection } from './ldap-connection.js';
import { ldapError } from './ldap-failure.js';
import { parseDn, type NameStep } from './ldap-name.js';
import { checkServer } from './ldap-schema.js';
import { LdapTree } from './ldap-tree.js';
import type { LdapOptions } from './options.js';
import { comparePaths } from './path.js';

export class LdapDirectory implements Directory {
  readonly #options: LdapOptions;
  readonly #kinds: KindTable;
  readonly #base: readonly NameStep[];
  #connecting: Promise<LdapConnection> | null = null;
  #connection: LdapConnection | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: LdapOptions, kinds: KindTable, base: readonly NameStep[]) {
    this.#options = options;
    this.#kinds = kinds;
    this.#base = base;
  }

  /**
   * Connects, and finds out whether the server is set up for these kinds.
   *
   * @throws DirectoryError `directory-unavailable`, `directory-denied`, `directory-config`
   */
  static async open(options: LdapOptions, kinds: KindTable): Promise<LdapDirectory> {
    const directory = new LdapDirectory(options, kinds, parseDn(options.base) ?? []);
    try {
      const connection = await directory.#connected();
      await checkServer(connection, kinds, new LdapTree(connection, kinds, directory.#base).dnOf([]));
      return directory;
    } catch (error) {
      directory.destroy();
      throw ldapError(error, 'open the directory');
    }
  }

  async get(path: Path, options: ReadOptions = {}): Promise<Entry | null> {
    if (checkPath(this.#kinds, path) === null) throw new TypeError('The root is no entry');
    return await this.#read(options, async (tree) => await tree.get(path));
  }

  async getById(id: string, options: ReadOptions = {}): Promise<Entry | null> {
    return (await this.getByIds([id], options)).get(id) ?? null;
  }

  async getByIds(ids: readonly string[], options: ReadOptions = {}): Promise<ReadonlyMap<string, Entry>> {
    const wanted = new Set(ids.map(checkId));
    return await this.#read(options, async (tree) => await tree.byIds([...wanted]));
  }

  async list(parent: Path, kindName: string, options: ListOptions = {}): Promise<readonly Entry[]> {
    const { prefix = '', after, limit = Infinity } = options;
    const kind = checkList(this.#kinds, parent, kindName, after);
    return await this.#read(options, async (tree) => {
      if (!canPrefix(prefix) || limit <= 0) return [];
      return await new LdapChildren(tree, parent, kind).list({ prefix, after, limit });
    });
  }

  async referrers(id: string, options: ReadOptions = {}): Promise<readonly Entry[]> {
    checkId(id);
    return await this.#read(options, async (tree) =>
      [...(await tree.referrers(id))].sort((a, b) => comparePaths(a.path, b.path)),
    );
  }

  async apply(changes: readonly Change[], { expected = [], signal }: ApplyOptions = {}): Promise<void> {
    this.#checkOpen();
    signal?.throwIfAborted();
    const checked = changes.map((change) => checkChange(this.#kinds, change));
    const tree = async (): Promise<LdapTree> => new LdapTree(await this.#connected(), this.#kinds, this.#base);
    try {
      await new LdapChanges(tree).apply(checked, expected, signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw this.#failure(error, 'change the directory');
    }
  }

  async close(): Promise<void> {
    this.#closing ??= (async () => {
      const connection = await this.#connecting?.catch(() => null);
      await connection?.close();
    })();
    await this.#closing;
  }

  destroy(): void {
    this.#connection?.destroy();
    void this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #read<T>({ signal }: ReadOptions, work: (tree: LdapTree) => Promise<T>): Promise<T> {
    this.#checkOpen();
    signal?.throwIfAborted();
    const result = (async () => await work(new LdapTree(await this.#connected(), this.#kinds, this.#base, signal)))();
    try {
      return await (signal === undefined ? result : untilAborted(result, signal));
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw this.#failure(error, 'read the directory');
    }
  }

  async #connected(): Promise<LdapConnection> {
    if (this.#connection?.isOpen === false) {
      this.#connection = null;
      this.#connecting = null;
    }
    this.#connecting ??= this.#connect();
    return await this.#connecting;
  }

  async #connect(): Promise<LdapConnection> {
    try {
      this.#connection = await LdapConnection.open(this.#options);
      return this.#connection;
    } catch (error) {
      this.#connecting = null;
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw closed();
  }

  #failure(error: unknown, action: string): unknown {
    if (error instanceof TypeError) return error;
    return this.#closing !== null && !(error instanceof DirectoryError) ? closed() : ldapError(error, action);
  }
}

const closed = (): DirectoryError => new DirectoryError('directory-closed', 'Cannot use the directory: it was closed');

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
