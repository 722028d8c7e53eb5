import { BusError, type Reply } from '@arpa2amqp/protocol';
import type { BatchKey, BatchRecord, Journal } from './journal.js';

/** How much a {@link MemoryJournal} remembers. */
export interface MemoryJournalOptions {
  /** Batches remembered at one time. */
  readonly maxBatches?: number;
  /** Stored replies, in characters of JSON. */
  readonly maxCharacters?: number;
  readonly now?: () => number;
}

interface Entry {
  readonly replies: Map<number, Reply>;
  readonly expiresMs: number;
  characters: number;
  /** Resolves when the delivery that has claimed the batch is done with it; null while nobody has. */
  busy: Promise<void> | null;
}

const SWEEP_EVERY_MS = 60_000;
/** Kept longer than a batch lives, because the clocks of two hosts differ. */
const KEEP_MS = 10 * 60_000;

/**
 * A journal in memory: batches repeated by a broker or a client while the daemon lives are answered, not run again.
 * It forgets when the process ends. When it is full, changing batches are refused rather than older ones forgotten.
 */
export class MemoryJournal implements Journal {
  readonly #entries = new Map<string, Entry>();
  readonly #maxBatches: number;
  readonly #maxCharacters: number;
  readonly #now: () => number;
  #characters = 0;
  #sweptMs = 0;

  constructor(options: MemoryJournalOptions = {}) {
    this.#maxBatches = options.maxBatches ?? 100_000;
    this.#maxCharacters = options.maxCharacters ?? 64 * 1024 * 1024;
    this.#now = options.now ?? Date.now;
  }

  /** Batches remembered now. */
  get size(): number {
    return this.#entries.size;
  }

  async claim(key: BatchKey): Promise<BatchRecord> {
    const name = `${key.identity} ${key.batchId}`;
    let entry = this.#entries.get(name);
    while (entry?.busy) {
      await entry.busy;
      entry = this.#entries.get(name);
    }
    entry ??= this.#enter(name, key.expiresMs);
    return this.#record(entry);
  }

  #enter(name: string, expiresMs: number): Entry {
    this.#sweep();
    if (this.#entries.size >= this.#maxBatches || this.#characters >= this.#maxCharacters) {
      this.#sweep(true);
    }
    if (this.#entries.size >= this.#maxBatches || this.#characters >= this.#maxCharacters) {
      throw new BusError('unavailable', 'The journal of the host is full: send the batch again later');
    }
    const entry: Entry = { replies: new Map(), expiresMs, characters: 0, busy: null };
    this.#entries.set(name, entry);
    return entry;
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
      replyOf: (index) => entry.replies.get(index),
      start: async () => {
        await Promise.resolve();
      },
      end: async (index, reply) => {
        entry.replies.set(index, reply);
        const characters = JSON.stringify(reply).length;
        entry.characters += characters;
        this.#characters += characters;
        await Promise.resolve();
      },
      release,
    };
  }

  #sweep(isForced = false): void {
    const now = this.#now();
    if (!isForced && now - this.#sweptMs < SWEEP_EVERY_MS) return;
    this.#sweptMs = now;
    for (const [name, entry] of this.#entries) {
      if (entry.busy === null && entry.expiresMs + KEEP_MS < now) {
        this.#entries.delete(name);
        this.#characters -= entry.characters;
      }
    }
  }
}
