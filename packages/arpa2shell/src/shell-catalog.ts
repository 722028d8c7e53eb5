import { completionOf, type Reply } from '@arpa2amqp/protocol';
import type { HostLink } from './host/host-link.js';
import type { KnownShell } from './known-shell.js';

interface Entry {
  shell: KnownShell | null;
  asking: Promise<KnownShell | null> | null;
}

/** The shells of the host, as far as it has told: asked for when they are needed, and kept. */
export class ShellCatalog {
  readonly #link: HostLink;
  readonly #entries = new Map<string, Entry>();
  #names: readonly string[] | null = null;
  #askingNames: Promise<readonly string[] | null> | null = null;

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

  /**
   * Whether a word is the name of a shell, as far as is known. The host names those of which the user may do something; the others
   * are there too, and have a whoami.
   */
  isShell(word: string): boolean {
    return this.#names?.includes(word) === true || /^arpa2[a-z0-9-]{1,27}$/.test(word);
  }

  /** Asks for the names, unless they are known. Never rejects. */
  async loadNames(): Promise<void> {
    if (this.#names !== null) return;
    const asking = (this.#askingNames ??= this.#askNames());
    const names = await asking;
    // What another user was told before everything was forgotten is dropped.
    if (this.#askingNames !== asking) return;
    this.#names = names;
    this.#askingNames = null;
  }

  /** Asks for the description of a shell, unless it is known. Never rejects. */
  async load(name: string): Promise<KnownShell | null> {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { shell: null, asking: null };
      this.#entries.set(name, entry);
    }
    return entry.shell ?? (await (entry.asking ??= this.#describe(name, entry)));
  }

  /** Asks for the names and for a shell anew: what the user may do may have changed. Never rejects; without an answer the old ones stay. */
  async refresh(name: string): Promise<KnownShell | null> {
    const entry: Entry = { shell: this.find(name), asking: null };
    this.#entries.set(name, entry);
    entry.asking = this.#describe(name, entry);
    const asking = (this.#askingNames = this.#askNames());
    const [names, shell] = await Promise.all([asking, entry.asking]);
    if (this.#askingNames !== asking) return shell;
    this.#names = names ?? this.#names;
    this.#askingNames = null;
    return shell;
  }

  /** Forgets everything, for instance since another user may see other commands. */
  forget(): void {
    this.#entries.clear();
    this.#names = null;
    this.#askingNames = null;
  }

  async #askNames(): Promise<readonly string[] | null> {
    const reply = await this.#ask({ complete_: { words: [], partial: '' } });
    const candidates = reply === null ? undefined : completionOf(reply)?.candidates;
    return candidates?.map(({ value }) => value) ?? null;
  }

  async #describe(name: string, entry: Entry): Promise<KnownShell | null> {
    const reply = await this.#ask({ words_: [name, 'describe'] });
    const { KnownShell: Known } = await import('./known-shell.js');
    entry.asking = null;
    if (reply === null) return entry.shell;
    const shell = Known.from(reply);
    entry.shell = shell?.name === name ? shell : null;
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
