import type { Incoming } from '@arpa2amqp/amqp';
import type { Dispatcher } from '@arpa2amqp/dispatcher';
import { BusError, type Batch, type FrameErrorReason, type Limits, type Reply } from '@arpa2amqp/protocol';
import { errorFrame, type AcceptorTable, type OpenedPayload, type PeerStyle, type Refused } from '@arpa2amqp/session';
import type { Caller } from '@arpa2amqp/shell';
import type { Logger } from 'pino';
import { answerTo, encodeAnswer } from './answering.js';
import { decodeMessage } from './decoding.js';
import { REFUSED, type LogLimit } from './log-limit.js';
import { openMessage } from './opening.js';

/** The last instant that a Date can hold, for a ticket without an end. */
const LAST_INSTANT_MS = 8.64e15;
/** Hints on their way at one time. Nobody relies on them: further ones are dropped. */
const MAX_HINTS = 256;

/** What the way of a batch leads through. */
export interface BatchWorkerOptions {
  /** Our own canonical address. */
  readonly address: string;
  readonly acceptor: AcceptorTable;
  /** Asked for every batch, since a reload replaces it. */
  readonly dispatcher: () => Dispatcher;
  /** Makes an identity of a principal. @throws BusError `invalid-principal` */
  readonly identify: (principal: string) => string;
  readonly limits: Limits;
  /** Takes a line for each batch of an authenticated caller. */
  readonly log: Logger;
  /** Takes what anybody can cause as often as he likes. */
  readonly peerLog: LogLimit;
}

/** What is left of a batch when its commands have ended. */
interface Finished {
  /** Null: nobody waits for it. */
  readonly body: Buffer | null;
  readonly commands: number;
  readonly errors: Readonly<Record<string, number>> | undefined;
}

/**
 * Leads every delivery through open, decode, dispatch and answer, and settles it last. Invariants:
 *
 * W1 a delivery is accepted only after its answer was handed over, or when nobody waits for one;
 * W2 every delivery is settled and its slot is given back, whatever happens;
 * W3 one line is logged for each batch, and for each refusal until there are too many, without anything of the payload;
 * W4 nobody keeps a slot by not reading who was not authenticated: hints are not waited for.
 */
export class BatchWorker {
  readonly #options: BatchWorkerOptions;
  readonly #atWork = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #hints = 0;
  #lastCaller: Caller | null = null;

  constructor(options: BatchWorkerOptions) {
    this.#options = options;
  }

  /** Step 1, receive: takes a delivery for which a slot is free. Returns at once. */
  receive(incoming: Incoming): void {
    const work = this.#handle(incoming).then(() => {
      this.#atWork.delete(work);
    });
    this.#atWork.add(work);
  }

  /** Waits until the batches that are at work now are answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#atWork);
  }

  /** Waits until every batch at work is answered. */
  async drain(): Promise<void> {
    while (this.#atWork.size > 0) await this.settled();
  }

  /** Interrupts the commands at work; what has not started does not run. */
  interrupt(): void {
    this.#abort.abort();
  }

  /** Never throws (W2). */
  async #handle(incoming: Incoming): Promise<void> {
    try {
      await this.#lead(incoming);
    } catch (error) {
      this.#options.peerLog.error({ err: error }, 'delivery-failed');
      incoming.release();
    } finally {
      incoming.done();
    }
  }

  async #lead(incoming: Incoming): Promise<void> {
    const opening = openMessage(incoming.message, this.#options.acceptor);
    const opened = opening instanceof Promise ? await opening : opening;
    switch (opened.kind) {
      case 'leg':
        await this.#answer(incoming, opened.style, opened.answer);
        break;
      case 'refused':
        this.#refuse(incoming, opened);
        break;
      case 'payload':
        try {
          await this.#runPayload(incoming, opened);
        } finally {
          opened.release();
        }
        break;
    }
  }

  async #runPayload(incoming: Incoming, payload: OpenedPayload): Promise<void> {
    const { address, limits, log } = this.#options;
    const { principal } = payload;
    const startedMs = performance.now();
    const envelope = { address, replyTo: incoming.message.replyTo, sealed: payload };
    const decoded = decodeMessage(payload.plaintext, envelope, limits);
    if (decoded.kind === 'misdirected') {
      this.#refuseMisdirected(incoming, payload, decoded.reason);
      return;
    }
    const { id, isBare } =
      decoded.kind === 'batch'
        ? { id: decoded.batch.id, isBare: decoded.batch.to === null }
        : { id: decoded.id ?? '', isBare: decoded.isBare };
    const isAwaited = incoming.message.replyTo !== undefined;
    const finish = (replies: readonly Reply[]): Finished => {
      const answer = { re: id, from: address, replies, isBare: isBare || payload.style === 'raw' };
      const body = isAwaited ? encodeAnswer(answer, limits) : null;
      return { body, commands: replies.length, errors: countCodes(replies) };
    };
    const { body, commands, errors } =
      decoded.kind === 'batch' ? await this.#dispatch(decoded.batch, payload, finish) : finish([decoded.reply]);
    if (body === null) incoming.accept();
    else {
      const sealing = payload.seal(body);
      await this.#answer(incoming, payload.style, sealing instanceof Promise ? await sealing : sealing);
    }
    // The answer leaves at the end of this turn: writing the line before that would make the caller wait for it.
    const ms = Math.round(performance.now() - startedMs);
    setImmediate(() => {
      log.info({ principal, batch: id, commands, errors, ms }, 'batch');
    });
  }

  async #dispatch(
    batch: Batch,
    payload: OpenedPayload,
    finish: (replies: readonly Reply[]) => Finished,
  ): Promise<Finished> {
    let caller: Caller;
    try {
      caller = this.#callerOf(payload);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      return finish(await this.#options.dispatcher().refuse(batch, payload.principal, error.message));
    }
    return await this.#options.dispatcher().answer(batch, caller, finish, this.#abort.signal);
  }

  /** @throws BusError `invalid-principal` */
  #callerOf({ principal, expiresAtMs }: OpenedPayload): Caller {
    const expires = new Date(Math.min(expiresAtMs, LAST_INSTANT_MS));
    // Most batches come from the one who sent the last one.
    const last = this.#lastCaller;
    if (last?.principal === principal && last.expires?.getTime() === expires.getTime()) return last;
    return (this.#lastCaller = { identity: this.#options.identify(principal), principal, expires });
  }

  #refuse(incoming: Incoming, { reason, style, answer, detail }: Refused): void {
    this.#options.peerLog.warn({ reason, detail, peer: incoming.peer }, REFUSED);
    this.#reject(incoming, reason, style, answer);
  }

  /** A broker has aimed the batch at us, or its answer elsewhere. */
  #refuseMisdirected(incoming: Incoming, payload: OpenedPayload, reason: FrameErrorReason): void {
    this.#options.peerLog.warn({ reason, principal: payload.principal, peer: incoming.peer }, REFUSED);
    const { style, contextId } = payload;
    this.#reject(incoming, reason, style, style === 'raw' ? null : errorFrame(reason, contextId));
  }

  /** `rejected` sends the message to a dead-letter queue, where there is one: it never comes back in a loop. */
  #reject(incoming: Incoming, reason: FrameErrorReason, style: PeerStyle, hint: Buffer | null): void {
    if (hint !== null && this.#hints < MAX_HINTS) {
      this.#hints += 1;
      void this.#send(incoming, style, hint).finally(() => (this.#hints -= 1));
    }
    incoming.reject('amqp:unauthorized-access', reason);
  }

  /** Hands the answer over and settles. An answer that cannot be delivered is the caller's loss: what ran has run. */
  async #answer(incoming: Incoming, style: PeerStyle, body: Buffer): Promise<void> {
    await this.#send(incoming, style, body);
    incoming.accept();
  }

  /** Never rejects. */
  async #send(incoming: Incoming, style: PeerStyle, body: Buffer): Promise<void> {
    try {
      if (incoming.message.replyTo !== undefined) await incoming.answer(answerTo(incoming, style, body));
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      this.#options.peerLog.warn({ code, reason: message }, 'answer-lost');
    }
  }
}

/** How many replies carry which error code; undefined when all is well. */
function countCodes(replies: readonly Reply[]): Record<string, number> | undefined {
  let counts: Record<string, number> | undefined;
  for (const { error_: error } of replies) {
    if (error === undefined) continue;
    counts ??= {};
    counts[error.code] = (counts[error.code] ?? 0) + 1;
  }
  return counts;
}
