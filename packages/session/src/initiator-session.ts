import { Name } from '@arpa2amqp/gssapi';
import { BusError, decodeErrorFrame, type FrameErrorReason, type ServiceName } from '@arpa2amqp/protocol';
import { whileWanted } from './abort.js';
import type { CallerCredential } from './caller-credential.js';
import { framedInitiator } from './framed-initiator.js';
import { busErrorOf } from './gss-failure.js';
import { InitiatorContext, type Exchange } from './initiator-context.js';
import type { Arrived, InitiatorStyle } from './initiator-style.js';
import { silentLogger, type Logger } from './logger.js';
import { rawInitiator } from './raw-initiator.js';

/** Options of {@link InitiatorSession}. */
export interface InitiatorSessionOptions extends CallerCredential {
  /** The service that answers at the host's address. */
  readonly target: ServiceName;
  /** Have the host prove itself before anything is sent; costs a round trip for every context. */
  readonly isMutual?: boolean;
  /** Speak the protocol of the original arpa2shell. */
  readonly isRaw?: boolean;
  readonly logger?: Logger;
}

/** Options of {@link InitiatorSession.seal}. */
export interface SealOptions {
  /** Sends a message of the set-up; only used for mutual and raw sessions. */
  readonly exchange: Exchange;
  /** Whether an answer is to be opened later, true unless told. */
  readonly isAnswered?: boolean;
  readonly signal?: AbortSignal;
}

/** A message that was sealed. */
export interface Sealed {
  /** The body to send, see {@link InitiatorSession.seal} for the order. */
  readonly body: Buffer;
  /** 32 hexadecimal digits. Raw hosts want it as the correlation-id. */
  readonly contextId: string;
  /** The Kerberos principal whose ticket is used. */
  readonly principal: string;
  /** The end of the ticket, Infinity for none. */
  readonly expiresAtMs: number;
}

/** What came from the host. */
export type Answer =
  | { readonly kind: 'payload'; readonly plaintext: Buffer; readonly contextId: string }
  /** A hint that is not authenticated. */
  | { readonly kind: 'error'; readonly reason: FrameErrorReason; readonly contextId: string }
  /** A token of a set-up that nobody waits for any more. */
  | { readonly kind: 'leg'; readonly contextId: string | null };

/** Retired contexts kept for answers that may come. */
const MAX_RETIRED = 16;

interface Opening {
  readonly context: Promise<InitiatorContext>;
  readonly signal: AbortSignal | undefined;
}

/*
 * Life cycle: new -> seal, open, renew -> close or destroy. It owns its contexts: one is current and used by all seals;
 * retired ones are kept while answers are awaited, at most MAX_RETIRED. At most one is being opened.
 * N1. One seal at a time, in the order in which they were asked for. A seal that takes a wait has its turn until who
 *     asked for it has got it: one that is done at once would overtake it otherwise, and the token that it may carry.
 */

/** The caller's side of the security contexts with one host. */
export class InitiatorSession implements AsyncDisposable {
  readonly #style: InitiatorStyle;
  readonly #caller: CallerCredential;
  readonly #logger: Logger;
  readonly #target: Name;
  /** The current one and the retired ones, oldest first. */
  readonly #contexts = new Map<string, InitiatorContext>();
  #current: InitiatorContext | null = null;
  #opening: Opening | null = null;
  /** N1. Ends with the turn of the last seal that takes a wait; null when none does. */
  #turn: Promise<unknown> | null = null;
  #closing: Promise<void> | null = null;

  /**
   * Does nothing yet: the ticket is taken when the first message is sealed.
   *
   * @throws BusError `security-failed` when the service has no valid name or the GSS-API library is missing
   */
  constructor(options: InitiatorSessionOptions) {
    const { service, host } = options.target;
    this.#style = options.isRaw === true ? rawInitiator : framedInitiator(options.isMutual ?? false);
    this.#caller = options;
    this.#logger = options.logger ?? silentLogger;
    try {
      this.#target = Name.service(service, host);
    } catch (error) {
      throw busErrorOf(error);
    }
  }

  /**
   * Seals a message: opens a context when there is none or it is about to end. A promise only when that takes a wait:
   * for a context, for an earlier seal, or since the message is long. What the calls give must be sent in the order in
   * which they were made, which is that in which they give it: the first message of a context sets it up at the host.
   *
   * @throws BusError (also as rejection) `no-ticket`, `ticket-expired`, `no-kdc`, `unknown-service`, `weak-context`,
   *   `security-failed`, `aborted`, `closed`, or the reason of the host's error frame
   */
  seal(plaintext: Buffer, options: SealOptions): Sealed | Promise<Sealed> {
    const sealing = this.#sealNow(plaintext, options) ?? this.#sealInTurn(plaintext, options);
    return sealing instanceof Promise ? this.#keepTurn(sealing) : sealing;
  }

  /**
   * Opens what came from the host. A promise only when it is long, or its context busy.
   *
   * @param body - the body of the message
   * @param contextId - of the context it belongs to; raw hosts give it as the correlation-id
   * @throws BusError `security-failed` when it cannot be read or authenticated, or was opened before; `closed`
   */
  open(body: Buffer, contextId?: string): Answer | Promise<Answer> {
    if (this.#closing !== null) throw closed();
    const arrived = this.#read(body);
    if (arrived.kind === 'leg') return { kind: 'leg', contextId: arrived.contextId };
    if (arrived.kind === 'payload') return this.#openPayload(arrived.payload, arrived.contextId ?? contextId);
    const reason = decodeErrorFrame(arrived.payload);
    if (reason === null) throw new BusError('security-failed', 'Cannot read the error frame of the host');
    return { kind: 'error', reason, contextId: arrived.contextId };
  }

  /**
   * Gives a context up, for instance since the host does not have it any more: the next seal opens a new one. Answers
   * that were sealed with it can still be opened. Does nothing when it is not the current one.
   */
  renew(contextId: string): void {
    if (this.#current?.contextId === contextId) this.#retire(this.#current);
  }

  /** Waits for the seals at work and frees all contexts. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#contexts.values()].map(async (context) => await context.whenIdle())).then(
      () => this.#free(),
    );
    await this.#closing;
  }

  /** Frees all contexts now. Idempotent. */
  destroy(): void {
    this.#closing ??= Promise.resolve();
    this.#free();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #free(): void {
    for (const context of this.#contexts.values()) context.dispose();
    this.#contexts.clear();
    this.#current = null;
    this.#target.dispose();
  }

  /** The current context, if it may be used. */
  #ready(): InitiatorContext | null {
    if (this.#closing !== null) throw closed();
    if (this.#current !== null && Date.now() >= this.#current.renewAtMs) this.#retire(this.#current);
    return this.#current;
  }

  /** Null when an earlier seal has its turn, or there is no context. */
  #sealNow(plaintext: Buffer, options: SealOptions): Sealed | Promise<Sealed> | null {
    if (this.#turn !== null) return null;
    try {
      const context = this.#ready();
      return context === null ? null : sealed(context, plaintext, options);
    } catch (error) {
      throw busErrorOf(error);
    }
  }

  async #sealInTurn(plaintext: Buffer, options: SealOptions): Promise<Sealed> {
    try {
      if (this.#turn !== null) await whileWanted(this.#turn, options.signal);
      let context = await this.#usable(options);
      while (context.isRetired) context = await this.#usable(options);
      return await sealed(context, plaintext, options);
    } catch (error) {
      throw busErrorOf(error);
    }
  }

  /** N1. Who awaits the promise is told before the turn ends; who gives up does not end the turns before. */
  #keepTurn(sealing: Promise<Sealed>): Promise<Sealed> {
    const turn: Promise<unknown> = Promise.allSettled([this.#turn, sealing]).then(() => {
      if (this.#turn === turn) this.#turn = null;
    });
    this.#turn = turn;
    return sealing;
  }

  async #usable(options: SealOptions): Promise<InitiatorContext> {
    for (;;) {
      const ready = this.#ready();
      if (ready !== null) return ready;
      const opening = (this.#opening ??= this.#open(options));
      try {
        return await whileWanted(opening.context, options.signal);
      } catch (error) {
        // Who opened it for all of us has given up; we have not.
        if (opening.signal?.aborted !== true || options.signal?.aborted === true || opening.signal === options.signal)
          throw error;
      }
    }
  }

  #open({ exchange, signal }: SealOptions): Opening {
    const context = (async () => {
      try {
        const opened = await InitiatorContext.open({
          target: this.#target,
          caller: this.#caller,
          style: this.#style,
          exchange,
          signal,
        });
        this.#take(opened);
        return opened;
      } catch (error) {
        throw this.#closing === null ? error : closed();
      } finally {
        this.#opening = null;
      }
    })();
    return { context, signal };
  }

  #take(context: InitiatorContext): void {
    if (this.#closing !== null) {
      context.dispose();
      throw closed();
    }
    this.#contexts.set(context.contextId, context);
    this.#current = context;
    this.#logger.debug({ contextId: context.contextId, expiresAtMs: context.expiresAtMs }, 'context-opened');
  }

  #retire(context: InitiatorContext): void {
    context.isRetired = true;
    this.#current = null;
    this.#logger.debug({ contextId: context.contextId }, 'context-retired');
    this.#forgetAnswered(context);
    const retired = [...this.#contexts.values()];
    for (const eldest of retired.slice(0, Math.max(0, retired.length - MAX_RETIRED))) this.#forget(eldest);
  }

  #forgetAnswered(context: InitiatorContext): void {
    if (context.isRetired && context.awaited <= 0) this.#forget(context);
  }

  #forget(context: InitiatorContext): void {
    this.#contexts.delete(context.contextId);
    void context.whenIdle().then(() => context.dispose());
  }

  #read(body: Buffer): Arrived {
    try {
      return this.#style.read(body);
    } catch (cause) {
      throw new BusError('security-failed', 'Cannot read what came from the host', { cause });
    }
  }

  #openPayload(payload: Buffer, contextId: string | undefined): Answer | Promise<Answer> {
    if (contextId === undefined) return this.#openWithAny(payload);
    const context = this.#contexts.get(contextId);
    if (context === undefined) throw notAuthentic(undefined);
    try {
      const plaintext = context.open(payload);
      if (!(plaintext instanceof Promise)) return this.#answered(context, plaintext);
      return plaintext.then(
        (opened) => this.#answered(context, opened),
        (error: unknown) => {
          throw notAuthentic(error);
        },
      );
    } catch (error) {
      throw notAuthentic(error);
    }
  }

  /** A raw answer does not say whose it is: a context that is not its own refuses it and is none the worse for it. */
  async #openWithAny(payload: Buffer): Promise<Answer> {
    let cause: unknown;
    for (const context of [...this.#contexts.values()].reverse()) {
      try {
        return this.#answered(context, await context.open(payload));
      } catch (error) {
        cause = error;
      }
    }
    throw notAuthentic(cause);
  }

  #answered(context: InitiatorContext, plaintext: Buffer): Answer {
    context.awaited -= 1;
    this.#forgetAnswered(context);
    return { kind: 'payload', plaintext, contextId: context.contextId };
  }
}

function sealed(context: InitiatorContext, plaintext: Buffer, options: SealOptions): Sealed | Promise<Sealed> {
  const { contextId, principal, expiresAtMs } = context;
  const body = context.seal(plaintext);
  if (options.isAnswered !== false) context.awaited += 1;
  if (!(body instanceof Promise)) return { body, contextId, principal, expiresAtMs };
  return body.then(
    (later) => ({ body: later, contextId, principal, expiresAtMs }),
    (error: unknown) => {
      throw busErrorOf(error);
    },
  );
}

function notAuthentic(cause: unknown): BusError {
  return new BusError('security-failed', 'Cannot authenticate the answer of the host', { cause });
}

function closed(): BusError {
  return new BusError('closed', 'Cannot use the session with the host: it is closed');
}
