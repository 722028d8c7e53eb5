import { BusError, quoted } from '@arpa2amqp/protocol';
import type { Completer } from './completer.js';
import type { Conversation, LineResult } from './conversation.js';
import { applyFilters } from './filters.js';
import type { TicketDesk } from './host/ticket-desk.js';
import { hereDocumentsOf, type HereDocument } from './input/here-document.js';
import { listingOf } from './listing.js';
import { META_SHELL } from './local-commands.js';
import { promptFor } from './prompt.js';
import { replyJson, replyText } from './reply-text.js';
import type { ShellCatalog } from './shell-catalog.js';
import { escapeForTerminal, paint, type History, type Terminal } from './terminal/index.js';
import { within } from './within.js';

/** What an {@link InteractiveSession} works with. */
export interface InteractiveParts {
  readonly terminal: Terminal;
  readonly history: History;
  readonly conversation: Conversation;
  readonly completer: Completer;
  readonly catalog: ShellCatalog;
  readonly tickets: TicketDesk;
  readonly stderr: NodeJS.WriteStream;
  readonly isColour: boolean;
}

/** The prompt does not wait longer for what it shows of the ticket, nor for what the first shell says about itself. */
const PROMPT_WITHIN_MS = 200;

const NOTICES = {
  none: 'You have no Kerberos ticket: get one with kinit. Until then you are nobody.',
  expired: 'Your Kerberos ticket has expired: get a new one with kinit, this shell will take it.',
} as const;

/** A user at a terminal: reads lines and shows what comes of them, until the user leaves. */
export class InteractiveSession {
  readonly #parts: InteractiveParts;
  /** What the user was told of the ticket last. */
  #told: 'none' | 'expired' | 'valid' | null = null;

  constructor(parts: InteractiveParts) {
    this.#parts = parts;
  }

  /** Resolves when the user has left, and does not fail before. */
  async run(): Promise<void> {
    await this.#greet();
    for (;;) {
      await this.#lookAtTicket();
      const { terminal, conversation, tickets } = this.#parts;
      const prompt = promptFor(conversation.shell ?? META_SHELL, tickets.last, Date.now());
      const read = await terminal.readLine(prompt);
      if (read.kind === 'cancelled') continue;
      if (read.kind === 'gone') return;
      const isOver = read.kind === 'end' ? this.#leave() : await this.#runLine(read.line);
      if (isOver) return;
    }
  }

  #leave(): boolean {
    this.#parts.terminal.write('\n');
    return this.#parts.conversation.leave().kind === 'over';
  }

  /** What the shell says about itself is shown even if it comes late; the prompt does not wait for it. */
  async #greet(): Promise<void> {
    const { conversation, catalog, terminal } = this.#parts;
    const { shell } = conversation;
    const greeting = (async () => {
      const known = shell === null ? null : await catalog.load(shell);
      if (known !== null && conversation.shell === shell) terminal.write(introText(known.intro));
      await catalog.loadNames();
    })();
    if (shell !== null) await within(greeting, PROMPT_WITHIN_MS);
  }

  async #lookAtTicket(): Promise<void> {
    const { tickets } = this.#parts;
    const looking = tickets.look().then(
      () => null,
      (error: unknown) => error,
    );
    const failure = await within(looking, PROMPT_WITHIN_MS);
    if (failure instanceof Error && this.#told === null) this.#complain(failure.message);
    const kind = tickets.last?.kind ?? null;
    if (kind === null || kind === this.#told) return;
    this.#told = kind;
    if (kind !== 'valid') this.#complain(NOTICES[kind]);
  }

  /** @returns whether the user has left */
  async #runLine(line: string): Promise<boolean> {
    try {
      const result = await this.#resultOf(line);
      if (result.kind === 'over') return true;
      await this.#show(result);
    } catch (error) {
      if (error instanceof BusError) this.#complain(`${error.message} (${error.code})`);
      else this.#complain(`A defect of this program: ${error instanceof Error ? error.message : String(error)}`);
    }
    return false;
  }

  async #resultOf(line: string): Promise<LineResult> {
    const { terminal, conversation, history } = this.#parts;
    try {
      const documents = await this.#readDocuments(line);
      if (documents === null) return { kind: 'nothing' };
      return await terminal.busy(async (signal) => await conversation.run(line, { signal, documents }));
    } finally {
      // Whether it holds a secret can be told best when it was run: then its shell is known.
      if (conversation.isStorable(line)) history.add(line);
    }
  }

  /** The texts behind the `<<WORD`s of a line; null when the user gave up, or is gone: half a text is not sent. */
  async #readDocuments(line: string): Promise<readonly HereDocument[] | null> {
    const documents = hereDocumentsOf(line);
    for (const document of documents) {
      while (!document.isEnded) {
        const read = await this.#parts.terminal.readLine({ text: '> ' }, { kind: 'text' });
        if (read.kind === 'cancelled') return null;
        if (read.kind === 'gone') {
          this.#complain(`The text has no end, which is a line ${quoted(document.word)}: the command was not run`);
          return null;
        }
        if (read.kind === 'line') {
          document.take(read.line);
        } else {
          document.end();
          this.#complain(`The text was ended by Ctrl-D, not by a line ${quoted(document.word)}`);
        }
      }
    }
    return documents;
  }

  async #show(result: LineResult): Promise<void> {
    const { terminal, completer } = this.#parts;
    switch (result.kind) {
      case 'moved':
        if (result.intro !== null) terminal.write(introText(result.intro));
        return;
      case 'question': {
        const possible = await terminal.busy(async (signal) => await completer.complete(result.words, '', signal));
        await terminal.page(escapeForTerminal(listingOf(possible)));
        return;
      }
      case 'reply': {
        const { reply, filters } = result;
        const isJson = filters[0]?.kind === 'json';
        await terminal.page(escapeForTerminal(applyFilters(isJson ? replyJson(reply) : replyText(reply), filters)));
        if (reply.stderr_ !== undefined && !isJson) this.#complain(reply.stderr_.replace(/\n$/, ''));
        return;
      }
      case 'nothing':
      case 'over':
    }
  }

  #complain(text: string): void {
    const { stderr, isColour } = this.#parts;
    if (stderr.isTTY) stderr.write(`${paint(escapeForTerminal(text), 'bad', isColour)}\n`);
    else stderr.write(`${text}\n`);
  }
}

function introText(intro: string): string {
  return intro.trim() === '' ? '' : `\n${escapeForTerminal(intro.trim())}\n\n`;
}
