import { BusError, suggestion, quoted } from '@arpa2amqp/protocol';
import { RESERVED_WORDS } from './builtins.js';
import { CommandTable } from './command-table.js';
import type { CommandDefinition, ShellDefinition } from './definition.js';
import { describeShell } from './describe-shell.js';
import { checkDeclarations } from './declaration-check.js';
import { COMMAND_KEYS, type ShellDescription } from './description.js';
import { asList, asRecord, DescriptionProblem } from './document.js';

/** A checked and compiled shell. Give it to {@link inlineHost}, or return it from a module's `createShell`. */
export interface Shell<State = unknown> {
  readonly name: string;
  /** Own commands only, without the built-in ones. */
  readonly description: ShellDescription;
  readonly definition: ShellDefinition<State>;
}

const SHELL_KEYS = [
  'name',
  'version',
  'intro',
  'types',
  'openSession',
  'closeSession',
  'start',
  'close',
  'complete',
  'commands',
] as const;

/**
 * Checks a shell's definition and compiles all its specs.
 *
 * @example
 * defineShell({
 *   name: 'arpa2clock', version: '0.1', intro: 'Tells the time of zones.',
 *   commands: [{ spec: 'time <zone>', summary: 'Time in a zone', effect: 'read', open: true, run: (call) => call.print(timeIn(call.value('zone'))) }],
 * });
 * @throws BusError `config` for an unknown key, a bad name, a bad spec, a built-in's name, a missing summary, effect or
 * declaration of who may give a command.
 */
export function defineShell<State = undefined>(definition: ShellDefinition<State>): Shell<State> {
  const description = describe(definition);
  checkOwnCommands(description);
  return Object.freeze({ name: description.name, description, definition });
}

/**
 * Compiles the commands of a shell that is to be hosted.
 * @throws BusError `config` when a spec is wrong or takes the name of a built-in command, or a command does not declare who may give it.
 */
export function checkOwnCommands(description: ShellDescription): CommandTable {
  const table = new CommandTable(description);
  const taken = table.heads.find((head) => RESERVED_WORDS.has(head));
  if (taken !== undefined) {
    throw new BusError(
      'config',
      `${description.name}: every shell has a built-in ${quoted(taken)}, choose another word`,
    );
  }
  checkDeclarations(table);
  return table;
}

function describe(definition: unknown): ShellDescription {
  let name = 'shell';
  try {
    const record = asRecord(definition, 'the definition');
    if (typeof record['name'] === 'string') name = record['name'];
    refuseUnknownKeys(record, SHELL_KEYS, 'the definition');
    for (const [index, command] of asList(record['commands'], 'commands').entries()) {
      checkRun(command, `commands[${index}]`);
    }
    for (const key of ['openSession', 'closeSession', 'start', 'close']) {
      if (!['undefined', 'function'].includes(typeof record[key]))
        throw new DescriptionProblem(key, 'is not a function');
    }
    for (const [variable, hook] of Object.entries(asRecord(record['complete'] ?? {}, 'complete'))) {
      if (typeof hook !== 'function') throw new DescriptionProblem(`complete.${variable}`, 'is not a function');
    }
    return describeShell(record);
  } catch (error) {
    if (!(error instanceof DescriptionProblem)) throw error;
    throw new BusError('config', `Defining the shell ${quoted(name)} failed: ${error.message}`, { cause: error });
  }
}

function checkRun(value: unknown, where: string): void {
  const record = asRecord(value, where);
  refuseUnknownKeys(record, [...COMMAND_KEYS, 'run'], where);
  if (typeof (record as Partial<CommandDefinition>).run !== 'function') {
    throw new DescriptionProblem(`${where}.run`, 'is not a function');
  }
}

function refuseUnknownKeys(record: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(record).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new DescriptionProblem(where, `has an unknown key ${quoted(unknown)}${suggestion(unknown, known)}`);
  }
}
