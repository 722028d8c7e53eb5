/**
 * The file of a store: made whole under another name first, so that it is never seen empty; checked to the last entry before
 * LMDB may touch it; opened so that every commit is on the disk before it is reported.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { open } from 'lmdb';
import { quoted } from '@arpa2amqp/protocol';
import { AclError, type AclErrorCode } from './acl-error.js';
import { MAX_STORE_BYTES, PageError, readSnapshot, walkSnapshot } from './page-check.js';
import { ABOUT_KEY, decodeAbout, type About } from './records.js';
import type { Records } from './store-reader.js';
import { addToSum, recordSum } from './store-writer.js';

const CHECK_ATTEMPTS = 20;
const lockOf = (path: string): string => `${path}-lock`;

/** Opens a file as it is. */
function openRecords(path: string): Records {
  const options = {
    path,
    noSubdir: true,
    encoding: 'string',
    overlappingSync: false,
    mapSize: MAX_STORE_BYTES,
    maxDbs: 1,
  };
  return open<string, string>({ ...options, encoding: 'string' });
}

/**
 * Makes the file of a new store.
 *
 * @param fill - writes its first records
 * @throws AclError `acl-exists`, `acl-full`, `acl-unavailable`
 */
export async function createStoreFile(path: string, fill: (records: Records) => void): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw existing(path);
    statSync(dirname(path));
    const records = openRecords(draft);
    try {
      records.transactionSync(() => fill(records));
    } finally {
      await records.close();
    }
    giveToOwner(draft, path);
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw storeError(error, `make the store ${quoted(path)}`, path);
  } finally {
    for (const leftover of [draft, lockOf(draft)]) rmSync(leftover, { force: true });
  }
}

/** Only the owner may read who may do what. A store made by root belongs to whom its folder belongs to. */
function giveToOwner(file: string, path: string): void {
  chmodSync(file, 0o600);
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(file, uid, gid);
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Checks the file of a store and opens it.
 *
 * @throws AclError `acl-missing`, `acl-damaged`, `acl-unavailable`
 */
export function openStoreFile(path: string): Records {
  try {
    checkStoreFile(path);
    const isLockThere = statSync(lockOf(path), { throwIfNoEntry: false }) !== undefined;
    const records = openRecords(path);
    if (!isLockThere) giveToOwner(lockOf(path), path);
    return records;
  } catch (error) {
    throw storeError(error, `open the store ${quoted(path)}`, path);
  }
}

/** A writer may replace pages while they are read here: what counts is a failure on a snapshot that is still the newest. */
function checkStoreFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    for (let attempt = 1; ; attempt += 1) {
      const before = newestOf(fd);
      try {
        checkSnapshot(fd);
        return;
      } catch (error) {
        const isSettled = newestOf(fd) === before;
        if (!(error instanceof PageError) || isSettled || attempt === CHECK_ATTEMPTS) throw error;
      }
    }
  } finally {
    closeSync(fd);
  }
}

function newestOf(fd: number): bigint {
  return readSnapshot(fd, fstatSync(fd).size).transaction;
}

function checkSnapshot(fd: number): void {
  let about: About | null = null;
  let records = 0;
  let sum = 0;
  walkSnapshot(readSnapshot(fd, fstatSync(fd).size), (key, value) => {
    if (key.equals(ABOUT)) {
      about = decodeAbout(value.toString());
      return;
    }
    records += 1;
    sum = addToSum(sum, recordSum(key, value));
  });
  const { records: wantedRecords, sum: wantedSum } = (about as About | null) ?? { records: -1, sum: -1 };
  if (wantedRecords !== records || wantedSum !== sum)
    throw new PageError('the records do not have the sum of the store');
}

const ABOUT = Buffer.from(ABOUT_KEY);

const existing = (path: string): AclError =>
  new AclError(
    'acl-exists',
    `Cannot make the store ${quoted(path)}: there is a file already; open it, or remove it first`,
  );

const LMDB_CORRUPTED = new Set([-30796, -30797, -30793, -30794]);
/** LMDB reports what was written in part, as on a disk that is just full, as an input/output error. */
const NO_ROOM = /no space left|file too large|MDB_MAP_FULL|quota|input\/output error/i;
const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 28, 122, 27, 5, -30792]);

/**
 * Turns what Node and LMDB throw into an error of this package; one of this package stays as it is.
 *
 * @param action - what failed, as in "open the store"
 */
export function storeError(error: unknown, action: string, path: string): Error {
  if (error instanceof AclError) return error;
  const [as, advice] = classified(error, path);
  return new AclError(as, `Cannot ${action}: ${advice}`, { cause: error });
}

function classified(error: unknown, path: string): [AclErrorCode, string] {
  const { code, message = String(error) } = error as { code?: unknown; message?: string };
  if (error instanceof PageError || LMDB_CORRUPTED.has(Number(code))) {
    const what = error instanceof PageError ? error.message : 'LMDB refuses it';
    return [
      'acl-damaged',
      `the file is cut or corrupted (${what}); restore it from a backup, or move it away, make a new store and import the last export`,
    ];
  }
  if (code === 'ENOENT')
    return ['acl-missing', `there is no such file; make it with "arpa2amqp.d acl init", or correct the path`];
  if (code === 'EEXIST') return ['acl-exists', 'there is a file already; open it, or remove it first'];
  if (FULL.has(code) || NO_ROOM.test(message)) {
    return [
      'acl-full',
      `the disk has no room, or fails; nothing was changed; free some space around ${quoted(dirname(path))}`,
    ];
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 13 || code === 1) {
    return [
      'acl-unavailable',
      'this user may not read and write the file and its folder; run as the user of the daemon',
    ];
  }
  return ['acl-unavailable', message];
}
