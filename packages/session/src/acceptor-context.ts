import { hash } from 'node:crypto';
import { SecurityContext, type Credential } from '@arpa2amqp/gssapi';
import type { AcceptorStyle, Incoming } from './acceptor-style.js';
import { Refusal } from './refusal.js';

/** MIT's acceptor adds the clock skew it permits, by default this, to the life of the ticket. */
const CLOCK_SKEW_MS = 300_000;

/** Runs a step when its turn comes. */
export type StepRunner = <T>(task: () => Promise<T>) => Promise<T>;

/*
 * Stages: stepping (a token is at work) <-> awaiting a token; stepping -> complete -> disposed.
 * C1. `step` sets everything that tells of the new step synchronously, so that messages that come meanwhile wait for it.
 * C2. A token is remembered by its hash: a redelivered one is not stepped again but gets the answer of its step.
 * C3. Who uses a context holds it in the ledger (context-ledger.ts), which alone disposes it.
 */

/** The host's side of one security context. */
export class AcceptorContext {
  readonly key: string;
  readonly contextId: string;
  readonly style: AcceptorStyle;
  readonly #context: SecurityContext;
  readonly #now: () => number;
  #tokenHash = '';
  #answer: Promise<Buffer | null> = Promise.resolve(null);
  #isStepping = false;
  #principal = '';
  #endsAtMs = Number.POSITIVE_INFINITY;

  constructor(incoming: Incoming, style: AcceptorStyle, credential: Credential, now: () => number) {
    this.key = incoming.key;
    this.contextId = incoming.contextId;
    this.style = style;
    this.#context = SecurityContext.accept({ credential });
    this.#now = now;
  }

  /** A token is at work. */
  get isStepping(): boolean {
    return this.#isStepping;
  }

  /** Both sides can protect messages. */
  get isComplete(): boolean {
    return this.#context.complete;
  }

  /** The initiator as the mechanism proves it; empty until the context is complete. It outlasts the context. */
  get principal(): string {
    return this.#principal;
  }

  /** When messages of this context are no longer accepted: the end of the ticket and the clock skew permitted. */
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  /** The end of the initiator's ticket, Infinity for none. */
  get expiresAtMs(): number {
    return this.#endsAtMs - CLOCK_SKEW_MS;
  }

  /** The answer of the step that is at work, or of the last one. Rejects as that step does. */
  get answer(): Promise<Buffer | null> {
    return this.#answer;
  }

  /** The token is the one that was stepped last (C2). */
  hasStepped(token: Buffer): boolean {
    return this.#tokenHash === hash('sha256', token, 'base64');
  }

  /**
   * Takes the peer's next token.
   *
   * @param run - bounds the steps at work
   * @param admit - called when the step has succeeded; what it throws is the result
   */
  step(token: Buffer, run: StepRunner, admit: () => void): void {
    this.#isStepping = true; // C1
    this.#tokenHash = hash('sha256', token, 'base64');
    this.#answer = run(async () => await this.#context.step(token))
      .then(({ token: answer, complete }) => {
        if (complete) this.#check();
        admit();
        return answer;
      })
      .finally(() => (this.#isStepping = false));
  }

  /** Decrypts a message of the peer, at once where that is possible. */
  open(payload: Buffer): Buffer | Promise<Buffer> {
    return this.#context.decryptNow(payload) ?? this.#context.decrypt(payload);
  }

  /** Encrypts a message for the peer, at once where that is possible. */
  seal(plaintext: Buffer): Buffer | Promise<Buffer> {
    return this.#context.encryptNow(plaintext) ?? this.#context.encrypt(plaintext);
  }

  /** Frees the context. Calls that wait fail; the ledger alone calls this (C3). */
  dispose(): void {
    this.#context.dispose();
  }

  #check(): void {
    const missing = this.style.missing(this.#context.flags);
    if (missing.length > 0) throw new Refusal('weak-context', `The context of the peer lacks ${missing.join(', ')}`);
    this.#principal = this.#context.initiatorName;
    this.#endsAtMs = this.#now() + this.#context.lifetimeSeconds * 1000;
  }
}
