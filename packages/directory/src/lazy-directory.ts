import { existsSync } from 'node:fs';
import type { Change, Directory, Expectation } from './directory.js';
import { DirectoryError, type DirectoryErrorCode } from './directory-error.js';
import { openDirectory, type DirectoryContents } from './open-directory.js';
import { checkDirectoryOptions } from './options.js';
import { refusalOf, type StoreAudience } from './store-error.js';

/** What a change is to do, after a look at the entries. */
export interface Plan<T> {
  readonly changes: readonly Change[];
  /** Nothing is changed unless these are as they were read. */
  readonly unchanged?: readonly Expectation[];
  readonly result: T;
}

/** How often a change is tried when others change the same entries. */
const ATTEMPTS = 5;

/** What a change ends with when others have changed the entries between our looking and our writing. */
const RACES: ReadonlySet<DirectoryErrorCode> = new Set([
  'directory-conflict',
  'directory-exists',
  'directory-missing',
  'directory-not-empty',
  'directory-referenced',
]);

/** A directory that is opened when it is first needed, for all who use it. One that could not be opened is tried again the next time. */
export class LazyDirectory implements AsyncDisposable {
  readonly #options: unknown;
  readonly #contents: DirectoryContents;
  readonly #audience: StoreAudience;
  #opening: Promise<Directory> | undefined;
  #closing: Promise<void> | undefined;

  /** Takes what {@link openDirectory} takes, and who reads its errors; opens nothing. */
  constructor(options: unknown, contents: DirectoryContents, audience: StoreAudience) {
    this.#options = options;
    this.#contents = contents;
    this.#audience = audience;
  }

  /**
   * Opens the file of the directory when there is one, so that one that is damaged is found before anything is asked of it. It is no
   * matter of this when the file is made by the first who needs it, is on a disk without room, or when the directory is on a server.
   *
   * @throws DirectoryError that trying again does not help against, with what to do: `directory-damaged`, `directory-denied`
   */
  async check(): Promise<void> {
    try {
      if (this.#hasFile()) await this.open();
    } catch (error) {
      if (!(error instanceof DirectoryError && error.retryable)) throw error;
    }
  }

  /**
   * Opens the directory, unless it would be made new, so that what is wrong is known before the first command.
   *
   * @throws as {@link open}
   */
  async warmUp(): Promise<void> {
    const { store } = checkDirectoryOptions(this.#options);
    if (store === 'ldap' || this.#hasFile()) await this.open();
  }

  /**
   * Works with the directory for a command.
   *
   * @throws what `work` throws; in place of a {@link StoreError} what the audience may read
   */
  async use<T>(work: (directory: Directory) => Promise<T>): Promise<T> {
    try {
      return await work(await this.open());
    } catch (error) {
      throw refusalOf(error, this.#audience);
    }
  }

  /** @throws DirectoryError `directory-closed`, and as {@link openDirectory} */
  async open(): Promise<Directory> {
    if (this.#closing !== undefined) throw new DirectoryError('directory-closed', 'The directory is being closed');
    this.#opening ??= openDirectory(this.#options, this.#contents).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return await this.#opening;
  }

  /** Gives the directory back; what comes later fails. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #hasFile(): boolean {
    const options = checkDirectoryOptions(this.#options);
    if (options.store === 'ldap') return false;
    const file = options.file ?? this.#contents.defaultFile;
    return file !== undefined && existsSync(file);
  }

  async #close(): Promise<void> {
    const directory = await this.#opening?.catch(() => undefined);
    await directory?.close();
  }
}

/**
 * Looks at entries and changes them, both again when others have changed them in between. After five attempts the directory's own
 * complaint is the answer.
 *
 * @param plan - looks, and says what to change, or throws
 * @returns what the plan says
 * @throws DirectoryError, the reason of the signal, or what the plan throws
 */
export async function changeDirectory<T>(
  directory: Directory,
  plan: () => Promise<Plan<T>>,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const { changes, unchanged = [], result } = await plan();
    const expected = unchanged.map(({ path, version }) => ({ path, version }));
    try {
      await directory.apply(changes, { expected, signal });
      return result;
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof DirectoryError && RACES.has(error.code))) throw error;
      signal.throwIfAborted();
    }
  }
}
