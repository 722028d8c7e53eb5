import { BusError, type Limits, type ServiceName } from '@arpa2amqp/protocol';
import { AcceptGate } from './accept-gate.js';
import { AcceptorContext } from './acceptor-context.js';
import { AcceptorCredentials, type AcceptorKeys } from './acceptor-credentials.js';
import type { AcceptorStyle, Incoming } from './acceptor-style.js';
import { ContextLedger } from './context-ledger.js';
import { NO_CONTEXT } from './frame.js';
import { framedAcceptor } from './framed-acceptor.js';
import { silentLogger, type Logger } from './logger.js';
import type { Envelope, Opened, OpenedPayload, Refused } from './opened.js';
import { rawAcceptor } from './raw-acceptor.js';
import { Refusal, refusalOf } from './refusal.js';
import { Payload, SealedName } from './payload.js';

/** Options of {@link AcceptorTable.create}. */
export interface AcceptorTableOptions {
  /** The one service whose tickets are accepted, whatever else the keytab holds. */
  readonly service: ServiceName;
  /** Keytab file; the default keytab unless told. */
  readonly keytab?: string;
  /** File of the replay cache for raw peers; in the directory where libkrb5 keeps such files unless told. */
  readonly replayCache?: string;
  readonly limits: Pick<Limits, 'maxContexts' | 'maxLifeMs'>;
  /** Contexts not used for so long are given up, in milliseconds; 30 minutes unless told. */
  readonly idleMs?: number;
  /** Contexts of one principal; a tenth of `limits.maxContexts` unless told. */
  readonly maxPerPrincipal?: number;
  readonly logger?: Logger;
  /** The clock in milliseconds, for tests. */
  readonly now?: () => number;
}

const DEFAULT_IDLE_MS = 30 * 60_000;
const SWEEP_MS = 30_000;
/** Accepting is work of about 0.2 ms on libuv's four threads: more at a time would only wait there. */
const MAX_ACCEPTING = 16;
const MAX_ACCEPTS_WAITING = 256;
/** Messages that wait for the first one of their context. */
const MAX_WAITING = 256;

/*
 * Life cycle: create -> open, any number of times -> close or destroy. It owns both credentials and every context.
 * T1. A context is placed synchronously with its first message, so that later messages find it and wait for its set-up.
 * T2. A token never replaces a context that exists, and no message that fails destroys a context that is complete.
 * T3. `open` never throws: what a peer sends ends as `refused`.
 */

/** The host's side of all security contexts: opens what arrives, and seals the answers. */
export class AcceptorTable implements AsyncDisposable {
  readonly #keys: AcceptorKeys;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #ledger: ContextLedger;
  readonly #gate = new AcceptGate(MAX_ACCEPTING, MAX_ACCEPTS_WAITING);
  readonly #sweeper: NodeJS.Timeout;
  readonly #atWork = new Set<Promise<unknown>>();
  #credentials: AcceptorCredentials;
  #reloading: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  private constructor(options: AcceptorTableOptions, keys: AcceptorKeys, credentials: AcceptorCredentials) {
    const { maxContexts, maxLifeMs } = options.limits;
    const idleMs = options.idleMs ?? DEFAULT_IDLE_MS;
    const maxPerPrincipal = options.maxPerPrincipal ?? Math.max(1, Math.floor(maxContexts / 10));
    this.#keys = keys;
    this.#credentials = credentials;
    this.#logger = options.logger ?? silentLogger;
    this.#now = options.now ?? Date.now;
    this.#ledger = new ContextLedger({ maxContexts, maxPerPrincipal, idleMs, holdMs: maxLifeMs }, this.#now);
    this.#sweeper = setInterval(() => this.#ledger.sweep(), Math.min(idleMs, SWEEP_MS)).unref();
  }

  /**
   * Acquires the credentials of the service: one without a replay cache for frames, one with it for raw peers.
   *
   * @throws BusError `config` when the keytab is missing, unreadable or lacks the key of the service
   * @example
   * await using table = await AcceptorTable.create({ service: serviceOf(parseAddress(address)), limits: DEFAULT_LIMITS });
   */
  static async create(options: AcceptorTableOptions): Promise<AcceptorTable> {
    const { service, keytab, replayCache } = options;
    const keys = { service, keytab, replayCache };
    return new AcceptorTable(options, keys, await AcceptorCredentials.acquire(keys));
  }

  /** How many contexts there are. */
  get size(): number {
    return this.#ledger.size;
  }

  /**
   * Opens the body of a message. Never throws: what cannot be opened is `refused`, with a reason for the peer and
   * words for the log. A promise only when it takes a wait: for the set-up of a context, or since the message is long.
   *
   * @param body - the one data section; must not be changed before the promise settles
   * @param envelope - the properties of the message, none of which is trusted
   */
  open(body: Buffer, envelope: Envelope = {}): Opened | Promise<Opened> {
    const style = rawAcceptor.claims(body) ? rawAcceptor : framedAcceptor;
    let contextId = NO_CONTEXT;
    try {
      const incoming = style.read(body, envelope);
      contextId = incoming.contextId;
      if (this.#closing !== null) throw new Refusal('overloaded', 'The table of contexts is closed');
      this.#ledger.sweep();
      const opened = this.#openNow(incoming) ?? this.#receive(incoming, style);
      return opened instanceof Promise ? this.#waitedFor(opened, style, contextId) : opened;
    } catch (error) {
      return this.#refused(error, style, contextId);
    }
  }

  /**
   * Acquires the credentials again, for instance after the keytab got a new key. Contexts stay.
   *
   * @throws BusError `config`; the credentials at hand stay in use
   */
  async reload(): Promise<void> {
    const reloading = this.#reloading.then(async () => await this.#reload());
    this.#reloading = reloading.catch(() => undefined);
    await reloading;
  }

  /** Refuses what comes from now on, waits for what is being opened, and gives up all contexts. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= Promise.allSettled([...this.#atWork, this.#reloading]).then(() => this.#free());
    await this.#closing;
  }

  /** Gives up all contexts now. Idempotent. */
  destroy(): void {
    this.#closing ??= Promise.resolve();
    this.#free();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #free(): void {
    clearInterval(this.#sweeper);
    this.#ledger.clear();
    this.#credentials[Symbol.dispose]();
  }

  async #reload(): Promise<void> {
    if (this.#closing !== null) throw new BusError('closed', 'Cannot reload the keytab: the table is closed');
    const fresh = await AcceptorCredentials.acquire(this.#keys);
    const stale = this.#credentials;
    this.#credentials = fresh;
    stale[Symbol.dispose]();
    this.#logger.debug({ service: this.#keys.service }, 'keytab-reloaded');
  }

  /** The ordinary case: a sealed message of a context that is complete and idle. Null for any other. */
  #openNow({ key, token, payload }: Incoming): Opened | Promise<Opened> | null {
    if (token !== null || payload === null) return null;
    const context = this.#ledger.find(key);
    return context?.isComplete === true && !context.isStepping ? this.#openPayload(context, payload) : null;
  }

  async #waitedFor(opening: Promise<Opened>, style: AcceptorStyle, contextId: string): Promise<Opened> {
    this.#atWork.add(opening);
    try {
      return await opening;
    } catch (error) {
      return this.#refused(error, style, contextId);
    } finally {
      this.#atWork.delete(opening);
    }
  }

  async #receive(incoming: Incoming, style: AcceptorStyle): Promise<Opened> {
    const known = this.#ledger.find(incoming.key);
    const context = known ?? this.#begin(incoming, style);
    if (known !== null) this.#continue(known, incoming.token);
    const letGo = this.#ledger.hold(context);
    try {
      const answer = await this.#settled(context, incoming.token !== null);
      if (incoming.payload === null) {
        return { kind: 'leg', style: style.name, answer: style.leg(context.contextId, answer ?? Buffer.alloc(0)) };
      }
      if (!context.isComplete) throw new Refusal('context-unknown', 'The context of the peer is not complete');
      return await this.#openPayload(context, incoming.payload);
    } finally {
      letGo();
    }
  }

  #begin(incoming: Incoming, style: AcceptorStyle): AcceptorContext {
    if (incoming.token === null) throw new Refusal('context-unknown', 'There is no context of this id');
    if (this.#gate.isFull) throw new Refusal('overloaded', 'Too many contexts are being set up');
    const context = new AcceptorContext(incoming, style, this.#credentials.of(style.name), this.#now);
    this.#ledger.place(context); // T1
    this.#step(context, incoming.token);
    return context;
  }

  /** A message of a context that exists (T2). */
  #continue(context: AcceptorContext, token: Buffer | null): void {
    if (context.isStepping && this.#ledger.holdsOf(context) >= MAX_WAITING) {
      throw new Refusal('overloaded', 'Too many messages wait for the set-up of their context');
    }
    if (token === null || context.hasStepped(token)) return;
    if (context.isStepping || context.isComplete) {
      throw new Refusal('context-unknown', 'Another context of this id exists already');
    }
    this.#step(context, token);
  }

  #step(context: AcceptorContext, token: Buffer): void {
    context.step(
      token,
      async (task) => await this.#gate.run(task),
      () => this.#ledger.admit(context),
    );
  }

  /** Waits for the set-up. Who did not bring the token is told to bring one, since its own may be good. */
  async #settled(context: AcceptorContext, hasToken: boolean): Promise<Buffer | null> {
    try {
      return await context.answer;
    } catch (error) {
      this.#ledger.drop(context);
      const refusal = refusalOf(error);
      if (hasToken || refusal.reason === 'overloaded') throw refusal;
      throw new Refusal('context-unknown', 'The set-up of the context failed', { cause: error });
    }
  }

  /** The context is held from now until the payload is answered or released. */
  #openPayload(context: AcceptorContext, payload: Buffer): OpenedPayload | Promise<OpenedPayload> {
    const name = new SealedName(payload);
    const release = this.#ledger.hold(context);
    const made = (plaintext: Buffer): OpenedPayload => new Payload(plaintext, context, name, release);
    try {
      const plaintext = context.open(payload);
      if (!(plaintext instanceof Promise)) return made(plaintext);
      return plaintext.then(made, (error: unknown) => {
        release();
        throw error;
      });
    } catch (error) {
      release();
      throw error;
    }
  }

  #refused(error: unknown, style: AcceptorStyle, contextId: string): Refused {
    const refusal = refusalOf(error);
    const answer = refusal.isSilent ? null : style.refused(refusal, contextId);
    this.#logger.debug({ reason: refusal.reason, style: style.name, contextId }, 'message-refused');
    return { kind: 'refused', style: style.name, reason: refusal.reason, answer, detail: refusal.message };
  }
}
