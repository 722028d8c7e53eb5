import {
  changeDirectory,
  DirectoryError,
  type Change,
  type Directory,
  type DirectoryErrorCode,
  type Expectation,
  type Path,
} from '@arpa2amqp/directory';
import { ShellError } from '@arpa2amqp/shell';
import type { BlobFolder } from './blob-folder.js';

// Files of data, and the entries (kind `blob`) by which the directory counts who refers to them.
//
// 1. A file is in its place before an entry of it is made; the entry is gone before the file is taken away.
// 2. Who removes: removes the entry (refused while a resource refers to it), sets the file aside, and looks for the entry again: is it
//    there once more, the file is put back. Who adds: makes the entry, and then looks for the file: is it gone, it is written again.
//    Whichever of the two looks last sees what the other did, so that a file stays for every entry, without a lock between processes.
// 3. Who dies in between leaves a file, or one set aside, without an entry: `sweep` removes these by the very same steps, so that
//    it may run beside everything else. What a died writer left in `new/` has no name that anybody else uses.

/** A file of data as entries name it. */
export interface Blob {
  readonly digest: string;
  /** The id of its entry. It follows from the digest, so that a reference stays true when the entry is made again. */
  readonly id: string;
}

/** A change that makes an entry refer to a blob. */
export interface Referral<T> {
  readonly change: Change;
  /** Nothing is changed unless these are as they were read. */
  readonly expected?: readonly Expectation[];
  readonly result: T;
}

/** Data by content: the same content is kept once, for as long as an entry refers to it. */
export class BlobStore {
  readonly #directory: Directory;
  readonly #folder: BlobFolder;

  constructor(directory: Directory, folder: BlobFolder) {
    this.#directory = directory;
    this.#folder = folder;
  }

  /**
   * Stores data together with the entry that refers to it: both or none.
   * @param plan - looks at the directory and says what to change; asked again when others changed it in between
   * @throws DirectoryError, BlobError, or what the plan throws; nothing is stored then
   */
  async store<T>(bytes: Uint8Array, plan: (blob: Blob) => Promise<Referral<T>>, signal: AbortSignal): Promise<T> {
    const digest = await this.#folder.write(bytes);
    const blob = { digest, id: idOf(digest) };
    try {
      const result = await this.#refer(blob, bytes.length, plan, signal);
      await this.#makeSure(blob, bytes);
      return result;
    } catch (error) {
      await this.release(digest);
      throw error;
    }
  }

  /** The data of a digest, checked. @param size - in bytes @throws BlobError when it is not what was stored */
  async read(digest: string, size: number): Promise<Buffer> {
    return await this.#folder.read(digest, size);
  }

  /** Removes data when nothing refers to it any more. Never rejects: what cannot be removed now is swept at the next start. */
  async release(digest: string): Promise<void> {
    await this.#release(digest).catch(() => undefined);
  }

  /**
   * Removes what commands left behind that came to no end. Safe at any time, beside other processes too.
   * @throws ShellError when the directory does not seem to belong to the files; DirectoryError
   */
  async sweep(signal: AbortSignal): Promise<void> {
    // First, as it throws where nothing may be removed.
    const orphans = await this.#orphans(signal);
    await this.#folder.removeStale();
    for (const leftover of await this.#folder.leftovers()) {
      signal.throwIfAborted();
      if (await this.#isCounted(leftover.digest)) await this.#folder.putBack(leftover);
      else await this.#folder.discard(leftover);
    }
    for (const digest of orphans) {
      signal.throwIfAborted();
      await this.#release(digest);
    }
    for (const { path, id } of await this.#directory.list([], 'blob', { signal })) {
      const isNeeded = (await this.#directory.referrers(id, { signal })).length > 0;
      if (!isNeeded) await this.#release(path[0]?.[1] ?? '');
    }
  }

  /** Files without an entry. @throws ShellError when they are the most: that is no leftover, but the wrong directory */
  async #orphans(signal: AbortSignal): Promise<readonly string[]> {
    const orphans: string[] = [];
    let known = 0;
    for await (const digest of this.#folder.digests()) {
      signal.throwIfAborted();
      if (await this.#isCounted(digest)) known += 1;
      else orphans.push(digest);
    }
    if (orphans.length <= known) return orphans;
    throw new ShellError(
      `The directory knows ${known} of ${known + orphans.length} files of data, so none was removed: check that it is the one that belongs to the folder`,
    );
  }

  async #refer<T>(
    blob: Blob,
    size: number,
    plan: (blob: Blob) => Promise<Referral<T>>,
    signal: AbortSignal,
  ): Promise<T> {
    const join = async () => {
      const { change, expected = [], result } = await plan(blob);
      const known = await this.#directory.get(pathOf(blob.digest), { signal });
      return { changes: known === null ? [entryOf(blob, size), change] : [change], unchanged: expected, result };
    };
    return await changeDirectory(this.#directory, join, signal);
  }

  async #release(digest: string): Promise<void> {
    try {
      await this.#directory.apply([{ op: 'remove', path: pathOf(digest) }]);
    } catch (error) {
      if (hasCode(error, 'directory-referenced')) return;
      if (!hasCode(error, 'directory-missing')) throw error;
    }
    const leftover = await this.#folder.setAside(digest);
    if (leftover === null) return;
    if (await this.#isCounted(digest)) await this.#folder.putBack(leftover);
    else await this.#folder.discard(leftover);
  }

  /** Rule 2. The entry too: a directory server does not look at references, so somebody may have removed it meanwhile. */
  async #makeSure(blob: Blob, bytes: Uint8Array): Promise<void> {
    if ((await this.#directory.get(pathOf(blob.digest))) === null) {
      await this.#directory.apply([entryOf(blob, bytes.length)]).catch((error: unknown) => {
        if (!hasCode(error, 'directory-exists')) throw error;
      });
    }
    if (!(await this.#folder.has(blob.digest))) await this.#folder.write(bytes);
  }

  async #isCounted(digest: string): Promise<boolean> {
    if ((await this.#directory.get(pathOf(digest))) !== null) return true;
    return (await this.#directory.referrers(idOf(digest))).length > 0;
  }
}

function hasCode(error: unknown, code: DirectoryErrorCode): boolean {
  return error instanceof DirectoryError && error.code === code;
}

function pathOf(digest: string): Path {
  return [['blob', digest]];
}

function entryOf({ digest, id }: Blob, size: number): Change {
  return { op: 'add', path: pathOf(digest), id, values: { size: [String(size)] } };
}

/** A UUID of version 8 (RFC 9562, section 5.8) made of the first 122 bits of the digest. */
function idOf(digest: string): string {
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const bits = `${digest.slice(0, 12)}8${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`;
  return bits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
