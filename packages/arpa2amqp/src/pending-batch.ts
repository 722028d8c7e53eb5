import { BusError, type ErrorCode, type Reply } from '@arpa2amqp/protocol';
import type { BatchDraft } from './batch-draft.js';

/** One sending of a batch. A batch has several when it was sent again. */
export interface Attempt {
  readonly batch: PendingBatch;
  /** What the correlation-id of its answer will be. */
  readonly correlationId: string;
  readonly contextId: string;
}

/** What a batch needs to know of its client. */
export interface BatchSurroundings {
  /** Why there is no connection; null when there is one. */
  downReason(): Error | null;
  onSettled(batch: PendingBatch): void;
}

/*
 * Life: queued -> (sent -> [released | connection lost | context unknown -> queued again])* -> settled, once.
 * Invariants:
 *  1. `done` settles exactly once, at the latest at the deadline.
 *  2. From the moment a message leaves until its outcome says that it was not taken, the batch is in doubt; an error
 *     that says nothing about the host must not be reported as the fate of a batch in doubt.
 */
export class PendingBatch {
  readonly draft: BatchDraft;
  readonly wantsReply: boolean;
  /** Of the caller. */
  readonly userSignal: AbortSignal | undefined;
  /** The replies; none for a batch sent without asking for them. */
  readonly done: Promise<Reply[]>;
  readonly #surroundings: BatchSurroundings;
  readonly #timeoutMs: number;
  readonly #deadline: NodeJS.Timeout;
  #abandoned: AbortController | undefined;
  #resolve!: (replies: Reply[]) => void;
  #reject!: (error: BusError) => void;
  #isSettled = false;
  #doubts = 0;
  #latest: Attempt | null = null;
  #lastFailure: BusError | null = null;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Waiting in its channel's queue. */
  isQueued = false;
  /** How often it was sent again because the host did not know its security context. */
  renewals = 0;
  /** How often it was sent again because it was not taken. */
  releases = 0;

  constructor(
    draft: BatchDraft,
    surroundings: BatchSurroundings,
    options: { wantsReply: boolean; signal?: AbortSignal },
  ) {
    this.draft = draft;
    this.wantsReply = options.wantsReply;
    this.#surroundings = surroundings;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timeoutMs = Math.max(1, draft.expiresMs - Date.now());
    // Not unref'd: while the connection is down this timer alone keeps the process that waits for the batch alive.
    this.#deadline = setTimeout(this.#onDeadline, this.#timeoutMs);
    this.userSignal = options.signal;
    this.userSignal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /**
   * Aborted when the batch failed for whatever reason. Made when it is asked for, which a batch seldom does: a signal
   * for each would cost a tenth of the time that sending takes.
   */
  get signal(): AbortSignal {
    this.#abandoned ??= new AbortController();
    if (this.#isSettled) this.#abandoned.abort();
    return this.#abandoned.signal;
  }

  /** The context of the latest sending. */
  get contextId(): string | undefined {
    return this.#latest?.contextId;
  }

  /** Whether this is the sending that counts: what befalls an earlier one must not disturb a later one. */
  isWaitingFor(attempt: Attempt): boolean {
    return !this.#isSettled && !this.isQueued && this.#latest === attempt;
  }

  /** A message of the batch is on its way, or may have arrived. */
  get isInDoubt(): boolean {
    return this.#doubts > 0;
  }

  begin(attempt: Attempt): void {
    clearTimeout(this.#retryTimer);
    this.#latest = attempt;
    this.#doubts += 1;
  }

  /** The outcome of one sending says that it was not taken. */
  undoubt(): void {
    this.#doubts -= 1;
  }

  /** Remembers what went wrong; reported at the deadline when nothing better is known. */
  note(failure: BusError): void {
    this.#lastFailure = failure;
  }

  /** Calls back after a pause, unless the batch is settled before. */
  retryAfter(pauseMs: number, retry: () => void): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(retry, pauseMs);
    this.#retryTimer.unref();
  }

  cancelRetry(): void {
    clearTimeout(this.#retryTimer);
  }

  succeed(replies: Reply[]): void {
    if (this.#settle()) this.#resolve(replies);
  }

  /** Fails with an error that tells what became of the batch, or that says itself that this is not known. */
  fail(error: BusError): void {
    if (!this.#settle()) return;
    this.#abandoned?.abort(error);
    this.#reject(error);
  }

  /** Fails because it could not be sent (again); whether an earlier sending arrived may be open. */
  failToSend(error: BusError): void {
    this.fail(this.isInDoubt ? this.#unknownOutcome(error) : error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#retryTimer);
    this.userSignal?.removeEventListener('abort', this.#onAbort);
    this.#surroundings.onSettled(this);
    return true;
  }

  readonly #onAbort = (): void => {
    const fate = this.isInDoubt ? this.#openFate() : 'it was not sent';
    this.fail(
      new BusError('aborted', `Waiting for the batch was aborted: ${fate}`, { cause: this.userSignal?.reason }),
    );
  };

  readonly #onDeadline = (): void => {
    this.fail(this.#deadlineError());
  };

  #deadlineError(): BusError {
    const failure = this.#lastFailure;
    const down = this.#surroundings.downReason();
    if (failure !== null && (!this.isInDoubt || failure.code === 'security-failed')) return failure;
    if (this.isInDoubt && down !== null) return this.#unknownOutcome(down);
    const cause = down ?? failure;
    return new BusError(...this.#lateness(down), cause === null ? {} : { cause });
  }

  #lateness(down: Error | null): [code: ErrorCode, message: string] {
    const { to } = this.draft;
    const limit = `within ${this.#timeoutMs} ms`;
    if (this.isInDoubt) {
      const what = this.wantsReply ? `No answer from ${to}` : `No word that the message to ${to} arrived`;
      return ['timed-out', `${what} ${limit}: ${this.#openFate()}`];
    }
    return down === null
      ? ['timed-out', `The batch for ${to} could not be sealed and sent ${limit}: it was not sent`]
      : ['cannot-reach', `No connection ${limit}, ${down.message}: the batch was not sent`];
  }

  #unknownOutcome(cause: Error): BusError {
    return new BusError('unknown-outcome', `${cause.message}: ${this.#openFate()}`, { cause });
  }

  #openFate(): string {
    return `whether batch ${this.draft.id} ran is not known`;
  }
}
