import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '@arpa2amqp/protocol';
import { BlobError } from './blob-error.js';

// A file of data is named after the SHA-256 of what is in it, `aa/bb...`; nothing that a caller says ever becomes part of a path.
// It is written under another name in `new/`, and renamed when it is on the disk as a whole. A file that is to be removed is renamed
// into `old/` first, from where it can be put back.

/** A file that was set aside, to be removed or put back. */
export interface Leftover {
  readonly digest: string;
  /** Name in `old/`. */
  readonly name: string;
}

const NEW = 'new';
const OLD = 'old';
const DIGEST = /^[0-9a-f]{64}$/;
const SHARD = /^[0-9a-f]{2}$/;
/** A file in `new/` that is older belongs to a command that is long over. */
const STALE_MS = 3_600_000;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The files of a reservoir's data, in a folder of their own (0700). */
export class BlobFolder {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the folder, and makes it when there is none. @throws BlobError that says what is wrong with it */
  static async open(root: string): Promise<BlobFolder> {
    try {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const found = await lstat(root);
      if (!found.isDirectory()) throw new Error('it is not a folder');
      if ((found.mode & 0o022) !== 0) throw new Error('others may write there; run chmod 700 on it');
      for (const name of [NEW, OLD]) await mkdir(path.join(root, name), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw unusable('Opening the folder of the data', error);
    }
    return new BlobFolder(root);
  }

  /** True when there is such a folder already. */
  static async exists(root: string): Promise<boolean> {
    return await isThere(root);
  }

  /** Puts data on the disk, whole or not at all. @returns its digest @throws BlobError */
  async write(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    const temporary = path.join(this.#root, NEW, randomUUID());
    try {
      await writeDurably(temporary, bytes);
      await this.#shard(digest);
      await rename(temporary, this.#pathOf(digest));
      await syncFolder(path.dirname(this.#pathOf(digest)));
    } catch (error) {
      await unlinkIfThere(temporary).catch(() => undefined);
      throw unusable('Writing the data', error);
    }
    return digest;
  }

  /**
   * The data of a digest.
   * @param size - what it should have, in bytes
   * @throws BlobError when it is not there, or not what was stored
   */
  async read(digest: string, size: number): Promise<Buffer> {
    const bytes = await this.#bytesOf(digest, size);
    if (bytes === 'missing') throw damaged('is missing', this.#pathOf(digest));
    if (bytes === 'other' || digestOf(bytes) !== digest)
      throw damaged('was changed by other hands', this.#pathOf(digest));
    return bytes;
  }

  async has(digest: string): Promise<boolean> {
    return await isThere(this.#pathOf(digest));
  }

  /** Takes a file out of its place; null when it is not there. */
  async setAside(digest: string): Promise<Leftover | null> {
    const name = `${digest}.${randomUUID()}`;
    try {
      await rename(this.#pathOf(digest), path.join(this.#root, OLD, name));
    } catch (error) {
      if (isMissing(error)) return null;
      throw unusable('Removing data', error);
    }
    return { digest, name };
  }

  /** Gives a file its place again, unless another one has taken it. */
  async putBack({ digest, name }: Leftover): Promise<void> {
    const from = path.join(this.#root, OLD, name);
    try {
      await this.#shard(digest);
      await link(from, this.#pathOf(digest)).catch((error: unknown) => {
        if (!isMissing(error) && codeOf(error) !== 'EEXIST') throw error;
      });
      await syncFolder(path.dirname(this.#pathOf(digest)));
      await unlinkIfThere(from);
    } catch (error) {
      throw unusable('Putting data back', error);
    }
  }

  /** Removes a file that was set aside. */
  async discard({ name }: Leftover): Promise<void> {
    try {
      await unlinkIfThere(path.join(this.#root, OLD, name));
    } catch (error) {
      throw unusable('Removing data', error);
    }
  }

  /** The digests of all files that are in their place. */
  async *digests(): AsyncGenerator<string> {
    for (const shard of await readdir(this.#root)) {
      if (!SHARD.test(shard)) continue;
      for (const rest of await readdir(path.join(this.#root, shard))) {
        if (DIGEST.test(shard + rest)) yield shard + rest;
      }
    }
  }

  /** The files that were set aside and then forgotten. */
  async leftovers(): Promise<readonly Leftover[]> {
    const names = await readdir(path.join(this.#root, OLD));
    return names.flatMap((name) => {
      const digest = name.split('.', 1)[0] ?? '';
      return DIGEST.test(digest) ? [{ digest, name }] : [];
    });
  }

  /** Removes what was being written an hour ago or earlier. */
  async removeStale(): Promise<void> {
    for (const name of await readdir(path.join(this.#root, NEW))) {
      const file = path.join(this.#root, NEW, name);
      const written = await lstat(file).catch(() => null);
      if (written !== null && Date.now() - written.mtimeMs > STALE_MS) await unlinkIfThere(file);
    }
  }

  async #bytesOf(digest: string, size: number): Promise<Buffer | 'missing' | 'other'> {
    try {
      await using file = await open(this.#pathOf(digest), constants.O_RDONLY | constants.O_NOFOLLOW);
      const found = await file.stat();
      // Not read when it is not ours: it may be of any size.
      if (!found.isFile() || found.size !== size) return 'other';
      return await file.readFile();
    } catch (error) {
      if (isMissing(error)) return 'missing';
      if (codeOf(error) === 'ELOOP') return 'other';
      throw unusable('Reading the data', error);
    }
  }

  async #shard(digest: string): Promise<void> {
    const made = await mkdir(path.dirname(this.#pathOf(digest)), { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(this.#root);
  }

  #pathOf(digest: string): string {
    if (!DIGEST.test(digest)) throw new TypeError('A file of data is named after a digest');
    return path.join(this.#root, digest.slice(0, 2), digest.slice(2));
  }
}

/** SHA-256 in hexadecimal. */
function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(bytes);
  await handle.sync();
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
}

async function unlinkIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unusable('Looking for the data', error);
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function unusable(action: string, error: unknown): BlobError {
  const { message } = error as Error;
  if (NO_ROOM.has(codeOf(error))) {
    const told = `${action} failed: the disk of the host has no room; nothing was stored, repeat it when its operator has freed some`;
    return new BlobError(`${told} (${message})`, { told, cause: error });
  }
  return new BlobError(`${action} failed: ${message}`, {
    told: `${action} failed; tell the operator of the host`,
    cause: error,
  });
}

function damaged(what: string, file: string): BlobError {
  const told = `The data ${what} on the disk of the host, so it is not given out; have its operator restore it, or set it again`;
  return new BlobError(`${told} (${quoted(file)})`, { told, reply: 'failed' });
}
