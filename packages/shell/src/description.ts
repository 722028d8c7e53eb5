import type { ValueType } from '@arpa2amqp/grammar';
import { quoted } from '@arpa2amqp/protocol';
import type { CommandEffect } from './definition.js';
import { asList, asRecord, DescriptionProblem, readWords } from './document.js';
import { readDeclaration, type Need } from './need.js';

/** One command as seen from outside; plain data. */
export interface CommandDescription {
  readonly spec: string;
  readonly summary: string;
  readonly effect: CommandEffect;
  /** Literals of the spec that make a changing command one that only looks. */
  readonly reads?: readonly string[];
  /** Types of the variables of this spec. */
  readonly types?: Readonly<Record<string, ValueType>>;
  /** Lines of help by literal or `<variable>`. */
  readonly help?: Readonly<Record<string, string>>;
  /** True, or the literals that make it so, when it only sets the state of its session. */
  readonly session?: readonly string[] | true;
  /** True: everyone with a ticket may give it. Literals: with one of them nothing is needed. */
  readonly open?: readonly string[] | true;
  /** What the caller must hold. A command has either this or `open: true`. */
  readonly needs?: readonly Need[];
  /** Variables of the spec whose values the shell can list. */
  readonly live?: readonly string[];
  /** True for the commands that every shell has: they are open to everyone and never reach the shell. */
  readonly builtin?: true;
}

/** A shell as seen from outside; plain data that crosses process borders. */
export interface ShellDescription {
  readonly name: string;
  readonly version: string;
  readonly intro: string;
  readonly commands: readonly CommandDescription[];
}

/** Keys a command may have in a definition. */
export const COMMAND_KEYS = [
  'spec',
  'summary',
  'effect',
  'open',
  'needs',
  'reads',
  'types',
  'help',
  'session',
] as const;

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+~-]{0,31}$/;
// eslint-disable-next-line no-control-regex -- control characters are what is refused
const CONTROLS = /[\u0000-\u001f\u007f]/;
// eslint-disable-next-line no-control-regex -- an intro has lines
const CONTROLS_IN_TEXT = /[\u0000-\u0009\u000b-\u001f\u007f]/;

/**
 * Takes a description that came from outside, e.g. from a shell's process.
 * @throws DescriptionProblem naming the first thing that is wrong.
 */
export function readDescription(value: unknown): ShellDescription {
  const record = asRecord(value, 'the description');
  const commands = asList(record['commands'], 'commands');
  return {
    ...readTitle(record),
    commands: commands.map((command, index) => readCommand(command, `commands[${index}]`)),
  };
}

/** The three texts that name a shell. */
export function readTitle(record: Readonly<Record<string, unknown>>): Omit<ShellDescription, 'commands'> {
  const { name, version, intro } = record;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new DescriptionProblem('name', 'must be 1 to 32 lower-case letters, digits and hyphens, a letter first');
  }
  if (typeof version !== 'string' || !VERSION.test(version)) {
    throw new DescriptionProblem('version', 'must be 1 to 32 letters, digits and . + ~ -, a letter or digit first');
  }
  if (typeof intro !== 'string' || intro.length > 4000 || CONTROLS_IN_TEXT.test(intro)) {
    throw new DescriptionProblem('intro', 'must be a text of at most 4000 characters without control characters');
  }
  return { name, version, intro };
}

/** One command without what only its own process knows. */
export function readCommand(value: unknown, where: string): CommandDescription {
  const record = asRecord(value, where);
  const { spec, summary, effect, reads, types, help, session, live } = record;
  if (typeof spec !== 'string') throw new DescriptionProblem(`${where}.spec`, 'is missing or not a string');
  if (typeof summary !== 'string' || summary.trim() === '' || summary.length > 200 || CONTROLS.test(summary)) {
    throw new DescriptionProblem(`${where}.summary`, 'must be one line of 1 to 200 characters');
  }
  if (effect !== 'read' && effect !== 'change') {
    throw new DescriptionProblem(`${where}.effect`, 'must be "read" or "change"');
  }
  return {
    spec,
    summary,
    effect,
    ...readDeclaration(record, where),
    ...(reads === undefined ? {} : { reads: readReads(reads, effect, `${where}.reads`) }),
    // The grammar's compiler checks each type when it meets it.
    ...(types === undefined ? {} : { types: asRecord(types, `${where}.types`) as Readonly<Record<string, ValueType>> }),
    ...(help === undefined ? {} : { help: readHelp(help, `${where}.help`) }),
    ...(session === undefined ? {} : { session: session === true || readWords(session, `${where}.session`) }),
    ...(live === undefined ? {} : { live: readWords(live, `${where}.live`) }),
  };
}

/** Lines of help; that each belongs to something in the spec is the compiler's to check. */
function readHelp(value: unknown, where: string): Readonly<Record<string, string>> {
  const help = asRecord(value, where);
  for (const [key, line] of Object.entries(help)) {
    if (typeof line !== 'string' || line.trim() === '' || line.length > 200 || CONTROLS.test(line)) {
      throw new DescriptionProblem(`${where}[${quoted(key)}]`, 'must be one line of 1 to 200 characters');
    }
  }
  return help as Readonly<Record<string, string>>;
}

function readReads(value: unknown, effect: CommandEffect, where: string): readonly string[] {
  if (effect === 'read') throw new DescriptionProblem(where, 'is for commands whose effect is "change"');
  return readWords(value, where);
}
