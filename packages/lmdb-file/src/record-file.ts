/**
 * A file of records: made whole under another name first, so that it is never seen empty; checked to the last record before
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
import { MAX_FILE_BYTES, PageError, readSnapshot, walkSnapshot } from './page-check.js';
import { EMPTY_TALLY, addToTally, recordSum, type Records, type Tally } from './tally.js';

const CHECK_ATTEMPTS = 20;
const lockOf = (path: string): string => `${path}-lock`;

/** Where the tally of a file is. */
export interface TallyRecord {
  /** Key of the record that holds the tally. ASCII. */
  readonly key: string;
  /** Reads it; null when the record is not as it was written. */
  readonly decode: (value: string) => Tally | null;
}

/** Opens a file as it is. */
function openRecords(path: string): Records {
  const options = {
    path,
    noSubdir: true,
    encoding: 'string',
    overlappingSync: false,
    mapSize: MAX_FILE_BYTES,
    maxDbs: 1,
  };
  return open<string, string>({ ...options, encoding: 'string' });
}

/**
 * Makes the file of a new store, readable by its owner only.
 *
 * @param fill - writes its first records
 * @throws what Node, LMDB and `fill` throw: {@link failureOf} tells what it means; `EEXIST` when there is a file already
 */
export async function createRecordFile(path: string, fill: (records: Records) => void): Promise<void> {
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
  } finally {
    for (const leftover of [draft, lockOf(draft)]) rmSync(leftover, { force: true });
  }
}

function existing(path: string): Error {
  return Object.assign(new Error(`there is a file already at ${path}`), { code: 'EEXIST' });
}

/** Only the owner may read it. A file made by root belongs to whom its folder belongs to. */
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
 * Checks a file to its last record and opens it: about a second for 1,000,000 records.
 *
 * @throws what Node and LMDB throw, and PageError: {@link failureOf} tells what it means
 */
export function openRecordFile(path: string, tally: TallyRecord): Records {
  checkFile(path, tally);
  const isLockThere = statSync(lockOf(path), { throwIfNoEntry: false }) !== undefined;
  const records = openRecords(path);
  if (!isLockThere) giveToOwner(lockOf(path), path);
  return records;
}

/** A writer may replace pages while they are read here: what counts is a failure on a snapshot that is still the newest. */
function checkFile(path: string, tally: TallyRecord): void {
  const fd = openSync(path, 'r');
  try {
    for (let attempt = 1; ; attempt += 1) {
      const before = newestOf(fd);
      try {
        checkSnapshot(fd, tally);
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

function checkSnapshot(fd: number, { key: tallyKey, decode }: TallyRecord): void {
  const about = Buffer.from(tallyKey);
  let stated: Tally | null = null;
  let counted = EMPTY_TALLY;
  walkSnapshot(readSnapshot(fd, fstatSync(fd).size), (key, value) => {
    if (key.equals(about)) stated = decode(value.toString());
    else counted = addToTally(counted, recordSum(key, value));
  });
  const wanted = stated as Tally | null;
  if (wanted?.records !== counted.records || wanted.sum !== counted.sum)
    throw new PageError('the records do not have the sum of the store');
}

/** What a failure means, and the words for it that do not depend on what the file holds. */
export interface FileFailure {
  readonly kind: 'missing' | 'exists' | 'damaged' | 'full' | 'refused' | 'other';
  readonly words: string;
}

const LMDB_CORRUPTED = new Set([-30796, -30797, -30793, -30794]);
/** LMDB reports what was written in part, as on a disk that is just full, as an input/output error. */
const NO_ROOM = /no space left|file too large|MDB_MAP_FULL|quota|input\/output error/i;
const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 28, 122, 27, 5, -30792]);

/** Tells what an error of this package, of Node or of LMDB means. */
export function failureOf(error: unknown): FileFailure {
  const { code, message = String(error) } = error as { code?: unknown; message?: string };
  if (error instanceof PageError || LMDB_CORRUPTED.has(Number(code))) {
    const what = error instanceof PageError ? error.message : 'LMDB refuses it';
    return { kind: 'damaged', words: `the file is cut or corrupted (${what})` };
  }
  if (code === 'ENOENT') return { kind: 'missing', words: 'there is no such file or folder' };
  if (code === 'EEXIST') return { kind: 'exists', words: 'there is a file already' };
  if (FULL.has(code) || NO_ROOM.test(message))
    return { kind: 'full', words: 'the disk has no room, or fails; nothing was changed' };
  if (code === 'EACCES' || code === 'EPERM' || code === 13 || code === 1)
    return { kind: 'refused', words: 'this user may not read and write the file and its folder' };
  return { kind: 'other', words: message };
}
