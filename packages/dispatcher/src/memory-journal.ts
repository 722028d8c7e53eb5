import { BusError, errorReply, type Reply } from '@arpa2amqp/protocol';
import type { BatchKey, BatchRecord, Journal } from './journal.js';

/** How much a {@link MemoryJournal} remembers. */
export interface MemoryJournalOptions {
  /** Batches remembered at one time. */
  readonly maxBatches?: number;
  /** Stored replies and what tells commands apart, in characters of JSON. */
  readonly maxCharacters?: number;
  /** The part of both that one identity may take, so that nobody can stop the others; a quarter unless told. */
  readonly share?: number;
  readonly now?: () => number;
}

/** What is stored, of one identity or of all. */
interface Account {
  batches: number;
  characters: number;
}

/** A command that was started. */
interface Started {
  readonly digest: string;
  /** Null: not ended. */
  reply: Reply | null;
}

interface Entry {
  readonly identity: string;
  readonly commands: Map<number, Started>;
  readonly expiresMs: number;
  characters: number;
  /** Resolves when the delivery that has claimed the batch is done with it; null while nobody has. */
  busy: Promise<void> | null;
}

const SWEEP_EVERY_MS = 60_000;
/** A full journal is looked through more often, but not for every batch that it refuses. */
const SWEEP_FULL_EVERY_MS = 1000;
/** Kept longer than a batch lives, because the clocks of two hosts differ. */
const KEEP_MS = 10 * 60_000;
const INTERRUPTED = errorReply(
  'interrupted',
  'An earlier run of this command broke off; whether it took effect is not known\n',
);

/**
 * A journal in memory: batches repeated by a broker or a client while the daemon lives are answered, not run again.
 * It forgets when the process ends. When it is full, changing batches are refused rather than older ones forgotten.
 */
export class MemoryJournal implements Journal {
  readonly #entries = new Map<string, Entry>();
  readonly #accounts = new Map<string, Account>();
  readonly #maxBatches: number;
  readonly #maxCharacters: number;
  readonly #share: number;
  readonly #now: () => number;
  readonly #total: Account = { batches: 0, characters: 0 };
  #sweptMs = 0;

  constructor(options: MemoryJournalOptions = {}) {
    this.#maxBatches = options.maxBatches ?? 100_000;
    this.#maxCharacters = options.maxCharacters ?? 64 * 1024 * 1024;
    this.#share = options.share ?? 0.25;
    this.#now = options.now ?? Date.now;
  }

  /** Batches remembered now. */
  get size(): number {
    return this.#entries.size;
  }

  knows(key: BatchKey): boolean {
    return this.#entries.has(nameOf(key));
  }

  async claim(key: BatchKey): Promise<BatchRecord> {
    const name = nameOf(key);
    let entry = this.#entries.get(name);
    while (entry?.busy) {
      await entry.busy;
      entry = this.#entries.get(name);
    }
    entry ??= this.#enter(name, key);
    return this.#record(entry);
  }

  #enter(name: string, { identity, expiresMs }: BatchKey): Entry {
    this.#sweep(SWEEP_EVERY_MS);
    if (this.#isFullFor(identity)) this.#sweep(SWEEP_FULL_EVERY_MS);
    if (this.#isFullFor(identity)) {
      throw new BusError('unavailable', 'The journal of the host is full: send the batch again later');
    }
    const entry: Entry = { identity, commands: new Map(), expiresMs, characters: 0, busy: null };
    this.#entries.set(name, entry);
    if (!this.#accounts.has(identity)) this.#accounts.set(identity, { batches: 0, characters: 0 });
    this.#book(identity, 1, 0);
    return entry;
  }

  #isFullFor(identity: string): boolean {
    const isOver = ({ batches, characters }: Account, share: number): boolean =>
      batches >= Math.max(1, this.#maxBatches * share) || characters >= this.#maxCharacters * share;
    const own = this.#accounts.get(identity);
    return isOver(this.#total, 1) || (own !== undefined && isOver(own, this.#share));
  }

  #book(identity: string, batches: number, characters: number): void {
    const own = this.#accounts.get(identity);
    for (const account of own === undefined ? [this.#total] : [this.#total, own]) {
      account.batches += batches;
      account.characters += characters;
    }
    if (own?.batches === 0) this.#accounts.delete(identity);
  }

  #record(entry: Entry): BatchRecord {
    let release = (): void => undefined;
    entry.busy = new Promise((resolve) => {
      release = () => {
        entry.busy = null;
        resolve();
      };
    });
    return {
      replyOf: (index) => {
        const reply = entry.commands.get(index)?.reply;
        return reply === null ? INTERRUPTED : reply;
      },
      digestOf: (index) => entry.commands.get(index)?.digest,
      start: async (index, digest) => {
        entry.commands.set(index, { digest, reply: null });
        this.#store(entry, digest.length);
        await Promise.resolve();
      },
      end: async (index, reply) => {
        const started = entry.commands.get(index);
        if (started !== undefined) started.reply = reply;
        this.#store(entry, JSON.stringify(reply).length);
        await Promise.resolve();
      },
      release,
    };
  }

  #store(entry: Entry, characters: number): void {
    entry.characters += characters;
    this.#book(entry.identity, 0, characters);
  }

  #sweep(everyMs: number): void {
    const now = this.#now();
    if (now - this.#sweptMs < everyMs) return;
    this.#sweptMs = now;
    for (const [name, entry] of this.#entries) {
      if (entry.busy === null && entry.expiresMs + KEEP_MS < now) {
        this.#entries.delete(name);
        this.#book(entry.identity, -1, -entry.characters);
      }
    }
  }
}

function nameOf({ identity, batchId }: BatchKey): string {
  return `${identity} ${batchId}`;
}
