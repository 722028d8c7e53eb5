import type { JsonInput } from './json-input.js';
import { takesFromDo, type JsonDeadEnd } from './json-matcher.js';
import type { MatchFailure } from './match.js';
import type { LeafStep, Program } from './program.js';
import { orList, quoted, quotedTail } from './quote.js';

/*
 * A word that is wrong may be a secret in the wrong place, and the words before it may be one in the right place. So when a
 * command has any secret variable, its messages point at words by their number and quote none but the first, if that is a literal.
 */

/** Says why a line was refused. */
export function refuseLine(
  program: Program,
  words: readonly string[],
  at: number,
  tried: readonly LeafStep[],
): MatchFailure {
  const expected = labelsOf(tried);
  const word = words[at];
  const [only] = tried;
  if (word !== undefined && only?.op === 'value' && expected.length === 1) {
    const wants = only.variable.check.wants ?? 'text without NUL characters and halves of surrogate pairs';
    const message = `${upperFirst(nameWord(program, words, at))} is not a valid ${only.label}: expected ${wants}`;
    return { ok: false, message, at, expected, invalid: only.variable.name };
  }
  return { ok: false, message: describeWords(program, words, at, tried), at, expected };
}

/** Says why the JSON form of a command was refused. */
export function refuseJson(program: Program, input: JsonInput, deadEnd: JsonDeadEnd): MatchFailure {
  const { words } = input;
  const { at, leftover } = deadEnd;
  const tried = [...deadEnd.tried];
  const inDo = tried.filter(
    (step) => step.op === 'word' || (step.op === 'value' && at < words.length && takesFromDo(step, input)),
  );
  if (leftover !== null) {
    const names = leftover.map((index) => program.variables[index]?.name ?? '');
    if (names.length > 0) return refuseLeftover(program, words, at, at < words.length ? [...names, 'do_'] : names);
    const message = `In "do_": ${lowerFirst(describeWords(program, words, at, [...inDo, ...tried.filter(isEnd)]))}`;
    const wanted = inDo.length === 0 ? {} : { at, expected: [...labelsOf(inDo), '<cr>'] };
    return { ok: false, message, unused: ['do_'], ...wanted };
  }
  const keys = tried.flatMap((step) => (step.op === 'value' && !inDo.includes(step) ? [step.variable.name] : []));
  const missing = [...new Set(keys)];
  if (inDo.length === 0) {
    const expected = describeSteps(tried);
    const message = `Missing key ${orList(missing.map(quoted))}: expected ${expected}${after(program, words, at)}`;
    return { ok: false, message, missing };
  }
  const refusal = refuseLine(program, words, at, tried);
  const message = `In "do_": ${lowerFirst(refusal.message)}`;
  return { ...refusal, message, expected: labelsOf(inDo), ...(missing.length === 0 ? {} : { missing }) };
}

/** Says that a JSON command was given up (it is neither accepted nor known to be wrong). */
export function refuseTooManyReadings(): MatchFailure {
  return {
    ok: false,
    message: 'Too many ways to read this JSON command: give it fewer values, or send its words in order as a line',
  };
}

function refuseLeftover(program: Program, words: readonly string[], at: number, unused: string[]): MatchFailure {
  const keys = unused.map(quoted).join(', ');
  const which = unused.length === 1 ? `Key ${keys} has` : `Keys ${keys} have`;
  return { ok: false, message: `${which} more values than the command takes${after(program, words, at)}`, unused };
}

function describeWords(program: Program, words: readonly string[], at: number, tried: readonly LeafStep[]): string {
  const expected = describeSteps(tried);
  if (at < words.length)
    return `Unexpected ${nameWord(program, words, at)}${after(program, words, at)}: expected ${expected}`;
  return at === 0 ? `No words: expected ${expected}` : `Expected ${expected}${after(program, words, at)}`;
}

function nameWord(program: Program, words: readonly string[], at: number): string {
  return program.hasSecrets ? `word ${at + 1}` : quoted(words[at] ?? '');
}

function after(program: Program, words: readonly string[], at: number): string {
  if (at === 0) return '';
  if (!program.hasSecrets) return ` after ${quotedTail(words, at)}`;
  const head = words[0] ?? '';
  const isPublic = at > 0 && firstTakers(program).every((step) => step.op === 'word');
  return isPublic ? ` after ${quoted(at === 1 ? head : `${head} ...`)}` : ` after word ${at}`;
}

/** What the first word of a command can be. */
function firstTakers(program: Program): LeafStep[] {
  const takers: LeafStep[] = [];
  const pending = [program.start];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    if (step.op === 'split') pending.push(step.second, step.first);
    else takers.push(step);
  }
  return takers;
}

function isEnd(step: LeafStep): boolean {
  return step.op === 'end';
}

function labelsOf(tried: readonly LeafStep[]): string[] {
  return [...new Set(tried.map((step) => step.label))];
}

function describeSteps(tried: readonly LeafStep[]): string {
  return orList([...new Set(tried.map(describeStep))]);
}

function describeStep(step: LeafStep): string {
  if (step.op === 'end') return 'the end of the command';
  if (step.op === 'word') return quoted(step.label);
  const { wants } = step.variable.check;
  return wants === null ? step.label : `${step.label} (${wants})`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
