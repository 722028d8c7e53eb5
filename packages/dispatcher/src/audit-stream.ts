import { closeSync, fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { GENESIS, type ChainHead } from './audit-chain.js';
import type { AuditDestination, AuditEvent } from './audit-destination.js';
import { openHead, type KeptHead } from './audit-head.js';
import type { AuditPage } from './audit-page.js';
import { chain } from './chain-writer.js';
import { failureOf, writeHead, type WriteFailure } from './audit-write.js';

/**
 * A log that goes to whoever reads a file descriptor, such as journald behind stdout. A reader who does not read never stops
 * the event loop: pipes and sockets are written to without blocking, anything else by a thread of the pool.
 */
export class AuditStream implements AuditDestination {
  readonly #fd: number;
  readonly #socket: Socket | null;
  readonly #kept: KeptHead | null;
  #head: ChainHead;
  #failure: WriteFailure | null = null;
  /** What a failed write has left over. */
  #rest: Buffer | null = null;
  #isTrying = false;
  /** The end of the chain could not be kept. */
  #isHeadBehind = false;
  #found: readonly AuditEvent[];

  /**
   * @param headPath - where the end of the chain is kept, so that it goes on after a restart; nowhere unless given
   * @throws BusError `config`
   */
  constructor(fd: number, headPath?: string) {
    this.#fd = fd;
    this.#kept = headPath === undefined ? null : openHead(headPath);
    this.#head = this.#kept?.head ?? GENESIS;
    this.#found = this.#kept?.isDamaged === true ? [{ kind: 'head-damaged', members: {} }] : [];
    const stats = fstatSync(fd);
    this.#socket = stats.isFIFO() || stats.isSocket() ? new Socket({ fd, readable: false, writable: true }) : null;
    this.#socket?.on('error', (error) => (this.#failure = failureOf(error)));
  }

  takeFound(): readonly AuditEvent[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  prepare(): WriteFailure | null {
    if (this.#isHeadBehind) this.#failure = this.#keepHead();
    if (this.#rest !== null && this.#socket === null && !this.#isTrying) {
      this.#isTrying = true;
      void this.#write(this.#rest).finally(() => (this.#isTrying = false));
    }
    return this.#failure;
  }

  async append(page: AuditPage): Promise<WriteFailure | null> {
    // Memory of their own: whoever reads may take them long after the next ones were written.
    const { head, bytes } = chain(this.#head, page.content, Buffer.allocUnsafe(page.size));
    this.#head = head;
    return await this.#write(bytes);
  }

  reopen(): void {
    // A stream has no name that something else could have taken.
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    if (this.#kept !== null) closeSync(this.#kept.fd);
    await Promise.resolve();
  }

  async #write(bytes: Buffer): Promise<WriteFailure | null> {
    const { failure, rest } = await (this.#socket === null ? writeAll(this.#fd, bytes) : writeTo(this.#socket, bytes));
    this.#rest = rest;
    this.#failure = failure ?? this.#keepHead();
    return this.#failure;
  }

  #keepHead(): WriteFailure | null {
    const failure = this.#kept === null ? null : writeHead(this.#kept.fd, { ...this.#head, first: null });
    this.#isHeadBehind = failure !== null;
    return failure;
  }
}

interface Attempt {
  readonly failure: WriteFailure | null;
  readonly rest: Buffer | null;
}

const DONE: Attempt = { failure: null, rest: null };

/** What was not taken is lost with the reader. */
async function writeTo(socket: Socket, bytes: Buffer): Promise<Attempt> {
  return await new Promise((resolve) => {
    socket.write(bytes, (error) => resolve(error == null ? DONE : { failure: failureOf(error), rest: null }));
  });
}

async function writeAll(fd: number, bytes: Buffer): Promise<Attempt> {
  return await new Promise((resolve) => {
    const next = (rest: Buffer): void => {
      write(fd, rest, (error, written) => {
        if (error !== null) resolve({ failure: failureOf(error), rest });
        else if (written === rest.length) resolve(DONE);
        else next(rest.subarray(written));
      });
    };
    next(bytes);
  });
}
