import { before } from './deadline.js';
import { AmqpError } from './errors.js';
import type { SenderLink } from './sender.js';

const MAX_SENDERS = 256;
const OPEN_MS = 60_000;

/** Senders by address. Those not used for the longest time are closed when there are many. */
export class SenderPool {
  readonly #senders = new Map<string, SenderLink>();
  readonly #opening = new Map<string, Promise<SenderLink>>();

  /** The sender of an address, if it is open. */
  get(address: string): SenderLink | undefined {
    const sender = this.#senders.get(address);
    return sender?.isEnded === false ? sender : undefined;
  }

  /** Opens a sender, once for all that ask meanwhile. */
  async open(address: string, open: () => Promise<SenderLink>, signal?: AbortSignal): Promise<SenderLink> {
    let opening = this.#opening.get(address);
    if (opening === undefined) {
      opening = this.#open(address, open);
      this.#opening.set(address, opening);
    }
    const late = (): AmqpError => new AmqpError('amqp-timeout', 'Attach a link: the peer does not answer');
    return await before(opening, { timeoutMs: OPEN_MS, signal }, late);
  }

  /** Forgets all senders; their connection is gone. */
  clear(): void {
    this.#senders.clear();
    this.#opening.clear();
  }

  async #open(address: string, open: () => Promise<SenderLink>): Promise<SenderLink> {
    try {
      const sender = await open();
      this.#makeRoom();
      this.#senders.set(address, sender);
      sender.whenEnded = () => {
        if (this.#senders.get(address) === sender) this.#senders.delete(address);
      };
      return sender;
    } finally {
      this.#opening.delete(address);
    }
  }

  #makeRoom(): void {
    if (this.#senders.size < MAX_SENDERS) return;
    for (const [address, sender] of this.#senders) {
      if (sender.pending > 0) continue;
      this.#senders.delete(address);
      sender.close();
      return;
    }
  }
}
