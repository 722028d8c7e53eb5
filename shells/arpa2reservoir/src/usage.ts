import type { Directory } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';
import { valueOf } from './reservoir-view.js';

// What a domain uses is counted once, and then kept up by what this process changes. Other hosts may use the same directory: it is
// counted again after a while, and before anything is refused. So the limit is kept closely, not to the byte.

/** What a resource counts beside its data: for its entry, so that there is an end of empty ones too. */
const BYTES_OF_ENTRY = 4096;
const COUNT_AGAIN_MS = 600_000;
/** Nothing is refused because of an older count. */
const REFUSE_MS = 10_000;

/** What one domain uses, with what is under way. */
interface Count {
  bytes: number;
  readonly at: number;
}

/** Keeps domains from using more room than they may have. The same data counts for every resource that has it. */
export class Usage {
  readonly #maxBytes: number;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #counts = new Map<string, Promise<Count>>();

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

  /**
   * Does what makes a domain use more, or less.
   *
   * @param growth - in bytes, negative for less
   * @throws ShellError `too-large` when the domain may not have that; what `work` throws, and then it counts as not done
   */
  async change<T>(directory: Directory, domain: string, growth: number, work: () => Promise<T>): Promise<T> {
    const count = growth > 0 ? await this.#take(directory, domain, growth) : undefined;
    try {
      const result = await work();
      if (growth < 0) await this.give(domain, -growth);
      return result;
    } catch (error) {
      if (count !== undefined) count.bytes -= growth;
      throw error;
    }
  }

  /** Counts what a domain does not use any more. */
  async give(domain: string, bytes: number): Promise<void> {
    const count = await this.#counts.get(domain)?.catch(() => undefined);
    if (count !== undefined) count.bytes -= bytes;
  }

  async #take(directory: Directory, domain: string, growth: number): Promise<Count> {
    const hasRoom = ({ bytes }: Count): boolean => bytes + growth <= this.#maxBytes;
    let count = await this.#count(directory, domain, COUNT_AGAIN_MS);
    if (!hasRoom(count)) count = await this.#count(directory, domain, REFUSE_MS);
    if (hasRoom(count)) {
      count.bytes += growth;
      return count;
    }
    const limit = `The resources of domain ${quoted(domain)} may have ${this.#maxBytes} bytes on this host, each ${BYTES_OF_ENTRY} beside its data`;
    throw new ShellError(
      `${limit}; nothing was stored, delete some that are not needed, or ask the operator of the host for more room`,
      { code: 'too-large' },
    );
  }

  /** The last count if it is not too old, else another one; one at a time. */
  async #count(directory: Directory, domain: string, maxAgeMs: number): Promise<Count> {
    const known = this.#counts.get(domain);
    if (known !== undefined && this.#now() - (await known).at < maxAgeMs) return await known;
    // While we waited, another command may have begun to count.
    const latest = this.#counts.get(domain);
    if (latest !== known && latest !== undefined) return await latest;
    const counting = this.#read(directory, domain);
    this.#counts.set(domain, counting);
    counting.catch(() => this.#counts.delete(domain));
    return await counting;
  }

  async #read(directory: Directory, domain: string): Promise<Count> {
    const options = { signal: this.#signal };
    let bytes = 0;
    for (const { path } of await directory.list([['domain', domain]], 'collection', options)) {
      for (const resource of await directory.list(path, 'resource', options)) {
        bytes += Usage.of(Number(valueOf(resource, 'size')));
      }
    }
    return { bytes, at: this.#now() };
  }
}
