import { BusError } from '@arpa2amqp/protocol';
import type { Audit, AuditedBatch, BatchAudit, RefusedCaller } from './audit.js';
import type { AuditDestination, AuditEvent } from './audit-destination.js';
import { eventRecord, refusalRecord, type EventMembers } from './audit-record.js';
import { AuditTrail, type RecordSink } from './audit-trail.js';
import type { WriteFailure } from './audit-write.js';

/** The parts of an {@link AuditLog}. */
export interface AuditLogOptions {
  /** Closed with the log. */
  readonly destination: AuditDestination;
  /** Told once when the log cannot be written any more. */
  readonly onFailure?: (failure: WriteFailure) => void;
  /** Told when it can be again, and how many lines are lost. */
  readonly onRecovery?: (lost: number) => void;
  /** Told what is not as it should be with the log itself. */
  readonly onFound?: (event: AuditEvent) => void;
  /** Lines kept while they cannot be written, in characters; 16 Mi unless told. */
  readonly maxWaiting?: number;
}

/** Who waits until some lines are written. */
interface Waiters {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

interface Lost {
  lines: number;
  readonly fromMs: number;
}

const MAX_WAITING = 16 * 1024 * 1024;
const RETRY_MS = 1000;
/** A reader of stdout who takes nothing for so long does not keep replies back any more. */
const STUCK_MS = 2000;
const STUCK: WriteFailure = { code: 'ETIMEDOUT', message: 'Nobody reads the audit log' };

/**
 * Collects the records of one turn of the event loop and writes them at its end, before the replies that wait for them.
 *
 * 1. Lines leave in the order of their records; one write is under way at a time, and what comes meanwhile goes with the next.
 * 2. While they cannot be written, lines are kept, in bounded memory; those over the bound are counted, and the count is a line.
 * 3. Nobody waits for a log that cannot be written; nothing is changed then either.
 */
export class AuditLog implements Audit, RecordSink, AsyncDisposable {
  readonly #options: AuditLogOptions;
  readonly #destination: AuditDestination;
  readonly #maxWaiting: number;
  #waiting: string[] = [];
  #characters = 0;
  #lost: Lost | null = null;
  /** Of the lines that wait. */
  #next: Waiters | null = null;
  /** Of the lines that are being written. */
  #current: Waiters | null = null;
  #isScheduled = false;
  #failure: WriteFailure | null = null;
  #retry: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#destination = options.destination;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#tellFound();
  }

  open(batch: AuditedBatch): BatchAudit {
    return new AuditTrail(this, batch);
  }

  refuse(caller: RefusedCaller): Promise<void> | null {
    this.add(refusalRecord(caller));
    return this.written();
  }

  /** Takes note of something about the daemon, such as its start. */
  event(kind: string, members: EventMembers = {}): void {
    this.add(eventRecord(kind, members));
  }

  add(record: string): void {
    if (this.#failure !== null && this.#characters > this.#maxWaiting) {
      this.#lost ??= { lines: 0, fromMs: Date.now() };
      this.#lost.lines += 1;
      return;
    }
    this.#waiting.push(record);
    this.#characters += record.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Runs when all that this turn of the event loop can finish is finished.
    process.nextTick(() => {
      this.#isScheduled = false;
      if (this.#waiting.length > 0) this.#flush(this.#failure === null);
    });
  }

  written(): Promise<void> | null {
    if (this.#failure !== null) return null;
    if (this.#waiting.length === 0) return this.#currentPromise();
    this.#next ??= makeWaiters();
    return this.#next.promise;
  }

  async ensureWritable(): Promise<void> {
    // Lines of others may be under way, and then those that came meanwhile.
    while (this.#current !== null && this.#failure === null) await this.#current.promise;
    this.#flush(true);
    const written = this.#currentPromise();
    if (written !== null && this.#failure === null) await written;
    if (this.#failure === null) return;
    throw new BusError(
      'unavailable',
      'Not run: the audit log of the host cannot be written now, and without it nothing is changed',
    );
  }

  /** Goes on in a new file of the same name, for instance when the old one was renamed. @throws Error when there can be none */
  async reopen(): Promise<void> {
    while (this.#current !== null && this.#failure === null) await this.#current.promise;
    if (this.#current === null) this.#destination.reopen();
    this.#flush(true);
  }

  /** Writes what waits and ends. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Writes what can be written here and now, and ends. */
  destroy(): void {
    this.#flush(true);
    if (this.#retry !== null) clearInterval(this.#retry);
    this.#closing ??= this.#destination.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.ensureWritable().catch(() => undefined);
    if (this.#retry !== null) clearInterval(this.#retry);
    await this.#destination.close();
  }

  #currentPromise(): Promise<void> | null {
    return this.#current === null ? null : this.#current.promise;
  }

  /** @param mayTry - false: what cannot be written is not tried again now */
  #flush(mayTry: boolean): void {
    if (this.#current !== null) {
      // What is under way writes the rest when it ends (1); nobody waits for what does not end (3).
      if (this.#failure !== null) this.#release();
      return;
    }
    const failure = mayTry ? this.#destination.prepare() : this.#failure;
    if (failure !== null) {
      this.#fail(failure);
      this.#release();
      return;
    }
    this.#recover();
    this.#tellFound();
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.length;
    // One string in one piece, whichever thread takes it.
    const bodies = this.#waiting.join('');
    this.#waiting = [];
    this.#characters = 0;
    const waiters = this.#next;
    this.#next = null;
    const appended = this.#destination.append(bodies, lines);
    if (appended instanceof Promise) this.#waitFor(appended, waiters ?? makeWaiters());
    else {
      if (appended !== null) this.#fail(appended);
      waiters?.resolve();
    }
  }

  #waitFor(appended: Promise<WriteFailure | null>, waiters: Waiters): void {
    this.#current = waiters;
    const stuck = setTimeout(() => {
      this.#fail(STUCK);
      waiters.resolve();
      this.#release();
    }, STUCK_MS).unref();
    void appended.then((failure) => {
      clearTimeout(stuck);
      this.#current = null;
      if (failure !== null) this.#fail(failure);
      waiters.resolve();
      this.#flush(failure === null);
    });
  }

  #tellFound(): void {
    for (const found of this.#destination.takeFound()) {
      this.#options.onFound?.(found);
      this.event(found.kind, found.members);
    }
  }

  #release(): void {
    this.#next?.resolve();
    this.#next = null;
  }

  #fail(failure: WriteFailure): void {
    if (this.#failure === null) this.#options.onFailure?.(failure);
    this.#failure = failure;
    this.#retry ??= setInterval(() => this.#flush(true), RETRY_MS).unref();
  }

  #recover(): void {
    if (this.#failure === null) return;
    this.#failure = null;
    if (this.#retry !== null) clearInterval(this.#retry);
    this.#retry = null;
    const lost = this.#lost;
    this.#lost = null;
    if (lost !== null) {
      this.event('lost', { lines: lost.lines, from: new Date(lost.fromMs).toISOString() });
    }
    this.#options.onRecovery?.(lost?.lines ?? 0);
  }
}

function makeWaiters(): Waiters {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
