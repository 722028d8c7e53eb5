import { BusError, errorReply, quoted, suggestion, type Command, type Reply } from '@arpa2amqp/protocol';
import { addresseeOf, type Addressee } from './addressee.js';
import { readTypedLine, type TypedLine } from './typed-line.js';
import type { Filter } from './filters.js';
import type { HostLink } from './host/host-link.js';
import type { HereDocument } from './input/here-document.js';
import type { InputReader } from './input/input-reader.js';
import type { TicketDesk } from './host/ticket-desk.js';
import { ANSWERED_HERE, META_SHELL, SHELL_WORDS, type LocalCommands } from './local-commands.js';
import { SessionMemory } from './session-memory.js';
import type { ShellCatalog } from './shell-catalog.js';
import { within } from './within.js';

/** What came of a line. */
export type LineResult =
  | { readonly kind: 'nothing' }
  /** The outermost level was left: it is over. */
  | { readonly kind: 'over' }
  /** Another shell was entered; `intro` as far as the host has told. */
  | { readonly kind: 'moved'; readonly intro: string | null }
  | { readonly kind: 'reply'; readonly reply: Reply; readonly filters: readonly Filter[] }
  /** What may stand at the end of these words was asked for. */
  | { readonly kind: 'question'; readonly words: readonly string[] };

/** Options of {@link Conversation.run}. */
export interface LineOptions {
  readonly signal?: AbortSignal;
  /** The texts behind the `<<WORD`s of the line. */
  readonly documents?: readonly HereDocument[];
}

/** The parts of a {@link Conversation}. */
export interface ConversationParts {
  readonly link: HostLink;
  readonly tickets: TicketDesk;
  readonly catalog: ShellCatalog;
  readonly local: LocalCommands;
  readonly inputs: InputReader;
  /** The shell to start in; null for the shell of shells. */
  readonly start: string | null;
}

/** What the host says about its shells is waited for so long where a line cannot be understood without it. */
const KNOWN_WITHIN_MS = 10_000;
/** And so long where it is only shown. */
const SHOWN_WITHIN_MS = 1000;

/**
 * Runs lines, one after the other: it knows in which shell the user is and what was set there.
 *
 * Levels: the shell of shells, and one shell of the host in it. Who started in a shell of the host leaves it to the end.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #memory = new SessionMemory();
  #shell: string | null;
  /** Whether the shell of shells is around the present one. */
  #isInner: boolean;
  #principal: string | null = null;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#shell = parts.start;
    this.#isInner = parts.start === null;
  }

  /** The shell of the host in use, null in the shell of shells. */
  get shell(): string | null {
    return this.#shell;
  }

  /**
   * Runs a line.
   *
   * @throws BusError `syntax` for a line that is none; as {@link InputReader.read} and {@link HostLink.run}
   */
  async run(line: string, { signal, documents = [] }: LineOptions = {}): Promise<LineResult> {
    const typed = readTypedLine(line);
    if (typed.isQuestion) return { kind: 'question', words: typed.words };
    if (typed.words.length === 0) return { kind: 'nothing' };
    await this.#noticeUser(signal);
    await this.#learnNames(typed.words, signal);
    const addressee = this.addresseeOf(typed.words);
    switch (addressee.kind) {
      case 'move':
        refuseMore(typed);
        return await this.#move(addressee.shell, signal);
      case 'here':
        return await this.#runHere(addressee.words, typed, signal);
      case 'shell': {
        const stdin = typed.input === null ? null : await this.#parts.inputs.read(typed.input, documents, signal);
        return { kind: 'reply', reply: await this.#runThere(addressee, stdin, signal), filters: typed.filters };
      }
    }
  }

  /** Leaves one level. */
  leave(): LineResult {
    if (this.#shell === null || !this.#isInner) return { kind: 'over' };
    this.#enter(null);
    return { kind: 'moved', intro: null };
  }

  /** Whom these words are for, one at least. */
  addresseeOf(words: readonly string[]): Addressee {
    return addresseeOf(words, this.#shell, this.#parts.catalog);
  }

  /** Whether a line may be kept: it holds no secret, which only the grammar can tell. */
  isStorable(line: string): boolean {
    try {
      const { words } = readTypedLine(line);
      if (words.length === 0) return false;
      const addressee = this.addresseeOf(words);
      if (addressee.kind === 'move') return true;
      if (addressee.kind === 'here') return isLocalWord(words[0] ?? '');
      const known = this.#parts.catalog.find(addressee.shell);
      return known !== null && !known.mayHoldSecret(addressee.words);
    } catch {
      return false;
    }
  }

  async #runHere(words: readonly string[], typed: TypedLine, signal: AbortSignal | undefined): Promise<LineResult> {
    const [first = ''] = words;
    if (Object.hasOwn(SHELL_WORDS, first)) {
      if (words.length > 1) throw new BusError('syntax', `${first} takes nothing behind it`);
      refuseMore(typed);
      if (first === 'quit' || first === 'exit') return this.leave();
      if (first === META_SHELL) this.#isInner = true;
      if (first === META_SHELL) this.#enter(null);
      else this.#memory.clear();
      return { kind: 'nothing' };
    }
    if (!Object.hasOwn(ANSWERED_HERE, first)) throw await this.#unknown(first, signal);
    refuseInput(typed);
    return { kind: 'reply', reply: await this.#parts.local.answer(words, signal), filters: typed.filters };
  }

  async #runThere(
    addressee: Addressee & { kind: 'shell' },
    stdin: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    const { shell, words, isOneOff } = addressee;
    const { link, catalog } = this.#parts;
    try {
      const before = isOneOff ? [] : this.#memory.commands;
      const commands: Command[] = [
        ...before.map((each) => ({ words_: [shell, ...each] })),
        { words_: [shell, ...words], ...(stdin === null ? {} : { stdin_: stdin }) },
      ];
      const knowing = within(catalog.load(shell), KNOWN_WITHIN_MS, signal);
      const replies = await link.run(commands, signal === undefined ? {} : { signal });
      const known = await knowing;
      if (isOneOff) return replies.at(-1) ?? errorReply('internal', 'The host gave no reply\n');
      const reply = this.#memory.lastOf(replies);
      if (reply.stderr_ === undefined && known?.isSession(words) === true) this.#memory.add(words);
      return reply;
    } catch (error) {
      const isAnswered = Object.hasOwn(ANSWERED_HERE, words[0] ?? '');
      if (isAnswered && lacksTicket(error)) return await this.#parts.local.answer(words, signal);
      throw error;
    }
  }

  async #move(shell: string, signal: AbortSignal | undefined): Promise<LineResult> {
    const { catalog } = this.#parts;
    await within(catalog.refresh(shell), SHOWN_WITHIN_MS, signal);
    if (signal?.aborted === true) throw new BusError('aborted', `Interrupted: ${shell} was not entered`);
    const { names } = catalog;
    if (names?.includes(shell) === false && catalog.find(shell) === null) {
      throw new BusError('unknown-shell', `The host has no shell ${quoted(shell)}${suggestion(shell, names)}`);
    }
    this.#enter(shell);
    return { kind: 'moved', intro: catalog.find(shell)?.intro ?? null };
  }

  #enter(shell: string | null): void {
    this.#shell = shell;
    this.#memory.clear();
  }

  /** Whether a word names a shell is only the host's to tell. */
  async #learnNames([first = '', topic]: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const { catalog } = this.#parts;
    const word = first === 'help' && this.#shell === null ? (topic ?? first) : first;
    if (catalog.names !== null || isLocalWord(word)) return;
    const own = this.#shell === null ? null : await within(catalog.load(this.#shell), KNOWN_WITHIN_MS, signal);
    if (own?.find(word) === undefined) await within(catalog.loadNames(), KNOWN_WITHIN_MS, signal);
  }

  /** Another user may see other commands, and has set nothing yet. */
  async #noticeUser(signal: AbortSignal | undefined): Promise<void> {
    const ticket = await this.#parts.tickets.lookOrNone(signal);
    if (ticket.kind !== 'valid' || ticket.principal === this.#principal) return;
    if (this.#principal !== null) {
      this.#parts.catalog.forget();
      this.#memory.clear();
    }
    this.#principal = ticket.principal;
  }

  async #unknown(word: string, signal: AbortSignal | undefined): Promise<BusError> {
    const { catalog, link } = this.#parts;
    const names = catalog.names ?? [];
    const words = [...Object.keys(SHELL_WORDS), ...Object.keys(ANSWERED_HERE), ...names];
    const advice = names.length === 0 ? '' : `; the shells of the host are ${names.join(', ')}`;
    const unknown = `There is no command ${quoted(word)}${suggestion(word, words)}${advice}`;
    if (catalog.names !== null) return new BusError('unknown-command', unknown);
    try {
      await link.run([{ complete_: { words: [], partial: '' } }], signal === undefined ? {} : { signal });
      return new BusError('unknown-command', unknown);
    } catch (cause) {
      if (!(cause instanceof BusError)) throw cause;
      const message = `${unknown}, and whether it is a shell of the host cannot be asked: ${cause.message}`;
      return new BusError(cause.code, message, { cause });
    }
  }
}

function refuseMore(typed: TypedLine): void {
  if (typed.filters.length > 0) throw new BusError('syntax', 'There is no output for the filter behind "|"');
  refuseInput(typed);
}

function refuseInput({ words, input }: TypedLine): void {
  if (input !== null) throw new BusError('syntax', `${words[0] ?? ''} takes no input ("<")`);
}

function isLocalWord(word: string): boolean {
  return Object.hasOwn(SHELL_WORDS, word) || Object.hasOwn(ANSWERED_HERE, word);
}

function lacksTicket(error: unknown): boolean {
  return error instanceof BusError && (error.code === 'no-ticket' || error.code === 'ticket-expired');
}
