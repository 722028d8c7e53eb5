import { quoted, suggestion, type Candidate, type CommandOutput } from '@arpa2amqp/protocol';
import { usableCandidates } from './candidates.js';
import { usageOf, type ValueType } from '@arpa2amqp/grammar';
import { inColumns } from './columns.js';
import type { CommandTable, PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { CommandDescription } from './description.js';
import type { CommandFilter, GroupMembership, GroupSource, VariableQuestion } from './host.js';
import { failure } from './output.js';
import type { ShownCommand } from './shown-command.js';

// The outputs are those of the seed, "Basic Commands for Testing", to the letter.

const HELP_SUMMARY = 'List available commands with "help" or detailed help with "help cmd".';

/** For programs: it is in no list for people. */
export const DESCRIBE = 'describe';

const COMMANDS = [
  {
    spec: 'help [ <command> ]',
    summary: HELP_SUMMARY,
    effect: 'read',
    open: true,
    help: { '<command>': 'What to print the syntax of' },
    live: ['command'],
    builtin: true,
  },
  { spec: DESCRIBE, summary: 'Print what this shell can do, for programs.', effect: 'read', open: true, builtin: true },
  { spec: 'version', summary: 'Print the name and version of this shell.', effect: 'read', open: true, builtin: true },
  { spec: 'date', summary: 'Print the date as this host perceives it.', effect: 'read', open: true, builtin: true },
  { spec: 'ping', summary: 'Print a line on stderr.', effect: 'read', open: true, builtin: true },
  { spec: 'ping6', summary: 'Print a line on stdout.', effect: 'read', open: true, builtin: true },
  { spec: 'whoami', summary: 'Print your authentication status.', effect: 'read', open: true, builtin: true },
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

/** Who asks, and what that one may see. */
export interface Viewer {
  readonly caller: Caller;
  readonly visible: CommandFilter;
  readonly groups: GroupSource;
}

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

  /** Whether the command with this index is one of those that every shell has. */
  has(index: number): boolean {
    return this.#table.description.commands[index]?.builtin === true;
  }

  /** The output of a command that every shell has. Never rejects. */
  answer(command: PlannedCommand, { caller, visible, groups }: Viewer): CommandOutput | Promise<CommandOutput> {
    switch (command.args[0]) {
      case 'help':
        return this.#show(visible, (commands) => this.#help(command.values['command']?.[0], commands));
      case DESCRIBE:
        return this.#show(visible, (commands) => this.#describe(commands));
      case 'version':
        return this.#version;
      case 'date':
        return this.#now();
      case 'ping':
        return PING;
      case 'ping6':
        return PING6;
      default:
        return whoami(caller, groups);
    }
  }

  #now(): CommandOutput {
    const second = Math.floor(Date.now() / 1000);
    if (this.#date?.second !== second) this.#date = { second, output: printed(asctime(new Date(second * 1000))) };
    return this.#date.output;
  }

  /** The commands that `help` explains. */
  async complete({ partial }: VariableQuestion, visible: CommandFilter): Promise<readonly Candidate[]> {
    const shown = await this.#visible(visible);
    return usableCandidates(
      shown.map(({ head, command }) => ({ value: head, help: command.summary })),
      partial,
    );
  }

  async #show(
    visible: CommandFilter,
    show: (commands: readonly ShownCommand[]) => CommandOutput,
  ): Promise<CommandOutput> {
    try {
      return show(await this.#visible(visible));
    } catch {
      return failure('unavailable', 'What you may see could not be found out, try again later');
    }
  }

  async #visible(visible: CommandFilter): Promise<readonly ShownCommand[]> {
    const { commands } = this.#table.description;
    const answers = await visible(commands);
    return commands.flatMap((_command, index) => {
      const hidden = answers[index] ?? null;
      return hidden === null ? [] : (this.#table.shown(index, hidden) ?? []);
    });
  }

  #describe(shown: readonly ShownCommand[]): CommandOutput {
    const { name, version, intro } = this.#table.description;
    const commands = shown.map((command) => withoutSecrets(this.#described(command)));
    return printed(JSON.stringify({ name, version, intro, commands }));
  }

  /**
   * A program keeps lines with secrets out of its history by what it is told here: so a command is told as a whole when what is
   * shown of it has not all of its secrets. Who types a line that is denied may have typed one.
   */
  #described({ head, command, grammar }: ShownCommand): CommandDescription {
    const index = this.#table.find(head) ?? -1;
    const secrets = this.#table.grammars[index]?.secrets ?? grammar.secrets;
    const whole = this.#table.description.commands[index];
    return whole === undefined || [...secrets].every((name) => grammar.secrets.has(name)) ? command : whole;
  }

  #help(topic: string | undefined, shown: readonly ShownCommand[]): CommandOutput {
    const heads = shown.map(({ head }) => head);
    if (topic === undefined) {
      const title = 'Documented commands (type help <topic>):';
      return printed(
        `${title}\n${'='.repeat(title.length)}\n${inColumns(heads.filter((head) => head !== DESCRIBE).sort())}`,
      );
    }
    if (topic === 'help') return printed(HELP_SUMMARY);
    const found = shown[heads.indexOf(topic)];
    if (found === undefined) return failure('failed', `No help on ${quoted(topic)}${suggestion(topic, heads)}`);
    const { command, grammar } = found;
    // No empty line: what is above one would be taken for headers.
    return printed(`${usageOf(grammar)}\n    ${command.summary}\n${wordsOf(grammar.help)}`);
  }
}

/** A line for each word and variable that has help. */
function wordsOf(help: ReadonlyMap<string, string>): string {
  const width = Math.max(...[...help.keys()].map((key) => key.length));
  return [...help].map(([key, text]) => `      ${key.padEnd(width)}  ${text}\n`).join('');
}

/** The choices of a secret are the secret. */
function withoutSecrets(command: CommandDescription): CommandDescription {
  if (command.types === undefined) return command;
  const types = Object.entries(command.types).map(([name, type]) => {
    const isSecretChoice = typeof type === 'object' && type.type === 'choice' && type.secret === true;
    return [name, isSecretChoice ? { ...type, type: 'string', choices: undefined } : type] as const;
  });
  return { ...command, types: Object.fromEntries(types) as Readonly<Record<string, ValueType>> };
}

async function whoami(caller: Caller, groups: GroupSource): Promise<CommandOutput> {
  if (caller.expires === null) return failure('failed', 'You are nobody');
  if (caller.expires.getTime() <= Date.now()) return failure('failed', 'You have expired');
  const about = `You are:    ${caller.identity}\nExpiration: ${asctime(caller.expires)}\n`;
  try {
    const memberships = await groups();
    return printed(about + namesOf('Groups:', 'group', memberships) + namesOf('Roles:', 'role', memberships));
  } catch {
    return { stdout: about, stderr: 'Your groups and roles cannot be looked up now\n', code: 'unavailable' };
  }
}

/** A line of `whoami`; nothing when there is none of the kind. */
function namesOf(title: string, kind: GroupMembership['kind'], memberships: readonly GroupMembership[]): string {
  const names = memberships.filter((membership) => membership.kind === kind).map(({ identity }) => identity);
  return names.length === 0 ? '' : `${title.padEnd(12)}${names.join(', ')}\n`;
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
