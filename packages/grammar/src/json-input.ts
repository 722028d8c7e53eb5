import type { MatchFailure } from './match.js';
import type { Program } from './program.js';
import { cut, orList, quoted } from './quote.js';

/** The JSON form of a command, checked as far as that goes without a search: all that is left to decide is the order. */
export interface JsonInput {
  readonly ok: true;
  /** The words of `do_`. */
  readonly words: readonly string[];
  /** The stream of each word; -1 for a word that is no literal of the spec. */
  readonly wordStreams: readonly number[];
  /** The values of each variable, by its index; all of them of the right type. */
  readonly given: readonly (readonly string[])[];
  /** Number of words and values. */
  readonly total: number;
}

const MAX_NAMED_KEYS = 10;
const NOTHING: readonly string[] = [];

export function readJsonCommand(program: Program, command: unknown): JsonInput | MatchFailure {
  if (typeof command !== 'object' || command === null || Array.isArray(command)) {
    return { ok: false, message: `Expected a JSON object with "do_", not ${kindOf(command)}` };
  }
  const given: (readonly string[])[] = program.variables.map(() => NOTHING);
  const unknown: string[] = [];
  let words: readonly string[] | undefined;
  let total = 0;
  let invalid: MatchFailure | undefined;
  for (const key of Object.keys(command)) {
    const value = (command as Readonly<Record<string, unknown>>)[key];
    if (key === 'do_') {
      words = wordsOf(value);
      if (words === undefined) return refuseDo(value);
      total += words.length;
      continue;
    }
    const variable = program.variableOf.get(key);
    if (variable === undefined) {
      if (unknown.length < MAX_NAMED_KEYS) unknown.push(cut(key));
      continue;
    }
    const values = typeof value === 'string' ? [value] : (value as readonly string[]);
    const fault = faultOf(value, values, variable.check.accepts);
    if (fault !== null) invalid ??= refuseValue(program, key, fault);
    else total += values.length;
    given[variable.index] = values;
  }
  if (words === undefined) {
    return { ok: false, message: 'Missing key "do_": it holds the literal words of the command', missing: ['do_'] };
  }
  if (unknown.length > 0) return refuseKeys(program, unknown);
  if (invalid !== undefined) return invalid;
  const wordStreams = words.map((word) => program.wordStreams.get(word) ?? -1);
  return { ok: true, words, wordStreams, given, total };
}

function wordsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value.split(/[ \t\r\n\v\f]+/).filter((word) => word !== '');
  return Array.isArray(value) && value.every((word): word is string => typeof word === 'string') ? value : undefined;
}

function refuseDo(value: unknown): MatchFailure {
  const culprit = Array.isArray(value) ? 'an array with something else in it' : kindOf(value);
  return { ok: false, message: `Expected "do_" to be a string or an array of strings, not ${culprit}`, invalid: 'do_' };
}

/** What is wrong with the value of a key: it is no text at all, or this text is refused by its type. */
type Fault = { readonly kind: string } | { readonly text: string };

function faultOf(value: unknown, values: readonly unknown[], accepts: (word: string) => boolean): Fault | null {
  if (typeof value !== 'string' && !Array.isArray(value)) return { kind: kindOf(value) };
  for (const text of values) {
    if (typeof text !== 'string') return { kind: `an array with ${kindOf(text)} in it` };
    if (!accepts(text)) return { text };
  }
  return null;
}

function refuseValue(program: Program, key: string, fault: Fault): MatchFailure {
  const check = program.variableOf.get(key)?.check;
  const wants = check?.wants ?? 'text without NUL characters and halves of surrogate pairs';
  const message =
    'kind' in fault
      ? `Expected the value of ${quoted(key)} to be a string or an array of strings, not ${fault.kind}`
      : `${program.hasSecrets ? 'The value given' : quoted(fault.text)} is not a valid <${key}>: expected ${wants}`;
  return { ok: false, message, invalid: key };
}

function refuseKeys(program: Program, unused: readonly string[]): MatchFailure {
  const names = program.variables.map((variable) => quoted(variable.name));
  const known = names.length === 0 ? 'it takes none' : `expected ${orList(names)}`;
  const which = unused.length === 1 ? 'Key' : 'Keys';
  const verb = unused.length === 1 ? 'is no variable' : 'are no variables';
  return { ok: false, message: `${which} ${unused.map(quoted).join(', ')} ${verb} of this command: ${known}`, unused };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
