import { changeDirectory, LazyDirectory, type Plan, type StoreAudience } from '@arpa2amqp/directory';
import { ShellError, type ShellPlace } from '@arpa2amqp/shell';
import { BlobError } from './blob-error.js';
import { BlobFolder } from './blob-folder.js';
import { BlobStore } from './blob-store.js';
import { KINDS } from './kinds.js';
import type { ResolvedOptions } from './options.js';
import { ReservoirView } from './reservoir-view.js';
import { Usage } from './usage.js';

/** Entries and data, for all sessions. Each is made by the first command that needs it. */
export class Reservoir {
  readonly #options: ResolvedOptions;
  readonly #ending = new AbortController();
  readonly #directory: LazyDirectory;
  /** What the domains use. */
  readonly usage: Usage;
  #blobs: Promise<BlobStore> | undefined;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions, place: ShellPlace) {
    this.#options = options;
    const { directory, defaultFile, maxDomainBytes } = options;
    this.usage = new Usage(maxDomainBytes, this.#ending.signal);
    const file = defaultFile === undefined ? {} : { defaultFile };
    const refuse: StoreAudience['refuse'] = (message, about) => new ShellError(message, about);
    this.#directory = new LazyDirectory(directory, { kinds: KINDS, ...file }, { refuse, place });
  }

  /** Opens the file of the entries that there is. @throws DirectoryError when it is damaged, or another's */
  async check(): Promise<void> {
    await this.#directory.check();
  }

  /**
   * Opens the entries that there are, and removes what commands left behind that came to no end.
   * @throws DirectoryError, BlobError or ShellError when either cannot be done now
   */
  async start(): Promise<void> {
    this.#starting ??= this.#start();
    await this.#starting;
  }

  /** Looks at the entries. @throws ShellError */
  async read<T>(work: (view: ReservoirView) => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#directory.use(async (directory) => await work(new ReservoirView(directory, signal)));
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
    return await this.read(
      async (view) => await changeDirectory(view.directory, async () => await plan(view), signal),
      signal,
    );
  }

  /** Gives the stores back; what comes later fails. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #start(): Promise<void> {
    const { data } = this.#options;
    const { signal } = this.#ending;
    await this.#directory.warmUp();
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
    await this.#starting?.catch(() => undefined);
    await this.#directory.close();
  }

  /** One that failed to open is tried again by the next command: the room may be back. */
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
      throw new BlobError(
        'There is no place for the data of resources: name a folder with the option "data" of arpa2reservoir, or give the daemon a state directory',
        { told: 'The host is not set up to keep data; tell its operator' },
      );
    }
    return new BlobStore(await this.#directory.open(), await BlobFolder.open(data));
  }
}
