import { buildReply, DEFAULT_LIMITS, type Reply } from '@arpa2amqp/protocol';
import type { ShellHost } from '@arpa2amqp/shell';
import { callerOf } from './caller.js';
import type { TicketStatus } from 'arpa2amqp';

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
  help: 'List commands, or explain one.',
  version: 'Print the name and version of this shell.',
  date: 'Print the date.',
  ping: 'Print a line on stderr.',
  ping6: 'Print a line on stdout.',
  whoami: 'Print your authentication status.',
};

/** Answers the commands that need no host. They are those that every shell has, so the kit for shells answers them. */
export class LocalCommands {
  readonly #version: string;
  #host: Promise<ShellHost> | null = null;

  /** @param version - of this program */
  constructor(version: string) {
    this.#version = version;
  }

  /** @param shells - the names of the host's shells, null when not known */
  async answer(words: readonly string[], ticket: TicketStatus, shells: readonly string[] | null): Promise<Reply> {
    if (words[0] === 'help') return { stdout_: helpText(words[1], shells) };
    const host = await (this.#host ??= this.#start());
    const plan = host.table.planLine(words);
    if (!plan.ok) return buildReply({ stdout: '', stderr: `${plan.message}\n`, code: plan.code });
    const session = await host.open(callerOf(ticket));
    try {
      const { commandTimeoutMs: timeoutMs, maxOutputBytes } = DEFAULT_LIMITS;
      return buildReply(await session.run(plan.command, { timeoutMs, maxOutputBytes }));
    } finally {
      await session.close();
    }
  }

  async #start(): Promise<ShellHost> {
    const { defineShell, inlineHost } = await import('@arpa2amqp/shell');
    return inlineHost(defineShell({ name: META_SHELL, version: this.#version, intro: '', commands: [] }));
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
  if (shells === null) return 'The shells of the host are not known: it was not reached yet, or there is no ticket.\n';
  if (shells.length === 0) return 'The host has no shells.\n';
  return `Shells of the host: ${shells.join(' ')}\nEnter one by its name, or put its name in front of a command.\n`;
}
