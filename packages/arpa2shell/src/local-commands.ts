import { buildReply, DEFAULT_LIMITS, type Reply } from '@arpa2amqp/protocol';
import type { ShellHost } from '@arpa2amqp/shell';
import type { TicketStatus } from 'arpa2amqp';
import { callerOf } from './caller.js';
import type { HostLink } from './host/host-link.js';
import type { TicketDesk } from './host/ticket-desk.js';
import type { ShellCatalog } from './shell-catalog.js';
import { askWhoami } from './whoami.js';
import { within } from './within.js';

/** The name of the shell that holds the others. */
export const META_SHELL = 'arpa2shell';

/** What the interactive shell does by itself, wherever the user is. */
export const SHELL_WORDS: Readonly<Record<string, string>> = {
  quit: 'Leave this shell, or end.',
  exit: 'Leave this shell, or end.',
  reset: 'Forget what was set in this shell.',
  [META_SHELL]: 'Leave to the shell of shells.',
};

/** What is answered here when no shell of the host is chosen, or there is no ticket to ask it with. */
export const ANSWERED_HERE: Readonly<Record<string, string>> = {
  help: 'List commands, or explain one, or those of a shell.',
  version: 'Print the name and version of this shell.',
  date: 'Print the date.',
  ping: 'Print a line on stderr.',
  ping6: 'Print a line on stdout.',
  whoami: 'Print your authentication status.',
};

/** What {@link LocalCommands} works with. */
export interface LocalCommandsParts {
  /** Of this program. */
  readonly version: string;
  readonly link: HostLink;
  readonly tickets: TicketDesk;
  readonly catalog: ShellCatalog;
}

/** The host is waited for so long where help shows its shells. */
const NAMES_WITHIN_MS = 5000;

/**
 * Answers the commands that need no host. They are those that every shell has, so the kit for shells answers them. Who the caller
 * is a host knows better than the ticket: it is asked where it can be.
 */
export class LocalCommands {
  readonly #parts: LocalCommandsParts;
  #host: Promise<ShellHost> | null = null;

  constructor(parts: LocalCommandsParts) {
    this.#parts = parts;
  }

  /** @throws BusError `aborted`, and for `whoami` as {@link TicketDesk.look} */
  async answer(words: readonly string[], signal: AbortSignal | undefined): Promise<Reply> {
    const { tickets } = this.#parts;
    switch (words[0]) {
      case 'help':
        return { stdout_: helpText(words[1], await this.#shells(signal)) };
      case 'whoami':
        return await this.#whoami(words, signal);
      default:
        return await this.#run(words, await tickets.lookOrNone(signal));
    }
  }

  async #whoami(words: readonly string[], signal: AbortSignal | undefined): Promise<Reply> {
    const { tickets, link } = this.#parts;
    const ticket = await tickets.look(signal);
    if (ticket.kind !== 'valid' || !link.knowsCaller || words.length > 1) return await this.#run(words, ticket);
    const answer = await askWhoami(this.#parts, signal);
    if ('reply' in answer) return answer.reply;
    const note = `This is what your ticket says: the host, which knows your groups and roles, could not be asked: ${answer.silence}`;
    return await this.#run(words, ticket, `${note}\n`);
  }

  /** Their names; null when not known. */
  async #shells(signal: AbortSignal | undefined): Promise<readonly string[] | null> {
    const { tickets, catalog } = this.#parts;
    const ticket = await tickets.lookOrNone(signal);
    if (ticket.kind === 'valid') await within(catalog.loadNames(), NAMES_WITHIN_MS, signal);
    return catalog.names;
  }

  /** @param note - told below what the command prints */
  async #run(words: readonly string[], ticket: TicketStatus, note = ''): Promise<Reply> {
    const host = await (this.#host ??= this.#start());
    const plan = host.table.planLine(words);
    if (!plan.ok) return buildReply({ stdout: '', stderr: `${plan.message}\n`, code: plan.code });
    const session = await host.open(callerOf(ticket));
    try {
      const { commandTimeoutMs: timeoutMs, maxOutputBytes } = DEFAULT_LIMITS;
      const output = await session.run(plan.command, { timeoutMs, maxOutputBytes });
      return buildReply({ ...output, stdout: output.stdout + note });
    } finally {
      await session.close();
    }
  }

  async #start(): Promise<ShellHost> {
    const { defineShell, inlineHost } = await import('@arpa2amqp/shell');
    return inlineHost(defineShell({ name: META_SHELL, version: this.#parts.version, intro: '', commands: [] }));
  }
}

const LINES = `Behind a command of a shell:
  < FILE          give it a file of this machine as input; < base64:FILE in base64
  <<END           give it the lines that follow, up to a line END
  | include TEXT  show only the lines with the text; others: exclude, begin, count, json
`;

function helpText(topic: string | undefined, shells: readonly string[] | null): string {
  const known: Readonly<Record<string, string>> = { ...ANSWERED_HERE, ...SHELL_WORDS };
  if (topic !== undefined && Object.hasOwn(known, topic)) return `${topic}\n    ${known[topic] ?? ''}\n`;
  const width = Math.max(...Object.keys(known).map((word) => word.length));
  const rows = Object.entries(known).map(([word, about]) => `  ${word.padEnd(width)}  ${about}\n`);
  return `Commands:\n${rows.join('')}\n${LINES}\n${shellsText(shells)}`;
}

function shellsText(shells: readonly string[] | null): string {
  if (shells === null) return 'The shells of the host are not known: it could not be asked, or there is no ticket.\n';
  if (shells.length === 0) return 'The host has no shells.\n';
  return `Shells of the host: ${shells.join(' ')}\nEnter one by its name, or put its name in front of a command. help NAME lists its commands.\n`;
}
