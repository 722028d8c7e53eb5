import type { AclStore } from '@arpa2amqp/acl';
import { BusError, parseAddress } from '@arpa2amqp/protocol';
import type { Logger } from '@arpa2amqp/shell';
import { Correspondent } from './correspondent.js';
import { deliver } from './delivery.js';
import type { Lists } from './lists.js';
import type { Destination, ResolvedOptions } from './options.js';
import { Recipient, type RecipientState } from './recipient.js';
import { routeTo } from './route.js';
import { Slots } from './slots.js';

/** Hosts that have everything are asked so often whether they still have it, in milliseconds. */
const CHECK_MS = 600_000;
/** Lists that cannot be opened are tried again after so long, in milliseconds: the check of a large file takes a second. */
const REOPEN_MS = 60_000;
/** So many hosts are spoken to at a time. */
const MAX_CONNECTIONS = 16;
/** Hosts that are not in "publish.to" are tried so long: over a weekend and a day. */
const PATIENCE_MS = 96 * 3_600_000;
/** So many of them are known at a time. */
const MAX_GUESTS = 100;
/** One that is closed waits so long for what is under way, in milliseconds. */
const CLOSE_MS = 1500;

/** How `publish` has gone for a host so far. */
export interface Published extends RecipientState {
  /** Where the lists are here. */
  readonly newest: number;
}

/*
 * Life: new -> start (or never: then only `publish` sends) -> close.
 * P1. Nothing is remembered of what a host has: it is asked, so a restart, here or there, loses nothing.
 * P2. While nothing changes, a look at the position of the store is all that is done.
 * P3. A host that only `publish` named, a guest, is sent what is there until it has it all once, or PATIENCE_MS are over. That
 *     is in no file: it ends with the shell.
 */

/** Sends the lists of this host to others. */
export class Publisher {
  readonly #lists: Lists;
  readonly #options: ResolvedOptions;
  readonly #logger: Logger;
  readonly #ending = new AbortController();
  readonly #slots = new Slots(MAX_CONNECTIONS);
  readonly #recipients: ReadonlyMap<string, Recipient>;
  readonly #guests = new Map<string, Recipient>();
  readonly #atWork = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #seen = -1;
  #checkedAtMs = 0;
  #notBeforeMs = 0;

  constructor(lists: Lists, options: ResolvedOptions, logger: Logger) {
    this.#lists = lists;
    this.#options = options;
    this.#logger = logger;
    this.#recipients = new Map(options.destinations.map((to) => [to.address, this.#recipient(to)]));
  }

  /** Sends from now on whenever something changes, whichever process changes it. */
  start(): void {
    if (this.#recipients.size === 0 || this.#ending.signal.aborted) return;
    this.#timer = setInterval(() => void this.#look(), this.#options.pollMs).unref();
    void this.#look();
  }

  /** What is known of the hosts that are configured, and then of the guests. */
  get states(): readonly RecipientState[] {
    return Array.from([...this.#recipients.values(), ...this.#guests.values()], ({ state }) => state);
  }

  /** Those of some addresses that are not configured, each once. @throws BusError `invalid-address` */
  guestsOf(addresses: readonly string[]): readonly string[] {
    return [...canonicalOf(addresses)].filter((address) => !this.#recipients.has(address));
  }

  /**
   * Sends now, to all that are configured or to these, and goes on until each has everything (P3).
   *
   * @param timeoutMs - what takes longer goes on without being waited for
   * @throws BusError `invalid-address`, `usage`; AclError, ShellError
   */
  async publish(addresses: readonly string[], timeoutMs: number): Promise<readonly Published[]> {
    const store = await this.#lists.open();
    refuseFollower(store);
    const recipients = this.#chosen(addresses);
    const sending = Promise.all(recipients.map(async (recipient) => await recipient.sendNow()));
    this.#atWork.add(sending);
    void sending.finally(() => this.#atWork.delete(sending));
    await within(sending, timeoutMs);
    return recipients.map(({ state }) => ({ ...state, newest: store.position }));
  }

  /** Ends what is under way. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort(new BusError('closed', 'The shell is ending'));
    await within(Promise.allSettled(this.#atWork), CLOSE_MS);
  }

  #chosen(addresses: readonly string[]): readonly Recipient[] {
    if (addresses.length === 0) return [...this.#recipients.values()];
    const unique = [...canonicalOf(addresses)];
    const { own } = this.#options;
    if (own !== undefined && unique.includes(own)) {
      throw new BusError('usage', `Nothing was sent: ${own} is this host itself, leave it out`);
    }
    this.#makeRoom(unique.filter((address) => !this.#recipients.has(address) && !this.#guests.has(address)).length);
    return unique.map((address) => this.#recipients.get(address) ?? this.#guest(address));
  }

  /** Forgets guests that are done with, the oldest first. @throws BusError `usage` when too many are not */
  #makeRoom(count: number): void {
    const done = [...this.#guests].filter(([, { state }]) => !state.isRepeated);
    const surplus = this.#guests.size + count - MAX_GUESTS;
    if (surplus > done.length) {
      throw new BusError(
        'usage',
        `No more than ${MAX_GUESTS} hosts that are not in "publish.to" are sent to at a time: name less, or wait`,
      );
    }
    for (const [address, guest] of done.slice(0, Math.max(0, surplus))) {
      guest.forget();
      this.#guests.delete(address);
    }
  }

  #guest(address: string): Recipient {
    const guest = this.#guests.get(address) ?? this.#recipient({ address }, PATIENCE_MS);
    this.#guests.set(address, guest);
    return guest;
  }

  #recipient(destination: Destination, patienceMs?: number): Recipient {
    return new Recipient({
      destination,
      send: async (to, onPosition, signal) => await this.#slots.run(() => this.#send(to, onPosition, signal)),
      retryMs: this.#options.retryMs,
      ...(patienceMs === undefined ? {} : { patienceMs }),
      logger: this.#logger,
      signal: this.#ending.signal,
    });
  }

  async #send(to: Destination, onPosition: (position: number) => void, signal: AbortSignal): Promise<void> {
    const store = await this.#lists.open();
    refuseFollower(store);
    const { credentials } = this.#options;
    await using host = await Correspondent.connect(to.address, {
      route: routeTo(to, this.#options),
      credentials,
      signal,
    });
    await deliver(store, host, onPosition);
  }

  /** P2. Never rejects. */
  async #look(): Promise<void> {
    const now = Date.now();
    if (now < this.#notBeforeMs) return;
    try {
      const { position } = await this.#lists.open();
      if (position === this.#seen && now - this.#checkedAtMs < CHECK_MS) return;
      this.#seen = position;
      this.#checkedAtMs = now;
    } catch (error) {
      this.#notBeforeMs = now + REOPEN_MS;
      const { code, message } = error as Partial<BusError>;
      if (!this.#ending.signal.aborted) this.#logger.warn({ code, error: message }, 'lists-unavailable');
      return;
    }
    for (const recipient of this.#recipients.values()) recipient.wake();
  }
}

const canonicalOf = (addresses: readonly string[]): ReadonlySet<string> => {
  return new Set(addresses.map((address) => parseAddress(address).address));
};

/** What comes from another host is sent on by that host alone, lest it goes in a circle. */
function refuseFollower({ followed }: AclStore): void {
  if (followed === null) return;
  throw new BusError(
    'config',
    `This host takes over the lists that ${followed.sender} sends, so it sends none: publish from there, or give "replica leave" here`,
  );
}

/** Waits for a promise that never rejects, but no longer than this. */
async function within(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
