import type { NextItem } from '@arpa2amqp/grammar';
import { completionOf, type Candidate, type CompletionReply } from '@arpa2amqp/protocol';
import type { Conversation } from './conversation.js';
import type { HostLink } from './host/host-link.js';
import { ANSWERED_HERE, SHELL_WORDS } from './local-commands.js';
import type { ShellCatalog } from './shell-catalog.js';
import { stoppedAfter, within } from './within.js';

/** What may stand at a place of a line. */
export type Possibilities = Pick<CompletionReply, 'candidates' | 'placeholders' | 'mayEnd'>;

/** The editor drops what comes later than 250 ms: the host is waited for a little shorter, then what is known here must do. */
const HOST_WITHIN_MS = 210;

/** While the host does not answer, typing asks it what its shells are no more often than this. */
const ASK_AGAIN_MS = 2000;

const NOTHING: Possibilities = { candidates: [], placeholders: [], mayEnd: false };

/** Knows what may stand next: the host tells, and the grammar that is known here when it does not. */
export class Completer {
  readonly #link: HostLink;
  readonly #catalog: ShellCatalog;
  readonly #conversation: Conversation;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: { link: HostLink; catalog: ShellCatalog; conversation: Conversation }) {
    this.#link = parts.link;
    this.#catalog = parts.catalog;
    this.#conversation = parts.conversation;
  }

  /**
   * What may stand at the cursor. Never rejects.
   *
   * @param words - the whole words before the cursor
   * @param partial - what stands of the word at the cursor
   */
  async complete(words: readonly string[], partial: string, signal?: AbortSignal): Promise<Possibilities> {
    if (words.length === 0) return await this.#firstWord(partial, signal);
    const addressee = this.#conversation.addresseeOf(words);
    switch (addressee.kind) {
      case 'move':
        return await this.#inShell(addressee.shell, [], partial, signal);
      case 'shell':
        return await this.#inShell(addressee.shell, addressee.words, partial, signal);
      case 'here':
        return this.#here(addressee.words, partial);
    }
  }

  /** The same from what is known here alone, at once; null when these words are wrong, undefined when nobody can tell. */
  known(words: readonly string[]): Possibilities | null | undefined {
    if (words.length === 0) return this.#knownFirstWords();
    const addressee = this.#conversation.addresseeOf(words);
    if (addressee.kind === 'here') return this.#knownHere(addressee.words);
    const known = this.#catalog.find(addressee.shell);
    if (known === null) return undefined;
    const next = known.next(addressee.kind === 'move' ? [] : addressee.words);
    if (next === null) return null;
    return possibilitiesOf(next.items, next.mayEnd || addressee.kind === 'move');
  }

  async #firstWord(partial: string, signal: AbortSignal | undefined): Promise<Possibilities> {
    const { shell } = this.#conversation;
    const own = shell === null ? NOTHING : await this.#inShell(shell, [], partial, signal);
    if (this.#mayAsk()) await within(this.#catalog.loadNames(), HOST_WITHIN_MS, signal);
    return merged(partial, own, this.#knownFirstWords());
  }

  #knownFirstWords(): Possibilities {
    const { shell } = this.#conversation;
    const commands = shell === null ? undefined : this.#catalog.find(shell)?.next([])?.items;
    const own = commands === undefined ? candidatesOf(shell === null ? ANSWERED_HERE : {}) : [];
    const candidates = [...own, ...candidatesOf(SHELL_WORDS), ...this.#shells()];
    return merged('', possibilitiesOf(commands ?? [], true), { candidates, placeholders: [], mayEnd: true });
  }

  #shells(): Candidate[] {
    return (this.#catalog.names ?? []).map((value) => ({ value, help: 'A shell of the host.' }));
  }

  #here(words: readonly string[], partial: string): Possibilities {
    return merged(partial, this.#knownHere(words) ?? NOTHING);
  }

  #knownHere(words: readonly string[]): Possibilities | null {
    const isHelp = words[0] === 'help' && this.#conversation.shell === null;
    const [first = ''] = words;
    if (isHelp && words.length === 1) {
      const candidates = [...candidatesOf({ ...ANSWERED_HERE, ...SHELL_WORDS }), ...this.#shells()];
      return { candidates, placeholders: [], mayEnd: true };
    }
    const isKnown = Object.hasOwn(SHELL_WORDS, first) || Object.hasOwn(ANSWERED_HERE, first);
    return isKnown && words.length === (isHelp ? 2 : 1) ? { ...NOTHING, mayEnd: true } : null;
  }

  async #inShell(
    shell: string,
    words: readonly string[],
    partial: string,
    signal: AbortSignal | undefined,
  ): Promise<Possibilities> {
    if (this.#catalog.find(shell) === null && this.#mayAsk()) void this.#catalog.load(shell);
    const told = await this.#ask([shell, ...words], partial, signal);
    if (told !== undefined) return told;
    const next = this.#catalog.find(shell)?.next(words);
    return next === null || next === undefined ? NOTHING : merged(partial, possibilitiesOf(next.items, next.mayEnd));
  }

  #mayAsk(): boolean {
    if (performance.now() - this.#askedMs < ASK_AGAIN_MS) return false;
    this.#askedMs = performance.now();
    return true;
  }

  async #ask(
    words: readonly string[],
    partial: string,
    signal: AbortSignal | undefined,
  ): Promise<Possibilities | undefined> {
    const command = { complete_: { words: [...words], partial } };
    const reply = await stoppedAfter(HOST_WITHIN_MS, signal, async (stop) => {
      return (await this.#link.run([command], { signal: stop }).catch(() => []))[0];
    });
    return reply === undefined ? undefined : completionOf(reply);
  }
}

function candidatesOf(words: Readonly<Record<string, string>>): Candidate[] {
  return Object.entries(words).map(([value, help]) => ({ value, help }));
}

function possibilitiesOf(items: readonly NextItem[], mayEnd: boolean): Possibilities {
  const candidates: Candidate[] = [];
  const placeholders: { name: string; help?: string }[] = [];
  for (const item of items) {
    const help = item.help === undefined ? {} : { help: item.help };
    if (item.kind === 'literal') candidates.push({ value: item.word, ...help });
    else placeholders.push({ name: item.isRest ? `<${item.name}...>` : `<${item.name}>`, ...help });
    if (item.kind === 'variable' && item.type.type === 'choice') {
      candidates.push(...item.type.choices.map((value) => ({ value })));
    }
  }
  return { candidates, placeholders, mayEnd };
}

/** What begins with the partial word, each word once, in order. */
function merged(partial: string, ...parts: readonly Possibilities[]): Possibilities {
  const byValue = new Map<string, Candidate>();
  for (const candidate of parts.flatMap(({ candidates }) => candidates)) {
    if (candidate.value.startsWith(partial) && !byValue.has(candidate.value)) byValue.set(candidate.value, candidate);
  }
  const candidates = [...byValue.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
  const placeholders = parts.flatMap((part) => part.placeholders);
  return { candidates, placeholders, mayEnd: parts.some(({ mayEnd }) => mayEnd) && partial === '' };
}
