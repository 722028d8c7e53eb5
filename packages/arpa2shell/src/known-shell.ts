import type { CommandGrammar, NextWords, ValueType } from '@arpa2amqp/grammar';
import type { Reply } from '@arpa2amqp/protocol';
import { CommandTable, readDescription, type CommandDescription, type Plan } from '@arpa2amqp/shell';

/** A command of a {@link KnownShell}. */
export interface KnownCommand {
  readonly head: string;
  readonly description: CommandDescription;
  readonly grammar: CommandGrammar;
}

/** What is known here about a shell of the host: enough to judge a line without asking. */
export class KnownShell {
  readonly name: string;
  readonly intro: string;
  readonly commands: readonly KnownCommand[];
  readonly #table: CommandTable;

  private constructor(table: CommandTable) {
    const { name, intro, commands } = table.description;
    this.name = name;
    this.intro = intro;
    this.#table = table;
    this.commands = table.heads.flatMap((head, index) => {
      const [description, grammar] = [commands[index], table.grammars[index]];
      return description === undefined || grammar === undefined ? [] : [{ head, description, grammar }];
    });
  }

  /** Reads the reply to `describe`; null when it is none, since a host may be older, or broken. */
  static from(reply: Reply | undefined): KnownShell | null {
    if (reply === undefined || reply.stderr_ !== undefined) return null;
    try {
      const description = readDescription(reply);
      const commands = description.commands.map(withoutPatterns);
      return new KnownShell(new CommandTable({ ...description, commands }));
    } catch {
      return null;
    }
  }

  find(head: string | undefined): KnownCommand | undefined {
    return this.commands.find((command) => command.head === head);
  }

  /** Matches a line, given as words without the shell's name. */
  plan(words: readonly string[]): Plan {
    return this.#table.planLine(words);
  }

  /** What can follow these words; null when they are wrong already. */
  next(words: readonly string[]): NextWords | null {
    if (words.length > 0) return this.find(words[0])?.grammar.next(words) ?? null;
    return {
      mayEnd: false,
      items: this.commands.map(({ head, description }) => ({ kind: 'literal', word: head, help: description.summary })),
    };
  }

  /** Whether this command only sets the state of its session, which has to be set again for every batch. */
  isSession(words: readonly string[]): boolean {
    const plan = this.plan(words);
    if (!plan.ok) return false;
    const { session } = plan.description;
    return session === true || session?.some((literal) => plan.command.literals.includes(literal)) === true;
  }

  /** Whether the line holds a secret, or might if it were typed right. */
  mayHoldSecret(words: readonly string[]): boolean {
    const command = this.find(words[0]);
    // Perhaps a line for another shell.
    if (command === undefined) return true;
    const { secrets } = command.grammar;
    if (secrets.size === 0) return false;
    const plan = this.plan(words);
    return !plan.ok || [...secrets].some((name) => Object.hasOwn(plan.command.values, name));
  }
}

/** A host's patterns are not run here, at every key: one that backtracks would hold the terminal for ever. The host judges by them. */
function withoutPatterns(command: CommandDescription): CommandDescription {
  if (command.types === undefined) return command;
  const types = Object.entries(command.types).map(([name, type]): [string, ValueType] => {
    if (typeof type === 'string' || type.type !== 'pattern') return [name, type];
    const { pattern: _pattern, ...traits } = type;
    return [name, { ...traits, type: 'string' }];
  });
  return { ...command, types: Object.fromEntries(types) };
}
