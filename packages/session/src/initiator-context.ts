import { randomBytes } from 'node:crypto';
import { SecurityContext, type Name } from '@arpa2amqp/gssapi';
import { BusError, decodeErrorFrame } from '@arpa2amqp/protocol';
import { acquireCaller, type CallerCredential } from './caller-credential.js';
import type { Arrived, InitiatorStyle } from './initiator-style.js';
import { missingFlags } from './protection.js';

/** A mechanism that is not done after so many tokens of ours never will be. */
const MAX_LEGS = 8;
/** A context is replaced so long before its end, or after three quarters of a short life. */
const RENEW_BEFORE_MS = 30_000;

/**
 * Sends a message that only sets up a context and resolves with the body of its answer.
 *
 * @param body - the body to send
 * @param signal - of the seal that waits for it
 * @param contextId - names the context; raw hosts want it as the correlation-id of every message of the context
 */
export type Exchange = (body: Buffer, signal: AbortSignal | undefined, contextId: string) => Promise<Buffer>;

/** What an {@link InitiatorContext} is opened with. */
export interface ContextOpening {
  readonly target: Name;
  readonly caller: CallerCredential;
  readonly style: InitiatorStyle;
  readonly exchange: Exchange;
  readonly signal: AbortSignal | undefined;
}

/*
 * Stages: open -> retired (no new seals, answers may come) -> disposed.
 * I1. The token that is left over when the initiator's side is complete travels with the first message that is sealed.
 * I2. One seal at a time: the session sees to that. So the one with the token is sent first.
 */

/** The caller's side of one security context. */
export class InitiatorContext {
  readonly contextId: string;
  readonly principal: string;
  /** The end of the ticket. */
  readonly expiresAtMs: number;
  /** When a new context should take over. */
  readonly renewAtMs: number;
  /** Messages sealed whose answers were not opened. */
  awaited = 0;
  isRetired = false;
  readonly #context: SecurityContext;
  readonly #style: InitiatorStyle;
  #token: Buffer | null;
  #lastSeal: Promise<unknown> = Promise.resolve();

  private constructor(contextId: string, context: SecurityContext, style: InitiatorStyle, token: Buffer | null) {
    const lifeMs = context.lifetimeSeconds * 1000;
    this.contextId = contextId;
    this.principal = context.initiatorName;
    this.expiresAtMs = Date.now() + lifeMs;
    this.renewAtMs = this.expiresAtMs - Math.min(RENEW_BEFORE_MS, lifeMs / 4);
    this.#context = context;
    this.#style = style;
    this.#token = token;
  }

  /**
   * Opens a context with the ticket that is in the cache now.
   *
   * @throws GssError, or BusError `weak-context`, `security-failed`, or the reason of the host's error frame
   */
  static async open(opening: ContextOpening): Promise<InitiatorContext> {
    const { target, caller, style } = opening;
    // Without a cache of our own the library takes the process's default in the step itself, for half the price.
    using credential = await acquireCaller(caller);
    const contextId = randomBytes(16).toString('hex');
    const context = SecurityContext.initiate({
      target,
      flags: style.flags,
      ...(credential === null ? {} : { credential }),
    });
    try {
      const token = await establish(context, contextId, opening);
      const missing = missingFlags(context.flags, style.flags);
      if (missing.length === 0) return new InitiatorContext(contextId, context, style, token);
      throw new BusError('weak-context', `Cannot use the security context: it lacks ${missing.join(', ')}`);
    } catch (error) {
      context.dispose();
      throw error;
    }
  }

  /** Encrypts a message and makes its body (I1, I2), at once where that is possible. */
  seal(plaintext: Buffer): Buffer | Promise<Buffer> {
    const encrypted = this.#context.encryptNow(plaintext);
    if (encrypted !== null) return this.#body(encrypted);
    const sealing = this.#sealLater(plaintext);
    this.#lastSeal = sealing.catch(() => undefined);
    return sealing;
  }

  /** Decrypts an answer, at once where that is possible. */
  open(payload: Buffer): Buffer | Promise<Buffer> {
    return this.#context.decryptNow(payload) ?? this.#context.decrypt(payload);
  }

  /** Resolves when the seal that was asked for last is done. */
  async whenIdle(): Promise<void> {
    await this.#lastSeal;
  }

  /** Frees the context. Idempotent. */
  dispose(): void {
    this.#context.dispose();
  }

  async #sealLater(plaintext: Buffer): Promise<Buffer> {
    return this.#body(await this.#context.encrypt(plaintext));
  }

  #body(encrypted: Buffer): Buffer {
    const token = this.#token;
    this.#token = null;
    return this.#style.sealed(this.contextId, token, encrypted);
  }
}

/** Exchanges tokens until this side is complete; returns the token that is left to send. */
async function establish(context: SecurityContext, contextId: string, opening: ContextOpening): Promise<Buffer | null> {
  const { style, exchange, signal } = opening;
  let step = await context.step();
  for (let legs = 0; !step.complete; legs += 1) {
    if (step.token === null || legs === MAX_LEGS) {
      throw new BusError('security-failed', 'Cannot open a security context: the mechanism does not come to an end');
    }
    const answer = await exchange(style.leg(contextId, step.token), signal, contextId);
    step = await context.step(tokenOf(answer, contextId, style));
  }
  return step.token;
}

function tokenOf(body: Buffer, contextId: string, style: InitiatorStyle): Buffer {
  const answer = readLeg(body, style);
  if (answer.kind === 'leg' && (answer.contextId === null || answer.contextId === contextId)) return answer.token;
  const reason = answer.kind === 'error' ? decodeErrorFrame(answer.payload) : null;
  if (reason !== null) throw new BusError(reason, `The host refused the set-up of a security context: ${reason}`);
  throw new BusError('security-failed', 'Cannot open a security context: the answer of the host is not about it');
}

function readLeg(body: Buffer, style: InitiatorStyle): Arrived {
  try {
    return style.read(body);
  } catch (cause) {
    throw new BusError('security-failed', 'Cannot open a security context: the answer of the host is not readable', {
      cause,
    });
  }
}
