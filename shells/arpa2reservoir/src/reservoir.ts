import { openDirectory, type Change, type Directory, type Entry } from '@arpa2amqp/directory';
import { ShellError } from '@arpa2amqp/shell';
import { BlobFolder } from './blob-folder.js';
import { BlobStore } from './blob-store.js';
import { inWordsForCaller, isDirectoryError, isRace } from './directory-failure.js';
import { KINDS } from './kinds.js';
import type { ResolvedOptions } from './options.js';
import { ReservoirView } from './reservoir-view.js';

/** What a change looks at before it is made. */
export interface Plan<T> {
  readonly changes: readonly Change[];
  /** Nothing is changed unless these are as they were read. */
  readonly unchanged?: readonly Entry[];
  readonly result: T;
}

/** How often a change is tried when others change the same entries. */
const ATTEMPTS = 5;

/** Entries and data. Each is opened by the first command that needs it, for all sessions. */
export class Reservoir {
  readonly #options: ResolvedOptions;
  readonly #ending = new AbortController();
  #directory: Promise<Directory> | undefined;
  #blobs: Promise<BlobStore> | undefined;
  #sweeping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /** Looks at the entries. @throws ShellError */
  async read<T>(work: (view: ReservoirView) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await work(new ReservoirView(await this.#openDirectory(), signal));
    } catch (error) {
      throw inWordsForCaller(error);
    }
  }

  /** Looks at entries and data. @throws ShellError */
  async withData<T>(work: (view: ReservoirView, blobs: BlobStore) => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.read(async (view) => await work(view, await this.#openBlobs()), signal);
  }

  /**
   * Looks at the entries and changes them, both again when they were changed by others in between.
   * @param plan - says what to change, or throws
   * @throws ShellError
   */
  async change<T>(plan: (view: ReservoirView) => Promise<Plan<T>>, signal: AbortSignal): Promise<T> {
    return await this.read(async (view) => {
      for (let attempt = 1; ; attempt += 1) {
        const { changes, unchanged = [], result } = await plan(view);
        const expected = unchanged.map(({ path, version }) => ({ path, version }));
        try {
          await view.directory.apply(changes, { expected, signal });
          return result;
        } catch (error) {
          const mayGoWell = isRace(error) || isDirectoryError(error, 'directory-not-empty', 'directory-referenced');
          if (attempt === ATTEMPTS || !mayGoWell) throw error;
          signal.throwIfAborted();
        }
      }
    }, signal);
  }

  /** Removes what commands left behind that came to no end, where there is anything stored at all. */
  async sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep();
    await this.#sweeping;
  }

  /** Gives the stores back; what comes later fails. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #sweep(): Promise<void> {
    const { data } = this.#options;
    const { signal } = this.#ending;
    if (data === undefined || !(await BlobFolder.exists(data))) return;
    try {
      await (await this.#openBlobs()).sweep(signal);
    } catch (error) {
      // The next start goes on with it.
      if (!signal.aborted) throw error;
    }
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    await this.#sweeping?.catch(() => undefined);
    const directory = await this.#directory?.catch(() => undefined);
    await directory?.close();
  }

  // One that failed to open is tried again by the next command: the server, or the room, may be back.

  async #openDirectory(): Promise<Directory> {
    if (this.#closing !== undefined) throw new ShellError('The shell is being closed', { code: 'unavailable' });
    const { directory, defaultFile } = this.#options;
    this.#directory ??= openDirectory(directory, {
      kinds: KINDS,
      ...(defaultFile === undefined ? {} : { defaultFile }),
    }).catch((error: unknown) => {
      this.#directory = undefined;
      throw error;
    });
    return await this.#directory;
  }

  async #openBlobs(): Promise<BlobStore> {
    this.#blobs ??= this.#makeBlobs().catch((error: unknown) => {
      this.#blobs = undefined;
      throw error;
    });
    return await this.#blobs;
  }

  async #makeBlobs(): Promise<BlobStore> {
    const { data } = this.#options;
    if (data === undefined) {
      throw new ShellError(
        'There is no place for the data of resources: name a folder with the option "data" of arpa2reservoir, or give the daemon a state directory',
        { code: 'unavailable' },
      );
    }
    return new BlobStore(await this.#openDirectory(), await BlobFolder.open(data));
  }
}
