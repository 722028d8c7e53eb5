import { BusError, quoted, suggestion } from '@arpa2amqp/protocol';
import { compileSpec, type CommandGrammar, type JsonCommand, type Match, type MatchFailure } from '@arpa2amqp/grammar';
import type { CommandEffect } from './definition.js';
import type { CommandDescription, ShellDescription } from './description.js';
import { reasonOf } from './reason.js';
import { shownCommand, type ShownCommand } from './shown-command.js';

/** A command that fits its grammar, ready to run; plain data. */
export interface PlannedCommand {
  /** Index in the description's `commands`. */
  readonly index: number;
  /** The words in the order of the grammar. */
  readonly args: readonly string[];
  /** The values of every variable. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Names of the literals taken, in order. */
  readonly literals: readonly string[];
}

/** For each command of a shell, the names of the literals whose forms somebody may not see; null: nothing of it. */
export type HiddenForms = readonly (readonly string[] | null)[];

/** The command to run with the effect that its words give it, or why there is none. */
export type Plan =
  | {
      readonly ok: true;
      readonly command: PlannedCommand;
      readonly description: CommandDescription;
      readonly effect: CommandEffect;
    }
  | {
      readonly ok: false;
      readonly code: 'unknown-command' | 'denied';
      readonly message: string;
      readonly at: number;
    }
  | ({ readonly code: 'syntax' } & MatchFailure);

/** More than there are combinations of needs in a shell of ordinary size. */
const MAX_SHOWN = 1000;

/** The commands of one shell by their first word, with their grammars compiled once. */
export class CommandTable {
  readonly description: ShellDescription;
  /** In the order of `description.commands`. */
  readonly grammars: readonly CommandGrammar[];
  readonly #byHead = new Map<string, number>();
  readonly #shown = new Map<string, ShownCommand | null>();

  /** @throws BusError `config` when a spec is wrong, does not start with a word of its own, or has that of another command. */
  constructor(description: ShellDescription) {
    this.description = description;
    this.grammars = description.commands.map((command, index) => {
      const grammar = compile(description.name, command);
      const head = onlyHead(description.name, grammar);
      if (this.#byHead.has(head)) {
        throw new BusError('config', `${description.name}: two specs start with ${quoted(head)}, join them with "|"`);
      }
      this.#byHead.set(head, index);
      refuseReservedVariables(description.name, grammar);
      return grammar;
    });
  }

  /** First words of all commands, in order of definition. */
  get heads(): readonly string[] {
    return [...this.#byHead.keys()];
  }

  /** Index of the command with this first word. */
  find(head: string): number | undefined {
    return this.#byHead.get(head);
  }

  /**
   * A command as far as somebody may see it: without the forms that have one of some literals.
   *
   * @param index - in `description.commands`
   * @param hidden - names of literals
   * @returns null when nothing of it is left that anything is needed for
   */
  shown(index: number, hidden: readonly string[]): ShownCommand | null {
    const key = `${index} ${[...hidden].sort().join(' ')}`;
    const known = this.#shown.get(key);
    if (known !== undefined) return known;
    const [command, grammar, head] = [this.description.commands[index], this.grammars[index], this.heads[index]];
    if (command === undefined || grammar === undefined || head === undefined) return null;
    const shown = shownCommand({ head, command, grammar }, new Set(hidden));
    if (this.#shown.size >= MAX_SHOWN) this.#shown.clear();
    this.#shown.set(key, shown);
    return shown;
  }

  /**
   * Plans a typed line, given as words without the shell's name.
   *
   * @param hidden - nothing of it is told, nor does it fit
   */
  planLine(words: readonly string[], hidden: HiddenForms = []): Plan {
    return this.#plan(words[0], hidden, (grammar) => grammar.matchLine(words));
  }

  /** Plans a JSON command as {@link planLine} does a line; `do_` comes without the shell's name. */
  planJson(command: JsonCommand, hidden: HiddenForms = []): Plan {
    const head = typeof command.do_ === 'string' ? command.do_.trim().split(/\s/, 1)[0] : command.do_[0];
    return this.#plan(head, hidden, (grammar) => grammar.matchJson(command));
  }

  #plan(head: string | undefined, hidden: HiddenForms, match: (grammar: CommandGrammar) => Match | MatchFailure): Plan {
    const index = head === undefined ? undefined : this.#byHead.get(head);
    const description = index === undefined ? undefined : this.description.commands[index];
    if (index === undefined || description === undefined) {
      return { ok: false, code: 'unknown-command', at: 0, message: this.#unknown(head, hidden) };
    }
    const grammar = this.#grammarOf(index, hidden[index]);
    if (grammar === null) {
      return {
        ok: false,
        code: 'denied',
        at: 0,
        message: `Denied: no form of ${quoted(head ?? '')} is granted to you`,
      };
    }
    const result = match(grammar);
    if (!result.ok) return { ...result, code: 'syntax' };
    const { args, values, literals } = result;
    const isRead = description.reads?.some((literal) => literals.includes(literal)) === true;
    const effect = isRead ? 'read' : description.effect;
    return { ok: true, command: { index, args, values, literals }, description, effect };
  }

  #grammarOf(index: number, hidden: readonly string[] | null | undefined): CommandGrammar | null {
    if (hidden === null) return null;
    if (hidden === undefined || hidden.length === 0) return this.grammars[index] ?? null;
    return this.shown(index, hidden)?.grammar ?? null;
  }

  #unknown(head: string | undefined, hidden: HiddenForms): string {
    const { name } = this.description;
    if (head === undefined || head === '') return `${name}: a command is missing, try "help"`;
    const heads = this.heads.filter((_head, index) => hidden[index] !== null);
    return `${name} has no command ${quoted(head)}${suggestion(head, heads)}`;
  }
}

function compile(shell: string, command: CommandDescription): CommandGrammar {
  try {
    return compileSpec(command.spec, command.types, command.help);
  } catch (error) {
    throw new BusError('config', `${shell}: the spec ${quoted(command.spec)} is refused: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function onlyHead(shell: string, grammar: CommandGrammar): string {
  const [head, ...others] = grammar.heads;
  if (head === undefined || others.length > 0 || head.startsWith('<')) {
    throw new BusError('config', `${shell}: the spec ${quoted(grammar.spec)} does not start with one literal word`);
  }
  return head;
}

function refuseReservedVariables(shell: string, grammar: CommandGrammar): void {
  const reserved = [...grammar.variables.keys()].find((name) => name.endsWith('_'));
  if (reserved === undefined) return;
  throw new BusError(
    'config',
    `${shell}: the variable ${quoted(reserved)} ends in "_" as the reserved keys do, rename it`,
  );
}
