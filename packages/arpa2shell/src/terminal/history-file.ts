import { constants } from 'node:fs';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Only the end of a larger file is read. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const STALE_LOCK_MS = 10_000;
const LOCK_TRIES = 250;
const LOCK_PAUSE_MS = 4;
const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The lines of a history file, oldest first; a file that is not there has none.
 * @throws Error when it cannot be read, or is not a plain file of the user's own.
 */
export async function readHistoryFile(path: string): Promise<string[]> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | SAFE);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    return await readLines(handle);
  } finally {
    await handle.close();
  }
}

/** Puts a line behind the others, in one write to the end of the file: two shells at once lose nothing. */
export async function appendHistoryLine(path: string, line: string): Promise<void> {
  const unlock = await lock(path);
  try {
    const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | SAFE, 0o600);
    try {
      await guard(handle);
      await handle.write(Buffer.from(`${line}\n`));
    } finally {
      await handle.close();
    }
  } finally {
    await unlock?.();
  }
}

/** Writes the file anew with what `choose` keeps of its lines, if that is less. Whoever appends waits for the lock. */
export async function compactHistoryFile(path: string, choose: (lines: readonly string[]) => string[]): Promise<void> {
  const unlock = await lock(path);
  // Without the lock a line of another shell could get lost between reading and renaming.
  if (unlock === null) return;
  try {
    const lines = await readHistoryFile(path);
    const kept = choose(lines);
    if (kept.length === lines.length) return;
    const next = `${path}.new`;
    await unlink(next).catch(() => undefined);
    const handle = await open(next, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | SAFE, 0o600);
    try {
      await handle.writeFile(kept.map((line) => `${line}\n`).join(''));
    } finally {
      await handle.close();
    }
    await rename(next, path);
  } finally {
    await unlock();
  }
}

/** Refuses what another user could have put there, and takes rights of others away. */
async function guard(handle: FileHandle): Promise<void> {
  const found = await handle.stat();
  if (!found.isFile()) throw new Error('it is not a plain file');
  if (found.uid !== process.geteuid?.()) throw new Error('it belongs to another user');
  if ((found.mode & 0o077) !== 0) await handle.chmod(0o600);
}

async function readLines(handle: FileHandle): Promise<string[]> {
  await guard(handle);
  const { size } = await handle.stat();
  const from = Math.max(0, size - MAX_FILE_BYTES);
  const bytes = Buffer.alloc(size - from);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
  const lines = bytes.toString('utf8', 0, bytesRead).split('\n');
  // Nothing follows the last newline; what stands before the first may be half a line.
  lines.pop();
  if (from > 0) lines.shift();
  return lines;
}

/** @returns how to let go, or null when the lock cannot be had. */
async function lock(path: string): Promise<(() => Promise<void>) | null> {
  const file = `${path}.lock`;
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    try {
      const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | SAFE, 0o600);
      await handle.close();
      return async () => await unlink(file).catch(() => undefined);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) return null;
    }
    if (await isStale(file)) await unlink(file).catch(() => undefined);
    else await delay(LOCK_PAUSE_MS);
  }
  return null;
}

/** A shell that was killed leaves its lock; nobody holds one for long. */
async function isStale(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > STALE_LOCK_MS;
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
