import { MAX_CANDIDATES, type Candidate, type CompletionReply, type Placeholder } from '@arpa2amqp/protocol';
import { byValue, type Caller, type CommandDescription, type NextItem, type ShellHost } from '@arpa2amqp/shell';
import { commandFilter, type Authorizer } from './authorizer.js';
import type { ShellRegistry } from './shell-registry.js';
import { VisibleShells } from './visible-shells.js';

/** What is asked: the words before the cursor, the shell's name first, and what stands of the word at it. */
export interface CompletionQuestion {
  readonly words: readonly string[];
  readonly partial: string;
}

/** The parts of a {@link Completion}. */
export interface CompletionContext {
  readonly shells: ShellRegistry;
  readonly authorizer: Authorizer;
  readonly caller: Caller;
  readonly signal: AbortSignal | undefined;
}

type VariableItem = NextItem & { readonly kind: 'variable' };

/** A command whose next word is asked for. */
interface Place {
  readonly host: ShellHost;
  readonly index: number;
  readonly command: CommandDescription;
  readonly partial: string;
}

/** A hook that takes longer does not answer: nobody waits for a list of words. */
const HOOK_MS = 200;
const NOTHING: CompletionReply = Object.freeze({ candidates: [], placeholders: [], mayEnd: false });

/** Answers what may come next in a line that is being typed, as far as the caller may see it. Runs no command. */
export class Completion {
  readonly #context: CompletionContext;
  readonly #visible: VisibleShells;

  constructor(context: CompletionContext) {
    this.#context = context;
    this.#visible = new VisibleShells(context.shells, context.authorizer, context.caller);
  }

  /** Never rejects: where nothing is known, or something fails, there are no candidates. */
  async answer({ words, partial }: CompletionQuestion): Promise<CompletionReply> {
    const [name, head, ...rest] = words;
    try {
      if (name === undefined) return replyOf(await this.#shells(), partial);
      const host = this.#context.shells.find(name);
      if (host === undefined) return NOTHING;
      if (head === undefined) return replyOf(await this.#commands(host), partial);
      return await this.#nextWord(host, [head, ...rest], partial);
    } catch {
      return NOTHING;
    }
  }

  async #shells(): Promise<readonly Candidate[]> {
    const hosts = await this.#visible.hosts();
    return hosts.map(({ name, description }) => candidate(name, firstSentence(description.intro)));
  }

  async #commands(host: ShellHost): Promise<readonly Candidate[]> {
    return (await this.#visible.commandsOf(host)).map(({ head, command }) => candidate(head, command.summary));
  }

  async #nextWord(host: ShellHost, words: readonly string[], partial: string): Promise<CompletionReply> {
    const index = host.table.find(words[0] ?? '') ?? -1;
    const command = host.description.commands[index];
    if (command === undefined) return NOTHING;
    const [shown] = await this.#visible.commandsOf(host, [index]);
    const next = shown?.grammar.next(words) ?? null;
    if (next === null) return NOTHING;
    const place = { host, index, command, partial };
    const found = await Promise.all(next.items.map(async (item) => await this.#candidates(place, item)));
    const placeholders = next.items.flatMap((item) => placeholder(item, partial));
    return { ...replyOf(found.flat(), partial, next.mayEnd), placeholders };
  }

  async #candidates(place: Place, item: NextItem): Promise<readonly Candidate[]> {
    if (item.kind === 'literal') return [candidate(item.word, item.help)];
    if (item.type.secret) return [];
    const choices = item.type.type === 'choice' ? item.type.choices.map((word) => candidate(word)) : [];
    // Those of the hook first: they have a line of help.
    return place.command.live?.includes(item.name) === true
      ? [...(await this.#live(place, item)), ...choices]
      : choices;
  }

  /** Asks the shell, and then which of its values the caller may see. */
  async #live({ host, index, command, partial }: Place, item: VariableItem): Promise<readonly Candidate[]> {
    const { authorizer, caller, signal } = this.#context;
    const { name: variable, values, literals } = item;
    const visible = commandFilter(authorizer, caller, host.name);
    const session = await host.open(caller, { visible });
    try {
      const candidates = await session.complete(
        { command: index, variable, partial, values, literals },
        { timeoutMs: HOOK_MS, ...(signal === undefined ? {} : { signal }) },
      );
      const shown = await authorizer.visible(
        candidates.map(({ value }) => {
          return { caller, shell: host.name, command, candidate: { variable, value, values, literals } };
        }),
      );
      return candidates.filter((_candidate, at) => shown[at]);
    } finally {
      await session.close();
    }
  }
}

function candidate(value: string, help?: string): Candidate {
  return help === undefined || help === '' ? { value } : { value, help };
}

/** The first of equal words stands. */
function replyOf(found: readonly Candidate[], partial: string, mayEnd = false): CompletionReply {
  const candidates = new Map<string, Candidate>();
  for (const one of found) {
    if (one.value.startsWith(partial) && !candidates.has(one.value)) candidates.set(one.value, one);
  }
  const sorted = [...candidates.values()].sort(byValue);
  const more = sorted.length > MAX_CANDIDATES ? ({ more: true } as const) : {};
  return { candidates: sorted.slice(0, MAX_CANDIDATES), placeholders: [], mayEnd, ...more };
}

/** A variable that the word at the cursor can be a value of; with a choice that is known. */
function placeholder(item: NextItem, partial: string): readonly Placeholder[] {
  if (item.kind === 'literal') return [];
  const { name, isRest, type, help } = item;
  if (type.type === 'choice' && !type.secret && !type.choices.some((word) => word.startsWith(partial))) return [];
  return [{ name: isRest ? `<${name}...>` : `<${name}>`, ...(help === undefined ? {} : { help }) }];
}

function firstSentence(text: string): string {
  return (/^.*?(?:\.(?=\s|$)|$)/s.exec(text.trim())?.[0] ?? '').replace(/\s+/g, ' ').slice(0, 100);
}
