/**
 * Credit is concurrency: the links together hold no more credit than there are free slots, but every link that does
 * nothing holds at least one, or its peer could never begin.
 *
 * C1. While links <= slots: credit of all links + deliveries taken <= slots.
 * C2. With more links than slots each holds one credit; what arrives beyond the free slots waits, and its link gets no
 *     credit meanwhile. So at most one delivery a link waits, plus what was under way when a credit was lowered.
 * C3. A slot comes back by `done` only, and only then is credit granted again.
 * C4. Links that were quiet lately keep one credit; the others share the rest.
 */

const REBALANCE_MS = 1000;

/** A link, as far as credit goes. */
export interface CreditHolder {
  /** Lets the peer send more messages, or (negative) fewer. */
  addCredit(amount: number): void;
}

interface Share {
  readonly link: CreditHolder;
  /** Credit granted and not yet used by a whole message. */
  credit: number;
  /** Deliveries that wait or are at work. */
  taken: number;
  /** What `credit` and `taken` should come to. */
  allowance: number;
  isActive: boolean;
  wasUsed: boolean;
}

/** What takes a slot. */
export interface SlotTaker {
  release(): void;
}

interface Waiting<T> {
  readonly share: Share;
  readonly delivery: T;
}

export class SlotPool<T extends SlotTaker> {
  readonly #slots: number;
  readonly #hand: (delivery: T, done: () => void) => void;
  readonly #shares = new Map<CreditHolder, Share>();
  readonly #hungry = new Set<Share>();
  readonly #waiting: Waiting<T>[] = [];
  #credit = 0;
  #busy = 0;
  #isDraining = false;
  #isStarting = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param slots deliveries at work at one time
   * @param hand takes a delivery, and how to give its slot back; never throws
   */
  constructor(slots: number, hand: (delivery: T, done: () => void) => void) {
    this.#slots = slots;
    this.#hand = hand;
  }

  /** Deliveries at work. */
  get busy(): number {
    return this.#busy;
  }

  /** Deliveries that arrived and found no free slot. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Credit that all links hold together. */
  get credit(): number {
    return this.#credit;
  }

  get links(): number {
    return this.#shares.size;
  }

  add(link: CreditHolder): void {
    const share = { link, credit: 0, taken: 0, allowance: 0, isActive: true, wasUsed: true };
    this.#shares.set(link, share);
    this.#rebalance();
  }

  remove(link: CreditHolder): void {
    const share = this.#shares.get(link);
    if (share === undefined) return;
    this.#shares.delete(link);
    this.#hungry.delete(share);
    this.#credit -= share.credit;
    // What waits is unsettled: the peer gives it to somebody else.
    for (let index = this.#waiting.length - 1; index >= 0; index -= 1) {
      if (this.#waiting[index]?.share === share) this.#waiting.splice(index, 1);
    }
    this.#rebalance();
  }

  /** A delivery came in. */
  arrived(link: CreditHolder, delivery: T): void {
    const share = this.#shares.get(link);
    if (share === undefined || this.#isDraining) {
      delivery.release();
      return;
    }
    this.#use(share);
    share.taken += 1;
    share.wasUsed = true;
    if (this.#busy < this.#slots) this.#start(share, delivery);
    else this.#waiting.push({ share, delivery });
    if (!share.isActive) {
      share.isActive = true;
      this.#rebalance();
    }
  }

  /** A credit was used up by something that needs no slot. */
  refused(link: CreditHolder): void {
    const share = this.#shares.get(link);
    if (share === undefined) return;
    this.#use(share);
    this.#grant(share);
  }

  /** Takes nothing more: no credit, and what waits goes back. */
  drain(): void {
    this.#isDraining = true;
    this.#stopTimer();
    for (const share of this.#shares.values()) this.#change(share, -share.credit);
    for (const { share, delivery } of this.#waiting.splice(0)) {
      share.taken -= 1;
      delivery.release();
    }
  }

  #use(share: Share): void {
    if (share.credit === 0) return; // it was lowered while this was under way
    share.credit -= 1;
    this.#credit -= 1;
  }

  #start(share: Share, delivery: T): void {
    this.#busy += 1;
    let isDone = false;
    this.#hand(delivery, () => {
      if (isDone) return;
      isDone = true;
      this.#done(share);
    });
  }

  #done(share: Share): void {
    this.#busy -= 1;
    share.taken -= 1;
    this.#startWaiting();
    if (this.#shares.has(share.link)) this.#grant(share);
    for (const each of this.#hungry) {
      if (this.#budget() <= 0) break;
      this.#grant(each);
    }
  }

  /** In a loop: what is done at once, such as a refusal, must not start the next one ever deeper in the stack. */
  #startWaiting(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#busy < this.#slots) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#start(next.share, next.delivery);
    }
    this.#isStarting = false;
  }

  #budget(): number {
    return this.#slots - this.#busy - this.#waiting.length - this.#credit;
  }

  /** C1, C3. Grants in steps of a quarter, to spare frames; at once when the peer has nothing left. */
  #grant(share: Share): void {
    if (this.#isDraining) return;
    const { allowance, taken, credit } = share;
    const missing = allowance - taken - credit;
    if (missing <= 0) {
      this.#hungry.delete(share);
      return;
    }
    if (credit > 0 && missing < allowance / 4) return;
    const least = credit === 0 && taken === 0 ? 1 : 0;
    const amount = Math.max(least, Math.min(missing, this.#budget()));
    if (amount > 0) this.#change(share, amount);
    if (amount < missing) this.#hungry.add(share);
    else this.#hungry.delete(share);
  }

  #change(share: Share, amount: number): void {
    if (amount === 0) return;
    share.credit += amount;
    this.#credit += amount;
    share.link.addCredit(amount);
  }

  /** C4. */
  #rebalance(): void {
    if (this.#isDraining) return;
    const shares = [...this.#shares.values()];
    const active = shares.filter(({ isActive }) => isActive);
    const sharing = active.length === 0 ? shares : active;
    const rest = Math.max(0, this.#slots - shares.length);
    for (const share of shares) share.allowance = 1;
    for (const [index, share] of sharing.entries()) {
      share.allowance += Math.floor(rest / sharing.length) + (index < rest % sharing.length ? 1 : 0);
    }
    // Lower first, so that there is something to give.
    for (const share of shares) {
      const excess = Math.min(share.credit, share.credit + share.taken - share.allowance);
      if (excess > 0) this.#change(share, -excess);
    }
    for (const share of shares) this.#grant(share);
    if (shares.length > 1) this.#startTimer();
    else this.#stopTimer();
  }

  /** Notices who was quiet. */
  #startTimer(): void {
    this.#timer ??= setInterval(() => {
      let hasChanged = false;
      for (const share of this.#shares.values()) {
        const isActive = share.wasUsed || share.taken > 0;
        hasChanged ||= isActive !== share.isActive;
        share.isActive = isActive;
        share.wasUsed = false;
      }
      if (hasChanged) this.#rebalance();
    }, REBALANCE_MS).unref();
  }

  #stopTimer(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
