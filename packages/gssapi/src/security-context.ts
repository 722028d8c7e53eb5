import { untilAborted } from './abort.js';
import { adoptCredential } from './credential.js';
import type { Credential } from './credential.js';
import { acceptance, initiation } from './establishment.js';
import type { AcceptOptions, Establishment, InitiateOptions } from './establishment.js';
import { flagsOf } from './flags.js';
import type { ContextFlag } from './flags.js';
import { GssError } from './gss-error.js';
import { Lifetime } from './lifetime.js';
import { withoutReferralRealm } from './name.js';
import { NULL } from './raw/block.js';
import { deleteSecContext, inquirePeer, wrapSizeLimit } from './raw/contexts.js';
import type { StepResult } from './raw/contexts.js';
import { inquireCredential, releaseCredential } from './raw/credentials.js';
import { unwrapAsync, unwrapNow, wrapAsync, wrapNow } from './raw/messages.js';
import type { ProtectedBytes } from './raw/messages.js';
import { CONTEXT_EXPIRED, CREDENTIALS_EXPIRED, DEFECTIVE_TOKEN, NO_CONTEXT, statusError } from './raw/status.js';
import { SerialQueue } from './serial-queue.js';

// Stages: open (steps) -> complete (messages) -> disposed; a failed step leads from open to failed. The context owns the library's
// handle, the establishment until it is complete or failed, and the delegated credential.
//
// Invariants:
// C1. At most one native call uses the handle at a time: every call goes through the queue, or runs at once while the queue is idle.
// C2. The handle is deleted by the last task of the queue, so never under a call on another thread.
// C3. No getter calls the library but that of the target: what the others tell was taken when the context became complete.

/** Messages up to this many bytes are protected at once, longer ones (over about 1 ms) off the main thread. */
const LONG_BYTES = 32 * 1024;

/** What a complete context is; taken once (C3). */
interface Complete {
  readonly flags: ReadonlySet<ContextFlag>;
  readonly lifetime: Lifetime;
  readonly initiator: string;
  /** Null until somebody asks. */
  target: string | null;
  readonly delegated: Credential | null;
}

/** A wrap or unwrap, both ways it can be done. */
interface MessageCall {
  readonly action: string;
  readonly isShort: boolean;
  readonly isLateAllowed: boolean;
  readonly now: (context: bigint) => ProtectedBytes;
  readonly later: (context: bigint) => Promise<ProtectedBytes>;
}

/** What {@link SecurityContext.step} gives. */
export interface Step {
  /** Token for the peer, null when there is none to send. */
  readonly token: Buffer | null;
  /** True when this side needs no more tokens. */
  readonly complete: boolean;
}

/**
 * One end of a security context (RFC 2743 section 2.2): steps until complete, then messages. All calls queue up behind one another, so
 * callers need not wait. Dispose it when done.
 * @example
 * using context = SecurityContext.initiate({ target, credential });
 * const { token } = await context.step();
 * const payload = await context.encrypt(Buffer.from('hello'));
 */
export class SecurityContext {
  /** True for the end that started. */
  readonly isInitiator: boolean;
  readonly #queue = new SerialQueue();
  readonly #establishment: Establishment;
  #context = NULL;
  #state: 'open' | 'failed' | 'disposed' | Complete = 'open';

  private constructor(establishment: Establishment) {
    this.isInitiator = establishment.isInitiator;
    this.#establishment = establishment;
  }

  /**
   * Starts a context with a service; the first {@link SecurityContext.step} takes no token. Without the `mutual` flag it is complete
   * after that one step. Target and credential may be disposed afterwards.
   * @throws GssError with code `gss-bad-call` when the credential is for accepting only.
   */
  static initiate(options: InitiateOptions): SecurityContext {
    return new SecurityContext(initiation(options));
  }

  /**
   * Waits for an initiator's first token, to be given to {@link SecurityContext.step}. Only Kerberos 5 is accepted.
   * @throws GssError with code `gss-bad-call` when the credential is for initiating only.
   */
  static accept(options: AcceptOptions = {}): SecurityContext {
    return new SecurityContext(acceptance(options));
  }

  /**
   * Takes the peer's token and makes the next one (gss_init_sec_context, gss_accept_sec_context), off the main thread. After a failure
   * the context cannot be used any more; the error carries the token to send to the peer, if there is one.
   * @param options.signal - Stops waiting; the context is disposed then, since its state is unknown.
   * @throws GssError, e.g. `gss-no-credentials`, `gss-credentials-expired`, `gss-no-kdc`, `gss-unknown-service`, `gss-bad-token`.
   */
  async step(token?: Buffer, options: { readonly signal?: AbortSignal } = {}): Promise<Step> {
    options.signal?.throwIfAborted();
    const stepping = this.#queue.run(async () => await this.#step(token));
    return await untilAborted(stepping, options.signal, () => this.dispose());
  }

  /** True when this side needs no more tokens. */
  get complete(): boolean {
    return typeof this.#state === 'object';
  }

  /** Principal of the initiator. Proven to an acceptor. @throws GssError before the context is complete. */
  get initiatorName(): string {
    return this.#established('Reading the initiator').initiator;
  }

  /**
   * Principal of the service, as the initiator asked for it or as the acceptor's ticket has it. Few ask, so the library is asked only then.
   * @throws GssError before the context is complete; `gss-bad-call` at the first time while another call of this context is running or waiting.
   */
  get targetName(): string {
    const action = 'Reading the target';
    const complete = this.#established(action);
    if (complete.target === null) {
      this.#refuseBusy(action);
      complete.target = withoutReferralRealm(inquirePeer(this.#context, 'target'));
    }
    return complete.target;
  }

  /** What the context really has, whatever was asked for. @throws GssError before the context is complete. */
  get flags(): ReadonlySet<ContextFlag> {
    return this.#established('Reading the flags').flags;
  }

  /**
   * Seconds until the context expires with its ticket, 0 afterwards. MIT's acceptor adds the permitted clock skew (300 s).
   * @throws GssError before the context is complete.
   */
  get lifetimeSeconds(): number {
    return this.#established('Reading the lifetime').lifetime.seconds;
  }

  /** When the context expires, null for never. @throws GssError before the context is complete. */
  get expires(): Date | null {
    return this.#established('Reading the lifetime').lifetime.end;
  }

  /**
   * On an acceptor: the ticket that the initiator delegated, to act in its name; null when there is none. It belongs to the context and
   * is disposed with it. @throws GssError before the context is complete.
   */
  get delegatedCredential(): Credential | null {
    return this.#established('Reading the delegated credential').delegated;
  }

  /**
   * Protects a message (gss_wrap); over 32 KiB off the main thread, where it must not be changed meanwhile.
   * @param options.confidential - Ask for encryption, default true; the result tells whether it was done.
   * @throws GssError, e.g. `gss-context-expired`, `gss-no-context`, `gss-disposed`.
   */
  async wrap(
    message: Buffer,
    options: { readonly confidential?: boolean } = {},
  ): Promise<{ token: Buffer; confidential: boolean }> {
    const ask = options.confidential ?? true;
    const { bytes, confidential } = await this.#protect({
      action: 'Wrapping a message',
      isShort: message.length <= LONG_BYTES,
      isLateAllowed: false,
      now: (context) => wrapNow(context, message, ask),
      later: async (context) => await wrapAsync(context, message, ask),
    });
    return { token: bytes, confidential };
  }

  /**
   * Checks and opens a wrapped message (gss_unwrap); over 32 KiB off the main thread, where the token must not be changed meanwhile.
   *
   * Replay detection knows the last 64 messages: one that comes later than that is `gss-old-token`, and after a jump of more than 64 some
   * late ones count as duplicates. Unwrap in the order of wrapping.
   * @throws GssError, e.g. `gss-bad-token`, `gss-duplicate-token`, `gss-old-token`, `gss-context-expired`. The context stays usable.
   */
  async unwrap(token: Buffer): Promise<{ message: Buffer; confidential: boolean }> {
    refuseEmpty(token);
    const { bytes, confidential } = await this.#protect({
      action: 'Unwrapping a message',
      isShort: token.length <= LONG_BYTES,
      // The answer to a message that was sent in time may come after the ticket's end.
      isLateAllowed: this.isInitiator,
      now: (context) => unwrapNow(context, token),
      later: async (context) => await unwrapAsync(context, token),
    });
    return { message: bytes, confidential };
  }

  /**
   * Encrypts a message, or fails: {@link SecurityContext.wrap} that insists on confidentiality.
   * @throws GssError with code `gss-not-confidential` when the context has none, else as wrap.
   */
  async encrypt(message: Buffer): Promise<Buffer> {
    const token = this.encryptNow(message);
    if (token !== null) return token;
    const wrapped = await this.wrap(message, { confidential: true });
    return confidential(wrapped.token, wrapped.confidential, 'Encrypting a message');
  }

  /**
   * As {@link SecurityContext.encrypt}, here and now: for callers to whom a promise for every message is dear.
   * @returns null when that takes a wait: other calls are at work, or the message is longer than 32 KiB.
   * @throws GssError as encrypt.
   */
  encryptNow(message: Buffer): Buffer | null {
    if (message.length > LONG_BYTES || !this.#queue.isIdle) return null;
    const wrapped = wrapNow(this.#usable('Encrypting a message', false), message, true);
    return confidential(wrapped.bytes, wrapped.confidential, 'Encrypting a message');
  }

  /**
   * Decrypts a message, or fails: {@link SecurityContext.unwrap} that insists on the message having been encrypted.
   * @throws GssError with code `gss-not-confidential` when it was only integrity-protected, else as unwrap.
   */
  async decrypt(token: Buffer): Promise<Buffer> {
    const message = this.decryptNow(token);
    if (message !== null) return message;
    const unwrapped = await this.unwrap(token);
    return confidential(unwrapped.message, unwrapped.confidential, 'Decrypting a message');
  }

  /**
   * As {@link SecurityContext.decrypt}, here and now.
   * @returns null when that takes a wait, as {@link SecurityContext.encryptNow} does.
   * @throws GssError as decrypt.
   */
  decryptNow(token: Buffer): Buffer | null {
    if (token.length > LONG_BYTES || !this.#queue.isIdle) return null;
    refuseEmpty(token);
    const unwrapped = unwrapNow(this.#usable('Decrypting a message', this.isInitiator), token);
    return confidential(unwrapped.bytes, unwrapped.confidential, 'Decrypting a message');
  }

  /**
   * Longest message whose token has at most `maxBytes` bytes (gss_wrap_size_limit), 0 when there is none.
   * @throws GssError with code `gss-bad-call` while another call of this context is running or waiting.
   */
  wrapSizeLimit(maxBytes: number, confidential = true): number {
    if (!Number.isInteger(maxBytes) || maxBytes < 0 || maxBytes > 0xffff_ffff) {
      throw new RangeError(
        `Asking for the wrap size limit of ${maxBytes} bytes failed: it must be a whole number of 32 bits`,
      );
    }
    const action = 'Asking for the wrap size limit';
    this.#established(action);
    this.#refuseBusy(action);
    return wrapSizeLimit(this.#context, maxBytes, confidential);
  }

  /** Deletes the context: at once when it is idle, else after the call that is running; calls that wait fail. Idempotent. */
  dispose(): void {
    if (this.#state === 'disposed') return;
    const { delegated } = typeof this.#state === 'object' ? this.#state : { delegated: null };
    this.#state = 'disposed';
    delegated?.dispose();
    if (this.#queue.isIdle) this.#delete();
    else void this.#queue.run(() => this.#delete());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #step(token: Buffer | undefined): Promise<Step> {
    const action = this.isInitiator ? 'Opening a context' : 'Accepting a context';
    if (this.#state === 'disposed') throw new GssError('gss-disposed', action);
    if (this.#state === 'failed') throw new GssError('gss-no-context', `${action} after a failed step`);
    if (this.#state !== 'open') throw new GssError('gss-bad-call', `${action} that is complete`);
    this.#establishment.check(this.#context === NULL, token);
    // The step consumes the handle: after a failure there is none left to delete.
    const context = this.#context;
    this.#context = NULL;
    try {
      const result = await this.#establishment.step(context, token);
      this.#context = result.context;
      if (result.isComplete) await this.#finish(result);
      return { token: result.token, complete: result.isComplete };
    } catch (error) {
      this.#delete();
      if (!this.#isDisposed) this.#state = 'failed';
      throw error;
    }
  }

  async #finish(result: StepResult): Promise<void> {
    // A service ticket that ended in the cache is used by the library nevertheless.
    if (this.isInitiator && result.lifetimeSeconds === 0) {
      throw statusError(CREDENTIALS_EXPIRED, 0, 'Opening a context', 'initiate');
    }
    const flags = flagsOf(result.flags);
    const delegated = await this.#adopt(result.delegated, flags);
    const initiator = inquirePeer(result.context, 'initiator');
    this.#establishment.release();
    if (this.#isDisposed) delegated?.dispose();
    else this.#state = { flags, lifetime: new Lifetime(result.lifetimeSeconds), initiator, target: null, delegated };
  }

  async #adopt(pointer: bigint, flags: ReadonlySet<ContextFlag>): Promise<Credential | null> {
    if (pointer === NULL) return null;
    if (this.isInitiator || !flags.has('delegate')) {
      releaseCredential(pointer);
      return null;
    }
    try {
      const inquired = await inquireCredential(pointer, 'Taking a delegated credential', 'acquire');
      return adoptCredential({ pointer, ...inquired }, 'initiate');
    } catch (error) {
      releaseCredential(pointer);
      throw error;
    }
  }

  /** Short messages of an idle context are done at once: a hop to another thread costs ten times the work (C1). */
  async #protect(call: MessageCall): Promise<ProtectedBytes> {
    if (call.isShort && this.#queue.isIdle) return call.now(this.#usable(call.action, call.isLateAllowed));
    return await this.#queue.run(async () => {
      const context = this.#usable(call.action, call.isLateAllowed);
      return call.isShort ? call.now(context) : await call.later(context);
    });
  }

  /** The handle for a message call. MIT's library goes on long after the ticket's end (RFC 2743 section 1.2.2): it is kept here. */
  #usable(action: string, isLateAllowed: boolean): bigint {
    const { lifetime } = this.#established(action);
    if (lifetime.isOver && !isLateAllowed) throw statusError(CONTEXT_EXPIRED, 0, action, 'initiate');
    return this.#context;
  }

  #refuseBusy(action: string): void {
    if (!this.#queue.isIdle) throw new GssError('gss-bad-call', `${action} while the context is busy`);
  }

  #established(action: string): Complete {
    if (typeof this.#state === 'object') return this.#state;
    if (this.#state === 'disposed') throw new GssError('gss-disposed', action);
    throw statusError(NO_CONTEXT, 0, action, 'initiate');
  }

  get #isDisposed(): boolean {
    return this.#state === 'disposed';
  }

  #delete(): void {
    deleteSecContext(this.#context);
    this.#context = NULL;
    this.#establishment.release();
  }
}

function confidential(bytes: Buffer, isConfidential: boolean, action: string): Buffer {
  if (!isConfidential) throw new GssError('gss-not-confidential', action);
  return bytes;
}

/** The library calls an empty token a call without arguments, as if it were our mistake. */
function refuseEmpty(token: Buffer): void {
  if (token.length === 0) throw statusError(DEFECTIVE_TOKEN, 0, 'Unwrapping an empty message', 'initiate');
}
