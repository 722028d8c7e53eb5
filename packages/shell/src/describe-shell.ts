import { compileSpec, type CommandGrammar, type SpecNode, type ValueType } from '@arpa2amqp/grammar';
import { quoted } from '@arpa2amqp/protocol';
import { asList, asRecord, DescriptionProblem, readCommand, readTitle } from './description.js';
import type { CommandDescription, ShellDescription } from './description.js';
import { reasonOf } from './reason.js';

/**
 * Makes the description of a shell whose commands may share types of variables.
 * @throws DescriptionProblem naming the first thing that is wrong.
 */
export function describeShell(record: Readonly<Record<string, unknown>>): ShellDescription {
  const shared = record['types'] === undefined ? {} : asRecord(record['types'], 'types');
  const commands = asList(record['commands'], 'commands').map((command, index) =>
    describeCommand(command, `commands[${index}]`, shared),
  );
  refuseUnusedTypes(shared, new Set(commands.flatMap(({ types = {} }) => Object.keys(types))), 'types');
  return { ...readTitle(record), commands };
}

function describeCommand(value: unknown, where: string, shared: Readonly<Record<string, unknown>>): CommandDescription {
  const command = readCommand(value, where);
  const { variables, root } = compiled(command.spec, where);
  refuseUnusedTypes(command.types ?? {}, variables, `${where}.types`);
  const stray = command.reads?.find((word) => !literalsOf(root).includes(word));
  if (stray !== undefined)
    throw new DescriptionProblem(`${where}.reads`, `has ${quoted(stray)}, no literal of the spec`);
  const inherited = Object.entries(shared).filter(([name]) => variables.has(name));
  const types = { ...(Object.fromEntries(inherited) as Record<string, ValueType>), ...command.types };
  return Object.keys(types).length === 0 ? command : { ...command, types };
}

function compiled(spec: string, where: string): CommandGrammar {
  try {
    return compileSpec(spec);
  } catch (error) {
    throw new DescriptionProblem(`${where}.spec`, `is refused: ${reasonOf(error)}`);
  }
}

function literalsOf(node: SpecNode): readonly string[] {
  switch (node.kind) {
    case 'literal':
      return [node.name];
    case 'variable':
    case 'rest':
      return [];
    case 'sequence':
      return node.items.flatMap(literalsOf);
    case 'alternation':
      return node.branches.flatMap(literalsOf);
    case 'option':
    case 'repetition':
      return literalsOf(node.item);
  }
}

/** A type that no spec uses is a misspelt variable, which would silently go unchecked. */
function refuseUnusedTypes(types: object, variables: { has(name: string): boolean }, where: string): void {
  const unused = Object.keys(types).find((name) => !variables.has(name));
  if (unused !== undefined)
    throw new DescriptionProblem(where, `has ${quoted(unused)}, which no spec has as a variable`);
}
