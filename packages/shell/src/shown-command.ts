import type { CommandGrammar } from '@arpa2amqp/grammar';
import type { CommandDescription } from './description.js';
import { literalsOf } from './spec-words.js';

/** A command as far as somebody may see it. */
export interface ShownCommand {
  /** Its first word. */
  readonly head: string;
  readonly command: CommandDescription;
  readonly grammar: CommandGrammar;
}

/**
 * Cuts a command down to the forms without some literals.
 *
 * @param hidden - names of literals
 * @returns null when nothing is left but forms for which nothing is needed: beside those that need something they are of no use
 */
export function shownCommand(whole: ShownCommand, hidden: ReadonlySet<string>): ShownCommand | null {
  const grammar = whole.grammar.without(hidden);
  if (grammar === whole.grammar) return whole;
  if (grammar === null) return null;
  const command = descriptionOf(whole, grammar);
  return command.open !== true && command.needs === undefined ? null : { head: whole.head, command, grammar };
}

/** What the description of a command says of the forms that are left in a grammar: a reader of it refuses what is about others. */
function descriptionOf({ head, command }: ShownCommand, grammar: CommandGrammar): CommandDescription {
  const { needs = [], types = {}, help = {}, open, reads, session, live } = command;
  const literals = new Set(literalsOf(grammar.root));
  const isLeft = (word: string): boolean => literals.has(word);
  const leftNeeds = needs
    .map((need) => (need.with === undefined ? need : { ...need, with: need.with.filter(isLeft) }))
    .filter((need) => need.with?.length !== 0);
  return {
    spec: grammar.spec,
    // The summary tells of all forms; the help of the first word is of what they are about.
    summary: (Object.hasOwn(help, head) ? help[head] : undefined) ?? command.summary,
    effect: command.effect,
    ...listed('reads', reads?.filter(isLeft)),
    ...listed(
      'types',
      entriesOf(types, (name) => grammar.variables.has(name)),
    ),
    ...listed(
      'help',
      entriesOf(help, (key) => grammar.help.has(key)),
    ),
    ...listed('session', session === true ? true : session?.filter(isLeft)),
    ...listed('open', open === true ? true : open?.filter(isLeft)),
    ...listed('needs', leftNeeds),
    ...listed(
      'live',
      live?.filter((name) => grammar.variables.has(name)),
    ),
  };
}

function entriesOf<T>(
  record: Readonly<Record<string, T>>,
  isLeft: (key: string) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => isLeft(key)));
}

/** A member, unless there is nothing in it. */
function listed<Key extends string, T extends object | true>(
  key: Key,
  value: T | undefined,
): Partial<Readonly<Record<Key, T>>> {
  if (value === undefined || (value !== true && Object.keys(value).length === 0)) return {};
  return { [key]: value } as Readonly<Record<Key, T>>;
}
