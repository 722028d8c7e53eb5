import { readHelp } from './command-help.js';
import { refuseJson, refuseLine, refuseTooManyReadings } from './failure.js';
import { readJsonCommand, type JsonInput } from './json-input.js';
import { searchJson, takesFromDo } from './json-matcher.js';
import { searchLine } from './line-matcher.js';
import type { JsonCommand, Match, MatchFailure } from './match.js';
import type { NextItem, NextWords } from './next-words.js';
import { compileProgram, type Program, type TakeStep } from './program.js';
import { SpecError } from './spec-error.js';
import { leavesOf, type SpecNode } from './spec-node.js';
import { specWithout } from './spec-cut.js';
import { MAX_LENGTH, parseSpec } from './spec-parser.js';
import { specOf } from './spec-text.js';
import { resolveType, type ResolvedType, type ValueCheck, type ValueType } from './value-type.js';

/**
 * Compiles a command spec.
 *
 * Notation: `word` is typed as it is (`word:name` is reported under another name), `<x>` is a variable, `<x...>` the rest of the
 * line (one or more words), `( a | b )` one of them, `[ a | b ]` at most one of them, `x [...]` one or more times, `a | b` without
 * brackets two forms of one command.
 *
 * @param spec - at most 4096 characters
 * @param types - the types of variables by their name; a variable not in it is a `string`; names the spec has not are ignored, so
 *   one table can serve all commands of a shell
 * @param help - one line of help for a literal (key: the word) or a variable (key: `<x>`, also for a rest); goes before the help of a type
 * @throws SpecError when the spec, or the type of a variable in it, is not valid, or a help text is for a word the spec has not
 * @example
 * const grammar = compileSpec('set <name> ( age <number> | nicknames <nick> [...] )', { number: 'integer' });
 * grammar.matchLine(['set', 'Andrew', 'age', '98']);
 * grammar.matchJson({ do_: 'set age', name: 'Andrew', number: '98' });
 * @public
 */
export function compileSpec(
  spec: string,
  types: Readonly<Record<string, ValueType>> = {},
  help: Readonly<Record<string, string>> = {},
): CommandGrammar {
  const root = parseSpec(spec);
  const checks = new Map<string, ValueCheck>();
  for (const leaf of leavesOf(root)) {
    if (leaf.kind === 'literal' || checks.has(leaf.name)) continue;
    try {
      checks.set(leaf.name, resolveType(Object.hasOwn(types, leaf.name) ? (types[leaf.name] ?? 'string') : 'string'));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SpecError(spec, leaf.at, `the type of <${leaf.name}> is not valid: ${why}`, { cause });
    }
  }
  return new CommandGrammar(spec, root, compileProgram(root, checks), readHelp(spec, root, checks, help));
}

/**
 * A compiled command spec; immutable, made by {@link compileSpec}.
 *
 * Matching backtracks fully: of all readings the first in the order of the grammar is taken, options and repetitions greedily.
 *
 * @public
 */
export class CommandGrammar {
  /** The spec as written. */
  readonly spec: string;
  /** The tree of the spec, to walk for help, completion or a JSON Schema. */
  readonly root: SpecNode;
  /** What the first word can be: literals in plain text, variables as `<name>`, `<cr>` when there may be no word. */
  readonly heads: readonly string[];
  /** The variables in the order of the spec, with their types. */
  readonly variables: ReadonlyMap<string, ResolvedType>;
  /** The names of the variables whose values must never be shown. */
  readonly secrets: ReadonlySet<string>;
  /** The help texts in the order of the spec; key: a literal word, or `<x>` for a variable, also for a rest. */
  readonly help: ReadonlyMap<string, string>;
  readonly #program: Program;

  /** @internal */
  constructor(spec: string, root: SpecNode, program: Program, help: ReadonlyMap<string, string>) {
    this.spec = spec;
    this.root = root;
    this.help = help;
    this.#program = program;
    this.variables = new Map(program.variables.map(({ name, check }) => [name, check.type]));
    this.secrets = new Set(program.variables.filter(({ check }) => check.type.secret).map(({ name }) => name));
    this.heads = Object.freeze(headsOf(this.next([])));
  }

  /**
   * Matches a typed line. The work is at most in proportion to the number of words.
   *
   * @param words - the words of the line, without the word of the shell
   */
  matchLine(words: readonly string[]): Match | MatchFailure {
    const { took, at, expected } = searchLine(this.#program, words);
    if (took === null) return refuseLine(this.#program, words, at, expected);
    return toMatch(took, (_, index) => words[index] ?? '');
  }

  /**
   * Matches the JSON form of a command. Never throws, whatever the JSON. Every word of `do_` and every value must be used. The work
   * is at most in proportion to the number of words and values; a command with more ways to read it than that allows is refused.
   *
   * @param command - `do_` without the word of the shell; keys of the protocol such as `stdin_` taken out
   */
  matchJson(command: JsonCommand): Match | MatchFailure {
    const input = readJsonCommand(this.#program, command);
    if (!input.ok) return input;
    const search = searchJson(this.#program, input);
    if (search.kind === 'too-many-readings') return refuseTooManyReadings();
    if (search.kind === 'dead-end') return refuseJson(this.#program, input, search.deadEnd);
    return toMatch(search.took, valueTaker(input));
  }

  /**
   * What can follow some words: what to offer for completion. The work is bounded as that of {@link CommandGrammar.matchLine}.
   *
   * @param after - the whole words before the one to complete, without the word of the shell
   * @returns null when these words are wrong already
   */
  next(after: readonly string[]): NextWords | null {
    const items = new Map<string, NextItem>();
    let mayEnd = false;
    const { at } = searchLine(this.#program, after, (step, took) => {
      if (step.op === 'end') mayEnd = true;
      else if (!items.has(step.label)) items.set(step.label, this.#offer(step, took, after));
    });
    return at < after.length ? null : { mayEnd, items: [...items.values()] };
  }

  /**
   * The command without the forms that have one of some literals; what is optional goes without them.
   *
   * @param literals - names of literals; one that the spec has not is ignored
   * @returns this grammar when no form has any of them, null when each has
   */
  without(literals: ReadonlySet<string>): CommandGrammar | null {
    const kept = specWithout(this.root, literals);
    if (kept === this.root) return this;
    if (kept === null) return null;
    const spec = specOf(kept, MAX_LENGTH);
    const root = parseSpec(spec);
    const keys = new Set<string>();
    const checks = new Map<string, ValueCheck>();
    for (const leaf of leavesOf(root)) {
      keys.add(leaf.kind === 'literal' ? leaf.word : `<${leaf.name}>`);
      const check = leaf.kind === 'literal' ? undefined : this.#program.variableOf.get(leaf.name)?.check;
      if (check !== undefined) checks.set(leaf.name, check);
    }
    const help = new Map([...this.help].filter(([key]) => keys.has(key)));
    return new CommandGrammar(spec, root, compileProgram(root, checks), help);
  }

  #offer(step: TakeStep, took: readonly TakeStep[], words: readonly string[]): NextItem {
    const text = this.help.get(step.op === 'word' ? step.label : `<${step.variable.name}>`);
    const help = text === undefined ? {} : { help: text };
    if (step.op === 'word') return { kind: 'literal', word: step.label, ...help };
    const { values, literals } = toMatch(took, (_, index) => words[index] ?? '');
    const { name, check } = step.variable;
    return { kind: 'variable', name, isRest: step.isRest, type: check.type, ...help, values, literals };
  }
}

function headsOf(next: NextWords | null): string[] {
  const { items, mayEnd } = next ?? { items: [], mayEnd: false };
  const labels = items.map((item) => {
    if (item.kind === 'literal') return item.word;
    return item.isRest ? `<${item.name}...>` : `<${item.name}>`;
  });
  return mayEnd ? [...labels, '<cr>'] : labels;
}

function toMatch(took: readonly TakeStep[], wordAt: (step: TakeStep, index: number) => string): Match {
  const args: string[] = [];
  // No prototype: a variable may be called `__proto__` or `constructor`.
  const values = Object.create(null) as Record<string, string[]>;
  const literals: string[] = [];
  for (const step of took) {
    const word = wordAt(step, args.length);
    args.push(word);
    if (step.op === 'word') literals.push(step.name);
    else (values[step.variable.name] ??= []).push(word);
  }
  return { ok: true, args, values, literals };
}

/** Hands out the words of `do_` and the values of each key, in the order they were taken. */
function valueTaker(input: JsonInput): (step: TakeStep) => string {
  let place = 0;
  const next = input.given.map(() => 0);
  return (step) => {
    if (step.op === 'word' || takesFromDo(step, input)) return input.words[place++] ?? '';
    const { index } = step.variable;
    const at = next[index] ?? 0;
    next[index] = at + 1;
    return input.given[index]?.[at] ?? '';
  };
}
