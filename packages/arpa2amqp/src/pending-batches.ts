import type { Attempt, PendingBatch } from './pending-batch.js';

/**
 * The client's own table of what is not settled yet, with every message under which an answer may still come: the
 * transport forgets what it sent when a connection is lost.
 */
export class PendingBatches {
  readonly #batches = new Map<PendingBatch, string[]>();
  readonly #attempts = new Map<string, Attempt>();
  #whenEmpty: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  get size(): number {
    return this.#batches.size;
  }

  add(batch: PendingBatch): void {
    this.#batches.set(batch, []);
  }

  /** Notes a sending, so that its answer finds the batch. */
  track(attempt: Attempt): void {
    this.#batches.get(attempt.batch)?.push(attempt.correlationId);
    this.#attempts.set(attempt.correlationId, attempt);
  }

  find(correlationId: string | undefined): Attempt | undefined {
    return correlationId === undefined ? undefined : this.#attempts.get(correlationId);
  }

  remove(batch: PendingBatch): void {
    for (const correlationId of this.#batches.get(batch) ?? []) this.#attempts.delete(correlationId);
    this.#batches.delete(batch);
    if (this.#batches.size === 0) this.#whenEmpty?.resolve();
  }

  /** All that is pending now, in the order in which it was added. */
  list(): PendingBatch[] {
    return [...this.#batches.keys()];
  }

  /** Resolves when nothing is pending; every batch ends by its deadline. */
  async drained(): Promise<void> {
    if (this.#batches.size === 0) return;
    if (this.#whenEmpty === null) {
      let resolve!: () => void;
      const promise = new Promise<void>((done) => (resolve = done));
      this.#whenEmpty = { promise, resolve };
    }
    await this.#whenEmpty.promise;
  }
}
