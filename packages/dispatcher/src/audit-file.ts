import { closeSync, fstatSync, readSync } from 'node:fs';
import { BusError, quoted } from '@arpa2amqp/protocol';
import { claimOf, GENESIS, headAt, type ChainHead } from './audit-chain.js';
import type { AuditDestination, AuditEvent } from './audit-destination.js';
import type { JobFrame } from './audit-desk.js';
import { openHead, type ChainEnd, type KeptHead } from './audit-head.js';
import type { AuditPage } from './audit-page.js';
import { readTail } from './audit-tail.js';
import { AuditThread } from './audit-thread.js';
import {
  failureOf,
  writeBytes,
  writeHead,
  writeJob,
  type Rest,
  type WriteFailure,
  type WriteResult,
} from './audit-write.js';
import { chain } from './chain-writer.js';
import { openOwnFile } from './own-file.js';

/** Where an {@link AuditFile} is. */
export interface AuditFileOptions {
  /** Made when it is missing, 0600. */
  readonly path: string;
  /** Where the end of the chain is kept; nowhere unless given. */
  readonly headPath?: string | undefined;
}

const LINE_FEED = 10;
const NO_FD = -1;

/** Where the chain goes on, and what of it is not as it should be. */
interface Continuation {
  readonly head: ChainEnd;
  readonly found: readonly AuditEvent[];
}

/**
 * A log in a file, which is only ever appended to, so that it can be made append-only for everybody (`chattr +a`).
 *
 * F1 One thread at a time writes: ours, or the other one while `append` waits for it.
 * F2 What a failed write has left over is written before anything else, so lines are never interleaved.
 * F3 A torn line in the file gets a line feed, and a record says that it is one: nothing is taken back.
 */
export class AuditFile implements AuditDestination {
  readonly #path: string;
  readonly #thread = new AuditThread();
  readonly #headFd: number | null;
  #fd: number;
  #head: ChainEnd;
  #rest: Rest | null = null;
  #found: readonly AuditEvent[];
  #isClosing = false;
  /** What the size of the file must be. */
  #size: number;

  /** @throws BusError `config` when the file cannot be used */
  constructor({ path, headPath }: AuditFileOptions) {
    this.#path = path;
    this.#fd = openForUse(() => openOwnFile(path, true), path);
    let kept: KeptHead | null = null;
    try {
      kept = headPath === undefined ? null : openForUse(() => openHead(headPath), headPath);
      const { head, found } = continuationOf(this.#fd, kept);
      this.#head = head;
      this.#found = found;
      this.#size = fstatSync(this.#fd).size;
      this.#headFd = kept?.fd ?? null;
      // F3: the line feed may not find room now.
      if (found.some(({ kind }) => kind === 'torn')) this.#rest = { bytes: Buffer.from('\n'), skip: 0 };
    } catch (error) {
      closeSync(this.#fd);
      if (kept !== null) closeSync(kept.fd);
      throw error;
    }
  }

  takeFound(): readonly AuditEvent[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  prepare(): WriteFailure | null {
    try {
      this.#look();
    } catch (error) {
      return failureOf(error);
    }
    if (this.#rest === null) return null;
    const { bytes, skip } = this.#rest;
    const { written, rest, failure } = writeBytes(this.#fd, bytes, skip);
    this.#size += written;
    this.#rest = rest;
    if (failure !== null || this.#headFd === null) return failure;
    return writeHead(this.#headFd, this.#head);
  }

  append(page: AuditPage, when: 'soon' | 'now'): WriteFailure | null | Promise<WriteFailure | null> {
    const frame: JobFrame = { fd: this.#fd, headFd: this.#headFd, head: this.#head };
    const isElsewhere = when === 'soon' && this.#thread.takes(page);
    return isElsewhere ? this.#appendElsewhere(frame, page) : this.#take(appendHere(frame, page));
  }

  reopen(): void {
    if (this.#changeFile()) this.#begin();
  }

  /** The next line is the first one of the file. */
  #begin(): void {
    // A line of which the old file has the first part begins anew in this one.
    const waiting = this.#rest === null ? null : claimOf(firstLine(this.#rest.bytes));
    this.#head = { ...this.#head, first: waiting?.sequence ?? this.#head.sequence + 1 };
    if (this.#headFd !== null) writeHead(this.#headFd, this.#head);
  }

  /** @returns whether the file of the name is another one now */
  #changeFile(): boolean {
    const fd = openForUse(() => openOwnFile(this.#path, true), this.#path);
    const { ino, dev, size } = fstatSync(fd);
    const old = fstatSync(this.#fd);
    closeSync(this.#fd);
    this.#fd = fd;
    // Whether it is as long as it should be is seen at the next look.
    if (ino === old.ino && dev === old.dev) return false;
    this.#size = size;
    if (this.#rest !== null) this.#rest = { bytes: this.#rest.bytes, skip: 0 };
    this.#endLine(size);
    return true;
  }

  /** What is written next begins a line, whatever stands before it. */
  #endLine(size: number): void {
    if (size === 0 || endsLine(this.#fd, size)) return;
    this.#rest = { bytes: Buffer.concat([Buffer.from('\n'), this.#rest?.bytes ?? Buffer.alloc(0)]), skip: 0 };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    // Before the descriptors: their numbers may be somebody else's soon (F1).
    await this.#thread.close();
    closeSync(this.#fd);
    this.#fd = NO_FD;
    if (this.#headFd !== null) closeSync(this.#headFd);
  }

  #look(): void {
    const { nlink, size } = fstatSync(this.#fd);
    const { sequence, first } = this.#head;
    if (nlink === 0) {
      // Lines in a file without a name would be gone with us. It still counts as the file that began with its first line.
      this.#changeFile();
      this.#found = [...this.#found, { kind: 'gone', members: { first, last: sequence } }];
    } else if (size !== this.#size) {
      const [kind, bytes] = size > this.#size ? ['foreign', size - this.#size] : ['shrunk', this.#size - size];
      this.#found = [...this.#found, { kind, members: { bytes } }];
      this.#endLine(size);
      this.#size = size;
    }
  }

  async #appendElsewhere(frame: JobFrame, page: AuditPage): Promise<WriteFailure | null> {
    const result = await this.#thread.run(frame, page);
    if (result !== null) return this.#take(result);
    if (this.#isClosing) return { code: 'ECANCELED', message: 'The log was closed while it was written' };
    return this.#finish(frame, page);
  }

  /** The thread is gone (F1); how far it came is seen in the file. */
  #finish(frame: JobFrame, { content }: AuditPage): WriteFailure | null {
    const { head, bytes } = chain(frame.head, content, Buffer.allocUnsafe(content.size));
    this.#head = { ...head, first: frame.head.first };
    this.#rest = { bytes, skip: 0 };
    try {
      const skip = writtenOf(bytes, frame.fd, this.#size);
      this.#size += skip;
      this.#rest = { bytes, skip };
    } catch (error) {
      return failureOf(error);
    }
    return this.prepare();
  }

  #take({ head, written, rest, failure }: WriteResult): WriteFailure | null {
    this.#size += written;
    this.#head = head;
    this.#rest = rest;
    return failure;
  }
}

function appendHere({ fd, headFd, head }: JobFrame, { content }: AuditPage): WriteResult {
  return writeJob({ fd, headFd, head, content });
}

/** How many of these bytes stand in the file from a place on; none when something else stands there. */
function writtenOf(bytes: Buffer, fd: number, from: number): number {
  const there = Buffer.allocUnsafe(Math.max(0, Math.min(bytes.length, fstatSync(fd).size - from)));
  const read = readSync(fd, there, 0, there.length, from);
  return bytes.subarray(0, read).equals(there.subarray(0, read)) ? read : 0;
}

function firstLine(bytes: Uint8Array): Buffer {
  const end = bytes.indexOf(LINE_FEED);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end));
}

/** Errors of the system are the operator's to solve. */
function openForUse<T>(open: () => T, path: string): T {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof BusError) throw cause;
    const { code, message } = failureOf(cause);
    const why = code === 'ELOOP' ? 'it is a symbolic link' : message;
    throw new BusError('config', `Cannot use ${quoted(path, 300)} for the audit log: ${why}`, { cause });
  }
}

/** The file and the kept head are read together: each tells what is missing in the other. */
function continuationOf(fd: number, kept: KeptHead | null): Continuation {
  const { last, torn } = readTail(fd);
  const found: AuditEvent[] = [];
  const claim = last === null ? null : claimOf(last);
  const inFile = last === null || claim === null ? null : headAt(last, claim.sequence);
  let head: ChainHead = inFile ?? kept?.head ?? GENESIS;
  if (kept?.isDamaged === true) found.push({ kind: 'head-damaged', members: {} });
  if (last !== null && claim === null) found.push({ kind: 'damaged', members: {} });
  if (inFile !== null && kept?.head != null && isLost(inFile, kept.head)) {
    head = kept.head;
    found.push({ kind: 'cut', members: { last: inFile.sequence, kept: kept.head.sequence } });
  }
  const isEmpty = last === null && torn === null;
  const first = isEmpty ? head.sequence + 1 : (kept?.head?.first ?? null);
  if (isEmpty && head.sequence > 0) found.push({ kind: 'begun', members: { after: head.sequence } });
  if (torn === null) return { head: { ...head, first }, found };
  // Its record stands right behind it: the chain vouches for what is left of the line.
  return {
    head: { ...headAt(torn, head.sequence + 1), first },
    found: [{ kind: 'torn', members: { bytes: torn.length } }, ...found],
  };
}

/** The log may be one write ahead of the kept head, never behind it. */
function isLost(inFile: ChainHead, kept: ChainHead): boolean {
  return inFile.sequence < kept.sequence || (inFile.sequence === kept.sequence && inFile.hash !== kept.hash);
}

function endsLine(fd: number, size: number): boolean {
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, size - 1);
  return byte[0] === LINE_FEED;
}
