/**
 * Entries in one LMDB file, which several processes may have open at once.
 *
 * 1. Every read sees the newest change of any process.
 * 2. Changes take effect as a whole or not at all, and are on the disk when their promise is kept. They hold the event loop for
 *    the time of the write, and for as long as another process is writing.
 */
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  EMPTY_TALLY,
  createRecordFile,
  failureOf,
  openRecordFile,
  type FileFailure,
  type Records,
} from '@arpa2amqp/lmdb-file';
import { quoted } from '@arpa2amqp/protocol';
import { canPrefix, checkChange, checkId, checkList, checkPath } from './change-check.js';
import type {
  ApplyOptions,
  Change,
  Directory,
  Entry,
  Expectation,
  ListOptions,
  Path,
  ReadOptions,
} from './directory.js';
import { DirectoryError, type DirectoryErrorCode } from './directory-error.js';
import type { KindTable } from './kind.js';
import { ABOUT_KEY, decodeAbout, encodeAbout, type About } from './lmdb-records.js';
import { LmdbReader } from './lmdb-reader.js';
import { LmdbWriter } from './lmdb-writer.js';
import { conflict, missing } from './refusals.js';

/** No read waits for anything: without a pause now and then, whoever makes thousands of them cannot be stopped. */
const READS_IN_A_TURN = 100;
const NEW: About = { format: 1, changes: 0, ...EMPTY_TALLY };

export class LmdbDirectory implements Directory {
  readonly #file: string;
  readonly #kinds: KindTable;
  readonly #records: Records;
  readonly #reader: LmdbReader;
  #reads = 0;
  #closing: Promise<void> | undefined;

  private constructor(file: string, kinds: KindTable, records: Records) {
    this.#file = file;
    this.#kinds = kinds;
    this.#records = records;
    this.#reader = new LmdbReader(records, kinds);
  }

  /**
   * Opens a file, after checking the whole of it; makes it when there is none.
   *
   * @throws DirectoryError `directory-damaged`, `directory-full`, `directory-unavailable`
   */
  static async open(file: string, kinds: KindTable): Promise<LmdbDirectory> {
    try {
      return new LmdbDirectory(file, kinds, await openOrMake(file));
    } catch (error) {
      throw fileError(error, `open the directory ${quoted(file)}`, file);
    }
  }

  async get(path: Path, options: ReadOptions = {}): Promise<Entry | null> {
    return await this.#read(options, (reader) => {
      if (checkPath(this.#kinds, path) === null) throw new TypeError('The root is no entry');
      const id = reader.resolve(path);
      return id === null ? null : reader.entry(id);
    });
  }

  async getById(id: string, options: ReadOptions = {}): Promise<Entry | null> {
    return await this.#read(options, (reader) => reader.entry(checkId(id)));
  }

  async getByIds(ids: readonly string[], options: ReadOptions = {}): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>();
    for (const id of ids) {
      const entry = await this.getById(id, options);
      if (entry !== null) found.set(id, entry);
    }
    return found;
  }

  async list(parent: Path, kind: string, options: ListOptions = {}): Promise<readonly Entry[]> {
    const { prefix = '', after, limit = Infinity } = options;
    return await this.#read(options, (reader) => {
      const wanted = checkList(this.#kinds, parent, kind, after);
      const id = reader.resolve(parent);
      const entries: Entry[] = [];
      if (id === null || !canPrefix(prefix)) return entries;
      for (const entry of reader.children({ id, path: parent }, wanted, { prefix, after })) {
        if (entries.length >= limit) break;
        entries.push(entry);
      }
      return entries;
    });
  }

  async referrers(id: string, options: ReadOptions = {}): Promise<readonly Entry[]> {
    return await this.#read(options, (reader) => reader.referrers(checkId(id)));
  }

  async apply(changes: readonly Change[], { expected = [], signal }: ApplyOptions = {}): Promise<void> {
    this.#checkOpen();
    signal?.throwIfAborted();
    const checked = changes.map((change) => checkChange(this.#kinds, change));
    try {
      this.#records.transactionSync(() => {
        const writer = new LmdbWriter(this.#records, this.#kinds);
        for (const expectation of expected) checkVersion(writer.reader, expectation);
        for (const change of checked) writer.apply(change);
        writer.finish();
      });
      await Promise.resolve();
    } catch (error) {
      throw fileError(error, 'change the directory', this.#file);
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#records.close();
    await this.#closing;
  }

  /** Nothing is ever under way between two turns of the event loop. */
  destroy(): void {
    void this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Reads on a snapshot that is newer than every change reported so far. */
  async #read<T>({ signal }: ReadOptions, work: (reader: LmdbReader) => T): Promise<T> {
    this.#reads += 1;
    if (this.#reads % READS_IN_A_TURN === 0) await setImmediate();
    this.#checkOpen();
    signal?.throwIfAborted();
    this.#records.resetReadTxn();
    return await Promise.resolve(work(this.#reader));
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw new DirectoryError('directory-closed', 'Cannot use the directory: it was closed');
  }
}

function checkVersion(reader: LmdbReader, { path, version }: Expectation): void {
  const id = reader.resolve(path);
  if (id === null) throw missing(path);
  if (reader.record(id)?.version !== version) throw conflict(path);
}

async function openOrMake(file: string): Promise<Records> {
  const tally = { key: ABOUT_KEY, decode: decodeAbout };
  try {
    return openRecordFile(file, tally);
  } catch (error) {
    if (failureOf(error).kind !== 'missing') throw error;
  }
  try {
    await createRecordFile(file, (records) => records.putSync(ABOUT_KEY, encodeAbout(NEW)));
  } catch (error) {
    // Another process was faster.
    if (failureOf(error).kind !== 'exists') throw error;
  }
  return openRecordFile(file, tally);
}

function fileError(error: unknown, action: string, file: string): Error {
  if (error instanceof DirectoryError || error instanceof TypeError) return error;
  const failure = failureOf(error);
  const [code, advice] = ADVICE[failure.kind];
  const around = failure.kind === 'full' ? ` around ${quoted(dirname(file))}` : '';
  return new DirectoryError(code, `Cannot ${action}: ${failure.words}${advice}${around}`, { cause: error });
}

const ADVICE: Readonly<Record<FileFailure['kind'], readonly [DirectoryErrorCode, string]>> = {
  damaged: ['directory-damaged', '; restore it from a backup, or move it away to begin with an empty one'],
  missing: ['directory-unavailable', '; make the folder, or correct the path'],
  exists: ['directory-unavailable', '; move it away'],
  full: ['directory-full', '; free some space'],
  refused: ['directory-denied', '; run as the user that they belong to'],
  other: ['directory-unavailable', ''],
};
