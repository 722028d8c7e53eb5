import { compileSpec, type CommandGrammar, type ValueType } from '@arpa2amqp/grammar';
import { quoted } from '@arpa2amqp/protocol';
import { readCommand, readTitle } from './description.js';
import type { CommandDescription, ShellDescription } from './description.js';
import { asList, asRecord, DescriptionProblem } from './document.js';
import { reasonOf } from './reason.js';
import { literalsOf } from './spec-words.js';

/**
 * Makes the description of a shell whose commands may share types of variables.
 * @throws DescriptionProblem naming the first thing that is wrong.
 */
export function describeShell(record: Readonly<Record<string, unknown>>): ShellDescription {
  const hooks = record['complete'] === undefined ? {} : asRecord(record['complete'], 'complete');
  const shared = record['types'] === undefined ? {} : asRecord(record['types'], 'types');
  const commands = asList(record['commands'], 'commands').map((command, index) =>
    describeCommand(command, `commands[${index}]`, shared, hooks),
  );
  refuseUnused(shared, new Set(commands.flatMap(({ types = {} }) => Object.keys(types))), 'types');
  refuseUnused(hooks, new Set(commands.flatMap(({ live = [] }) => live)), 'complete');
  return { ...readTitle(record), commands };
}

function describeCommand(
  value: unknown,
  where: string,
  shared: Readonly<Record<string, unknown>>,
  hooks: Readonly<Record<string, unknown>>,
): CommandDescription {
  const command = readCommand(value, where);
  const { variables, root } = compiled(command, where);
  refuseUnused(command.types ?? {}, variables, `${where}.types`);
  const literals = literalsOf(root);
  refuseStray(command.reads, literals, `${where}.reads`);
  refuseStray(command.session === true ? [] : command.session, literals, `${where}.session`);
  const inherited = Object.entries(shared).filter(([name]) => variables.has(name));
  const types = { ...(Object.fromEntries(inherited) as Record<string, ValueType>), ...command.types };
  const live = [...variables.keys()].filter((name) => Object.hasOwn(hooks, name));
  return {
    ...command,
    ...(Object.keys(types).length === 0 ? {} : { types }),
    ...(live.length === 0 ? {} : { live }),
  };
}

function compiled({ spec, help }: CommandDescription, where: string): CommandGrammar {
  try {
    return compileSpec(spec, {}, help);
  } catch (error) {
    throw new DescriptionProblem(`${where}.spec`, `is refused: ${reasonOf(error)}`);
  }
}

function refuseStray(words: readonly string[] = [], literals: readonly string[], where: string): void {
  const stray = words.find((word) => !literals.includes(word));
  if (stray !== undefined) throw new DescriptionProblem(where, `has ${quoted(stray)}, no literal of the spec`);
}

/** A type or hook that no spec uses is one of a misspelt variable, which would silently go without. */
function refuseUnused(members: object, variables: { has(name: string): boolean }, where: string): void {
  const unused = Object.keys(members).find((name) => !variables.has(name));
  if (unused !== undefined)
    throw new DescriptionProblem(where, `has ${quoted(unused)}, which no spec has as a variable`);
}
