import { completionOf, type Reply } from '@arpa2amqp/protocol';
import type { HostLink } from './host/host-link.js';
import type { KnownShell } from './known-shell.js';

/** Asked for at most so often while the host does not answer, so that typing does not flood it. */
const ASK_AGAIN_MS = 2000;

interface Entry {
  shell: KnownShell | null;
  asking: Promise<KnownShell | null> | null;
  askedMs: number;
}

/** The shells of the host, as far as it has told: asked for when they are needed, and kept. */
export class ShellCatalog {
  readonly #link: HostLink;
  readonly #entries = new Map<string, Entry>();
  #names: readonly string[] | null = null;
  #namesAskedMs = Number.NEGATIVE_INFINITY;

  constructor(link: HostLink) {
    this.#link = link;
  }

  /** The names of all shells; null while the host has not told. */
  get names(): readonly string[] | null {
    return this.#names;
  }

  /** A shell, if the host has described it. */
  find(name: string): KnownShell | null {
    return this.#entries.get(name)?.shell ?? null;
  }

  /** Whether a word is the name of a shell, as far as is known. */
  isShell(word: string): boolean {
    return this.#names?.includes(word) ?? /^arpa2[a-z0-9-]{1,27}$/.test(word);
  }

  /** Asks for the names. Never rejects. */
  async loadNames(): Promise<void> {
    if (performance.now() - this.#namesAskedMs < ASK_AGAIN_MS) return;
    this.#namesAskedMs = performance.now();
    const reply = await this.#ask({ complete_: { words: [], partial: '' } });
    const candidates = reply === null ? undefined : completionOf(reply)?.candidates;
    if (candidates !== undefined) this.#names = candidates.map(({ value }) => value);
  }

  /** Asks for the description of a shell, unless it is known. Never rejects. */
  async load(name: string): Promise<KnownShell | null> {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { shell: null, asking: null, askedMs: Number.NEGATIVE_INFINITY };
      this.#entries.set(name, entry);
    }
    if (entry.shell !== null) return entry.shell;
    if (entry.asking === null && performance.now() - entry.askedMs < ASK_AGAIN_MS) return null;
    entry.askedMs = performance.now();
    entry.asking ??= this.#describe(name, entry);
    return await entry.asking;
  }

  /** Forgets everything, for instance since another user may see other commands. */
  forget(): void {
    this.#entries.clear();
    this.#names = null;
    this.#namesAskedMs = Number.NEGATIVE_INFINITY;
  }

  async #describe(name: string, entry: Entry): Promise<KnownShell | null> {
    const reply = await this.#ask({ words_: [name, 'describe'] });
    const { KnownShell: Known } = await import('./known-shell.js');
    const shell = reply === null ? null : Known.from(reply);
    entry.shell = shell?.name === name ? shell : null;
    entry.asking = null;
    return entry.shell;
  }

  async #ask(command: Parameters<HostLink['run']>[0][number]): Promise<Reply | null> {
    try {
      return (await this.#link.run([command]))[0] ?? null;
    } catch {
      return null;
    }
  }
}
