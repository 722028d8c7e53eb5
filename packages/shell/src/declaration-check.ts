import type { CommandGrammar } from '@arpa2amqp/grammar';
import { BusError, quoted } from '@arpa2amqp/protocol';
import type { CommandTable } from './command-table.js';
import type { CommandDescription } from './description.js';
import { templatesOf, variableOf, type Need } from './need.js';
import { canAvoid, literalsOf, repeatedOf } from './spec-words.js';

/**
 * Refuses a shell that has a command which does not say who may give it, in one of its forms.
 * @throws BusError `config` naming the command
 */
export function checkDeclarations({ description, grammars, heads }: CommandTable): void {
  for (const [index, command] of description.commands.entries()) {
    const [grammar, head = ''] = [grammars[index], heads[index]];
    const problem = grammar === undefined ? null : problemOf(command, grammar);
    if (problem !== null) {
      throw new BusError('config', `${description.name}: the command ${quoted(head)} ${problem}`);
    }
  }
}

function problemOf({ open, needs = [] }: CommandDescription, grammar: CommandGrammar): string | null {
  if (open === true) return needs.length === 0 ? null : 'is open and has "needs": choose one of the two';
  if (needs.length === 0) {
    return 'does not declare who may give it: add "needs" with rights and class, or "open": true';
  }
  const literals = literalsOf(grammar.root);
  const covered = [...(open ?? []), ...needs.flatMap((need) => need.with ?? [])];
  const stray = covered.find((word) => !literals.includes(word));
  if (stray !== undefined) return `declares what is needed with ${quoted(stray)}, no literal of its spec`;
  if (needs.every((need) => need.with !== undefined) && canAvoid(grammar.root, new Set(covered))) {
    return `has a form for which it declares nothing: each has to have one of ${covered.join(', ')}`;
  }
  return firstOf(needs, (need) => problemWithInstances(need, grammar));
}

function problemWithInstances(need: Need, grammar: CommandGrammar): string | null {
  const repeated = repeatedOf(grammar.root);
  const bare = need.instances?.find((text) => grammar.variables.has(text));
  if (bare !== undefined)
    return `names a resource ${quoted(bare)}, as a variable of its spec is named: write <${bare}>`;
  const variables = templatesOf(need).flatMap((template) => [...template.variables]);
  return firstOf(variables, (name) => {
    const { variable, takesAll } = variableOf(name);
    if (!grammar.variables.has(variable)) return `names a resource after <${variable}>, no variable of its spec`;
    if (repeated.has(variable) && !takesAll)
      return `names a resource after <${variable}>, which can have several values`;
    return null;
  });
}

function firstOf<T>(items: readonly T[], problem: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = problem(item);
    if (found !== null) return found;
  }
  return null;
}
