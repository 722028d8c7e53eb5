import { BusError } from '@arpa2amqp/protocol';
import type { Audit, AuditedBatch, BatchAudit, RefusedCaller } from './audit.js';
import type { AuditDestination, AuditEvent } from './audit-destination.js';
import { AuditPage, FRAME_BYTES, PAGE_BYTES } from './audit-page.js';
import { eventRecord, refusalRecord, type AuditRecord, type EventMembers } from './audit-record.js';
import { AuditTrail, type RecordSink } from './audit-trail.js';
import { failureOf, type WriteFailure } from './audit-write.js';

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
  /** Bytes of lines kept while they cannot be written; 16 Mi unless told. */
  readonly maxWaiting?: number;
}

interface Lost {
  lines: number;
  readonly fromMs: number;
}

const MAX_WAITING = 16 * 1024 * 1024;
/** One is being written, one filled, and while the system does something else another one or two. */
const MAX_SPARE = 4;
const RETRY_MS = 1000;
/** A reader of stdout who takes nothing for so long does not keep replies back any more. */
const STUCK_MS = 2000;
const STUCK: WriteFailure = { code: 'ETIMEDOUT', message: 'Writing to the audit log does not come to an end' };

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
  /** In order; the last one is being filled. */
  #waiting: AuditPage[] = [];
  /** Bytes of the lines that wait. */
  #bytes = 0;
  /** Being written. */
  #current: AuditPage | null = null;
  /** To be used again: memory for new ones, given back by the garbage collection alone, makes that run often. */
  readonly #spare: AuditPage[] = [];
  #lost: Lost | null = null;
  #isScheduled = false;
  #failure: WriteFailure | null = null;
  #retry: NodeJS.Timeout | null = null;
  /** Started anew with every write that is waited for. */
  #watch: NodeJS.Timeout | null = null;
  #mustReopen = false;
  /** Nothing is written any more: the destination is being closed. */
  #isEnded = false;
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

  refuse(caller: RefusedCaller): void {
    this.add(refusalRecord(caller));
  }

  /** Takes note of something about the daemon, such as its start. */
  event(kind: string, members: EventMembers = {}): void {
    this.add(eventRecord(kind, members));
  }

  add(record: AuditRecord): void {
    if (this.#isEnded) return;
    if (this.#failure !== null && this.#bytes > this.#maxWaiting) {
      this.#lost ??= { lines: 0, fromMs: Date.now() };
      this.#lost.lines += 1;
      return;
    }
    const page = this.#pageFor(record.start.length + record.end.length);
    this.#bytes -= page.size;
    page.add(record);
    this.#bytes += page.size;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Runs when all that this turn of the event loop can finish is finished.
    process.nextTick(() => {
      this.#isScheduled = false;
      if (this.#waiting.length > 0) this.#flush(this.#failure === null);
    });
  }

  written(): Promise<void> | null {
    if (this.#failure !== null || this.#isEnded) return null;
    return (this.#waiting.at(-1) ?? this.#current)?.release ?? null;
  }

  async ensureWritable(): Promise<void> {
    this.#flush(true);
    await this.written();
    if (this.#failure === null && !this.#isEnded) return;
    throw new BusError(
      'unavailable',
      'Not run: the audit log of the host cannot be written now, and without it nothing is changed',
    );
  }

  /** Goes on in a new file of the same name, for instance when the old one was renamed. @throws Error when there can be none */
  async reopen(): Promise<void> {
    while (this.#current !== null && this.#failure === null) await this.#current.release;
    // A write that does not end is waited for by nobody, but it uses the old file.
    if (this.#current !== null) this.#mustReopen = true;
    else this.#destination.reopen();
    this.#flush(true);
  }

  /** Writes what waits and ends. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Writes what can be written here and now, and ends. */
  destroy(): void {
    this.#flush(true, 'now');
    this.#end();
    this.#closing ??= this.#destination.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.ensureWritable().catch(() => undefined);
    this.#end();
    await this.#destination.close();
  }

  #end(): void {
    this.#isEnded = true;
    this.#release();
    if (this.#retry !== null) clearInterval(this.#retry);
    if (this.#watch !== null) clearTimeout(this.#watch);
  }

  /** @param mayTry - false: what cannot be written is not tried again now */
  #flush(mayTry: boolean, when: 'soon' | 'now' = 'soon'): void {
    if (this.#isEnded) return;
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
    for (let page = this.#take(); page !== null; page = this.#take()) {
      const appended = this.#destination.append(page, when);
      if (appended instanceof Promise) {
        this.#waitFor(appended, page);
        return;
      }
      if (appended !== null) this.#fail(appended);
      this.#done(page);
      if (appended !== null) {
        this.#release();
        return;
      }
    }
  }

  #waitFor(appended: Promise<WriteFailure | null>, page: AuditPage): void {
    this.#current = page;
    this.#watch ??= setTimeout(() => this.#loseHope(), STUCK_MS).unref();
    this.#watch.refresh();
    void appended.then((failure) => {
      this.#current = null;
      page.free();
      if (this.#isEnded) return;
      if (failure !== null) this.#fail(failure);
      this.#done(page);
      if (this.#mustReopen) this.#reopenLate();
      this.#flush(failure === null);
    });
  }

  #reopenLate(): void {
    this.#mustReopen = false;
    try {
      this.#destination.reopen();
    } catch (error) {
      this.#fail(failureOf(error));
    }
  }

  #loseHope(): void {
    if (this.#current === null) return;
    this.#fail(STUCK);
    this.#current.free();
    this.#release();
  }

  /** The page for one more line. */
  #pageFor(bytes: number): AuditPage {
    const last = this.#waiting.at(-1);
    if (last?.hasRoomFor(bytes) === true) return last;
    const page = bytes <= PAGE_BYTES - FRAME_BYTES ? (this.#spare.pop() ?? new AuditPage()) : new AuditPage(bytes);
    page.clear();
    this.#waiting.push(page);
    return page;
  }

  /** The next page that is to be written. */
  #take(): AuditPage | null {
    const page = this.#waiting.shift() ?? null;
    if (page !== null) this.#bytes -= page.size;
    return page;
  }

  #done(page: AuditPage): void {
    page.free();
    if (page.isUsual && this.#spare.length < MAX_SPARE) this.#spare.push(page);
  }

  #tellFound(): void {
    for (const found of this.#destination.takeFound()) {
      this.#options.onFound?.(found);
      this.event(found.kind, found.members);
    }
  }

  #release(): void {
    for (const page of this.#waiting) page.free();
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
