/** A host that takes so long for its first answer does not hold up the rest of the batches any longer. */
const MAX_HOLD_MS = 2000;

/**
 * What is known about the security contexts of one channel.
 *
 * Several daemons may serve one queue. A message without a token that reaches another daemon than the first message of
 * its context is answered `context-unknown`. Once that has happened, the gate lets only the first message of a new
 * context through and holds the others until the answer has told the private address of the daemon that has it.
 */
export class ContextGate {
  readonly #renew: (contextId: string) => void;
  #sent: string | null = null;
  #proven: string | null = null;
  #privateAddress: string | null = null;
  #isCareful = false;
  #held: { readonly contextId: string; readonly opened: Promise<void>; readonly open: () => void } | null = null;

  /** @param renew - has the next message open a new context instead of this one */
  constructor(renew: (contextId: string) => void) {
    this.#renew = renew;
  }

  /** A message of this context, and so the token of its first one, was handed to the transport. */
  isSent(contextId: string): boolean {
    return this.#sent === contextId;
  }

  /** The host has shown that it has this context. */
  isProven(contextId: string): boolean {
    return this.#proven === contextId;
  }

  /** Where the rest of this context goes; null for the address of the host. */
  privateAddressOf(contextId: string): string | null {
    return this.#proven === contextId ? this.#privateAddress : null;
  }

  noteSent(contextId: string): void {
    if (this.#sent === contextId) return;
    this.#sent = contextId;
    if (this.#isCareful && this.#proven !== contextId) this.#hold(contextId);
  }

  /**
   * An answer of this context was authenticated.
   *
   * @param replyTo - the private address of the daemon, null when it gave none
   */
  noteProven(contextId: string, replyTo: string | null): void {
    this.#open(contextId);
    // Late answers of an earlier context say nothing about the present one.
    if (this.#sent !== contextId) return;
    this.#proven = contextId;
    this.#privateAddress = replyTo;
  }

  /** Somebody says that the host does not have this context. */
  noteUnknown(contextId: string): void {
    this.#isCareful ||= this.#proven !== contextId;
    this.abandon(contextId);
  }

  /** Never uses this context again: the host lacks it, or its token may not have arrived. */
  abandon(contextId: string): void {
    if (this.#proven === contextId) this.#proven = null;
    if (this.#sent === contextId) this.#sent = null;
    this.#open(contextId);
    this.#renew(contextId);
  }

  /** A message of this context did not arrive: it may be the one with the token. */
  abandonUnproven(contextId: string): void {
    if (this.#proven !== contextId) this.abandon(contextId);
  }

  /** What the next message is to wait for before it is sealed; null for nothing. */
  get held(): Promise<void> | null {
    return this.#held === null ? null : this.#held.opened;
  }

  #hold(contextId: string): void {
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#held = { contextId, opened, open };
    setTimeout(() => this.#open(contextId), MAX_HOLD_MS).unref();
  }

  #open(contextId: string): void {
    if (this.#held?.contextId !== contextId) return;
    this.#held.open();
    this.#held = null;
  }
}
