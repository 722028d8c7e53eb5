import type { AcceptorContext } from './acceptor-context.js';
import { Refusal } from './refusal.js';

/** Bounds of a {@link ContextLedger}. */
export interface LedgerLimits {
  readonly maxContexts: number;
  readonly maxPerPrincipal: number;
  /** A context that is not used for so long is given up. */
  readonly idleMs: number;
  /** A context that is held and neither answered nor released for so long is given up. */
  readonly holdMs: number;
}

/** What the ledger knows of a context. */
interface Account {
  readonly context: AcceptorContext;
  share: Share | null;
  holds: number;
  usedAtMs: number;
  isDropped: boolean;
}

/** The contexts of one principal. */
interface Share {
  readonly principal: string;
  /** All contexts, idle or not. */
  size: number;
  /** Least recently used first. */
  readonly idle: Set<Account>;
}

/*
 * Who keeps which context, and who must give one up.
 * L1. A context is found by its key from `place` until it is dropped; it counts, for its principal and in all, from `admit` on.
 * L2. It is held (busy) or idle. Only idle ones are given up to make room, least recently used first. `#idle` and
 *     every share's `idle` are in the order of last use: what becomes idle goes to the end.
 * L3. A principal at its bound gives up a context of its own, never another's.
 * L4. It is disposed exactly when it is dropped and no longer held, or when its holders have forgotten it.
 */

/** Bookkeeping of the contexts of a host: places, holds, bounds, age. */
export class ContextLedger {
  readonly #limits: LedgerLimits;
  readonly #now: () => number;
  readonly #placed = new Map<string, Account>();
  readonly #shares = new Map<string, Share>();
  readonly #idle = new Set<Account>();
  readonly #held = new Set<Account>();
  #size = 0;

  constructor(limits: LedgerLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** How many contexts count. */
  get size(): number {
    return this.#size;
  }

  /** Finds a context by its key; one that has ended is dropped and not found. */
  find(key: string): AcceptorContext | null {
    const account = this.#placed.get(key);
    if (account === undefined) return null;
    if (account.context.endsAtMs > this.#now()) return account.context;
    this.#drop(account);
    return null;
  }

  /** Makes a new context be found, before it is known whose it is (L1). */
  place(context: AcceptorContext): void {
    this.#placed.set(context.key, { context, share: null, holds: 0, usedAtMs: this.#now(), isDropped: false });
  }

  /**
   * Counts a context for its principal; others may have to go.
   *
   * @throws Refusal `overloaded` when all that could go are busy, `context-unknown` when it was dropped meanwhile
   */
  admit(context: AcceptorContext): void {
    const account = this.#placed.get(context.key);
    if (account?.context !== context) throw new Refusal('context-unknown', 'The context was given up meanwhile');
    this.#leaveShare(account);
    const share = this.#shares.get(context.principal) ?? { principal: context.principal, size: 0, idle: new Set() };
    if (share.size >= this.#limits.maxPerPrincipal) this.#makeRoom(share.idle, 'The caller has too many contexts');
    if (this.#size >= this.#limits.maxContexts) this.#makeRoom(this.#idle, 'The table of contexts is full');
    share.size += 1;
    this.#size += 1;
    account.share = share;
    this.#shares.set(share.principal, share);
  }

  /** Begins a use of a context. The returned function ends it, once. */
  hold(context: AcceptorContext): () => void {
    const account = this.#placed.get(context.key);
    if (account?.context !== context) throw new Refusal('context-unknown', 'The context was given up meanwhile');
    account.holds += 1;
    account.usedAtMs = this.#now();
    this.#idle.delete(account);
    account.share?.idle.delete(account);
    this.#held.delete(account);
    this.#held.add(account);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#letGo(account);
    };
  }

  /** How many uses a context has. */
  holdsOf(context: AcceptorContext): number {
    return this.#placed.get(context.key)?.holds ?? 0;
  }

  /** Makes a context no longer be found; it is disposed when nobody holds it. */
  drop(context: AcceptorContext): void {
    const account = this.#placed.get(context.key);
    if (account?.context === context) this.#drop(account);
  }

  /** Gives up what has not been used for too long. */
  sweep(): void {
    const now = this.#now();
    for (const account of this.#idle) {
      if (account.usedAtMs + this.#limits.idleMs > now) break;
      this.#drop(account);
    }
    for (const account of this.#held) {
      if (account.usedAtMs + this.#limits.holdMs > now) break;
      this.#drop(account);
      this.#dispose(account);
    }
  }

  /** Drops and disposes everything, whoever holds it. */
  clear(): void {
    for (const account of [...this.#placed.values(), ...this.#held]) {
      this.#drop(account);
      this.#dispose(account);
    }
  }

  #letGo(account: Account): void {
    account.holds -= 1;
    if (account.holds > 0) return;
    account.usedAtMs = this.#now();
    this.#held.delete(account);
    if (account.isDropped) {
      account.context.dispose();
      return;
    }
    this.#idle.add(account);
    account.share?.idle.add(account);
  }

  #makeRoom(idle: ReadonlySet<Account>, detail: string): void {
    const [eldest] = idle;
    if (eldest === undefined) throw new Refusal('overloaded', `${detail}, and all are busy`);
    this.#drop(eldest);
  }

  #drop(account: Account): void {
    if (account.isDropped) return;
    account.isDropped = true;
    this.#placed.delete(account.context.key);
    this.#idle.delete(account);
    this.#leaveShare(account);
    if (account.holds === 0) this.#dispose(account);
  }

  #leaveShare(account: Account): void {
    const { share } = account;
    if (share === null) return;
    account.share = null;
    share.idle.delete(account);
    share.size -= 1;
    this.#size -= 1;
    if (share.size === 0) this.#shares.delete(share.principal);
  }

  #dispose(account: Account): void {
    this.#held.delete(account);
    account.context.dispose();
  }
}
