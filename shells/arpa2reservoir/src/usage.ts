import type { Directory } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';
import { DomainCount } from './domain-count.js';
import { valueOf } from './reservoir-view.js';

// What a domain uses is counted once, and then kept up by what this process changes. Other hosts may use the same directory: it is
// counted again after a while, and before anything is refused. So the limit is kept closely, not to the byte.

/** What a resource counts beside its data: for its entry, so that there is an end of empty ones too. */
const BYTES_OF_ENTRY = 4096;
const COUNT_AGAIN_MS = 600_000;
/** Nothing is refused because of an older count. */
const REFUSE_MS = 10_000;

/** Keeps domains from using more room than they may have. The same data counts for every resource that has it. */
export class Usage {
  readonly #maxBytes: number;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #counts = new Map<string, DomainCount>();
  #moment = 0;

  /** @param signal - ends counting */
  constructor(maxBytes: number, signal: AbortSignal, now: () => number = Date.now) {
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    this.#now = now;
  }

  /** What a resource counts. */
  static of(dataBytes: number): number {
    return dataBytes + BYTES_OF_ENTRY;
  }

  /** For {@link give}: the present one. */
  get moment(): number {
    return this.#moment;
  }

  /**
   * Does what makes a domain use more, or less.
   *
   * @param growth - in bytes, negative for less
   * @param work - may say that it is another growth, before it makes a difference; that throws as this does
   * @throws ShellError `too-large` when the domain may not have that; what `work` throws, and then it counts as not done
   */
  async change<T>(
    directory: Directory,
    domain: string,
    growth: number,
    work: (correct: (growth: number) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const count = this.#countOf(domain);
    let [taken, given, since] = [0, 0, 0];
    const correct = async (bytes: number): Promise<void> => {
      const more = Math.max(bytes, 0) - taken;
      if (more > 0) await this.#take(directory, domain, more);
      else count.cancel(-more);
      [taken, given, since] = [taken + more, Math.max(-bytes, 0), this.#moment];
    };
    try {
      await correct(growth);
      const result = await work(correct);
      count.keep(taken);
      count.give(given, since);
      return result;
    } catch (error) {
      count.cancel(taken);
      throw error;
    }
  }

  /** Counts what a domain does not use any more. @param since - the {@link moment} before it was so */
  give(domain: string, bytes: number, since: number): void {
    this.#counts.get(domain)?.give(bytes, since);
  }

  async #take(directory: Directory, domain: string, bytes: number): Promise<void> {
    const count = this.#countOf(domain);
    for (const maxAgeMs of [COUNT_AGAIN_MS, REFUSE_MS]) {
      await count.refresh(maxAgeMs, async () => await this.#read(directory, domain));
      if (count.take(bytes, this.#maxBytes)) return;
    }
    const limit = `The resources of domain ${quoted(domain)} may have ${this.#maxBytes} bytes on this host, each ${BYTES_OF_ENTRY} beside its data`;
    throw new ShellError(
      `${limit}; nothing was stored, delete some that are not needed, or ask the operator of the host for more room`,
      { code: 'too-large' },
    );
  }

  #countOf(domain: string): DomainCount {
    let count = this.#counts.get(domain);
    if (count === undefined) {
      count = new DomainCount(this.#now, () => (this.#moment += 1));
      this.#counts.set(domain, count);
    }
    return count;
  }

  async #read(directory: Directory, domain: string): Promise<number> {
    const options = { signal: this.#signal };
    let bytes = 0;
    for (const { path } of await directory.list([['domain', domain]], 'collection', options)) {
      for (const resource of await directory.list(path, 'resource', options)) {
        bytes += Usage.of(Number(valueOf(resource, 'size')));
      }
    }
    return bytes;
  }
}
