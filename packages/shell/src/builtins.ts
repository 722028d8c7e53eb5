import type { CommandOutput } from '@arpa2amqp/protocol';
import { quoted, suggestion } from '@arpa2amqp/protocol';
import { inColumns } from './columns.js';
import type { CommandTable, PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { CommandDescription } from './description.js';
import { failure } from './output.js';

// The outputs are those of the seed, "Basic Commands for Testing", to the letter.

const HELP_SUMMARY = 'List available commands with "help" or detailed help with "help cmd".';

const COMMANDS = [
  { spec: 'help [ <command> ]', summary: HELP_SUMMARY, effect: 'read', builtin: true },
  { spec: 'version', summary: 'Print the name and version of this shell.', effect: 'read', builtin: true },
  { spec: 'date', summary: 'Print the date as this host perceives it.', effect: 'read', builtin: true },
  { spec: 'ping', summary: 'Print a line on stderr.', effect: 'read', builtin: true },
  { spec: 'ping6', summary: 'Print a line on stdout.', effect: 'read', builtin: true },
  { spec: 'whoami', summary: 'Print your authentication status.', effect: 'read', builtin: true },
] as const satisfies readonly CommandDescription[];

/** The commands every shell has. */
export const BUILTIN_COMMANDS: readonly CommandDescription[] = COMMANDS;

/** First words that no shell may define: the built-in commands, and those that end an interactive shell. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  ...COMMANDS.map(({ spec }) => spec.split(' ', 1)[0] ?? spec),
  'quit',
  'exit',
]);

const PING = failure('failed', 'EPROTONOSUPPORT: Please upgrade to ping6');
const PING6: CommandOutput = { stdout: 'pong6\n', stderr: '' };

/** Answers the built-in commands of one shell. */
export class Builtins {
  readonly #table: CommandTable;
  readonly #version: CommandOutput;
  #date: { readonly second: number; readonly output: CommandOutput } | undefined;

  constructor(table: CommandTable) {
    const { name, version } = table.description;
    this.#table = table;
    this.#version = printed(`${name}-${version}`);
  }

  /** @returns the output, or undefined when the command is one of the shell's own. */
  answer(command: PlannedCommand, caller: Caller): CommandOutput | undefined {
    if (this.#table.description.commands[command.index]?.builtin !== true) return undefined;
    switch (command.args[0]) {
      case 'help':
        return this.#help(command.values['command']?.[0]);
      case 'version':
        return this.#version;
      case 'date':
        return this.#now();
      case 'ping':
        return PING;
      case 'ping6':
        return PING6;
      default:
        return whoami(caller);
    }
  }

  #now(): CommandOutput {
    const second = Math.floor(Date.now() / 1000);
    if (this.#date?.second !== second) this.#date = { second, output: printed(asctime(new Date(second * 1000))) };
    return this.#date.output;
  }

  #help(topic: string | undefined): CommandOutput {
    const { heads, description } = this.#table;
    if (topic === undefined) {
      const title = 'Documented commands (type help <topic>):';
      return printed(`${title}\n${'='.repeat(title.length)}\n${inColumns([...heads].sort())}`);
    }
    if (topic === 'help') return printed(HELP_SUMMARY);
    const command = description.commands[this.#table.find(topic) ?? -1];
    if (command === undefined) return failure('failed', `No help on ${quoted(topic)}${suggestion(topic, heads)}`);
    // No empty line: what is above one would be taken for headers.
    return printed(`${command.spec.trim().replace(/\s+/g, ' ')}\n    ${command.summary}`);
  }
}

function whoami(caller: Caller): CommandOutput {
  if (caller.expires === null) return failure('failed', 'You are nobody');
  if (caller.expires.getTime() <= Date.now()) return failure('failed', 'You have expired');
  return printed(`You are:    ${caller.identity}\nExpiration: ${asctime(caller.expires)}`);
}

function printed(text: string): CommandOutput {
  return { stdout: text.endsWith('\n') ? text : `${text}\n`, stderr: '' };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** The form of C's asctime, in UTC: `Fri Nov 23 10:27:40 2018`, the day of the month padded with a blank. */
export function asctime(date: Date): string {
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const day = String(date.getUTCDate()).padStart(2);
  return `${DAYS[date.getUTCDay()] ?? ''} ${MONTHS[date.getUTCMonth()] ?? ''} ${day} ${time} ${date.getUTCFullYear()}`;
}
