import { splitLine, type LexedWord } from '@arpa2amqp/grammar';
import { BusError, quoted } from '@arpa2amqp/protocol';
import { readFilter, type Filter } from './filters.js';
import { inputSourceOf, type InputSource } from './input/input-source.js';
import { takeRedirections, wordWithSign } from './input/redirection.js';

/** Lines over this many UTF-16 units are not even split: no message could carry them. */
const MAX_LENGTH = 1024 * 1024;

/** A typed line, understood as far as that is possible without a grammar. */
export interface TypedLine {
  /** The command, `?` in its forms already turned into `help`. Empty for an empty line or a comment. */
  readonly words: readonly string[];
  readonly filters: readonly Filter[];
  /** What the command is to get on its standard input; null for nothing. */
  readonly input: InputSource | null;
  /** The line ends with a `?` of its own: what may stand there is asked for, nothing is to be run. */
  readonly isQuestion: boolean;
}

const EMPTY: TypedLine = { words: [], filters: [], input: null, isQuestion: false };

/**
 * Reads a line that was typed, or comes from a script. A line that starts with `#` is a comment.
 *
 * @throws BusError `syntax` or `too-large`
 */
export function readTypedLine(line: string): TypedLine {
  if (line.length > MAX_LENGTH) {
    throw new BusError('too-large', `The line is longer than ${MAX_LENGTH} characters`);
  }
  if (line.startsWith('#')) return EMPTY;
  const { words, open, fault } = splitLine(line);
  if (fault !== undefined) throw new BusError('syntax', fault.message);
  if (open !== null) {
    const what = open === '\\' ? 'The backslash at its end takes nothing' : `A quote, ${open}, is not closed`;
    throw new BusError('syntax', `The line is not complete: ${what}`);
  }
  refuseSignIn(line, words);
  const [first = [], ...stages] = atPipes(words);
  const { command, redirections } = takeRedirections(line, first);
  const input = inputSourceOf(redirections);
  refuseInputOf(line, stages);
  const filters = stages.map((stage, index) => readFilter(stage.map(textOf), index === 0));
  if (command.length === 0 && filters.length > 0) throw new BusError('syntax', 'A command is missing in front of "|"');
  if (command.length === 0 && input !== null) throw new BusError('syntax', 'There is no command for the input');
  return { ...readCommand(command), filters, input };
}

/** Taken for a value, the text that may be meant to follow would be run as commands. */
function refuseSignIn(line: string, words: readonly LexedWord[]): void {
  const word = wordWithSign(line, words);
  if (word === undefined) return;
  const typed = quoted(line.slice(word.start, word.end));
  throw new BusError(
    'syntax',
    `A "<<" inside a word, ${typed}, has to be quoted; for input put a blank in front of it`,
  );
}

/** Behind a filter it would be taken for the text to look for, and the command would run without it. */
function refuseInputOf(line: string, stages: readonly (readonly LexedWord[])[]): void {
  if (stages.every((stage) => takeRedirections(line, stage).redirections.length === 0)) return;
  throw new BusError('syntax', 'Input (<) stands in front of the first "|"; a text to look for is quoted');
}

function readCommand(command: readonly LexedWord[]): Pick<TypedLine, 'words' | 'isQuestion'> {
  const words = command.map(textOf);
  const [first] = command;
  if (first === undefined) return EMPTY;
  if (isBareQuestion(first)) return { words: ['help', ...words.slice(1)], isQuestion: false };
  if (first.text.startsWith('?') && first.quote === null) {
    return { words: ['help', first.text.slice(1), ...words.slice(1)], isQuestion: false };
  }
  const last = command.at(-1);
  if (last !== undefined && isBareQuestion(last)) return { words: words.slice(0, -1), isQuestion: true };
  return { words, isQuestion: false };
}

function isBareQuestion({ text, start, end }: LexedWord): boolean {
  return text === '?' && end === start + 1;
}

function atPipes(words: readonly LexedWord[]): LexedWord[][] {
  const stages: LexedWord[][] = [[]];
  for (const word of words) {
    if (word.isPipe === true) stages.push([]);
    else stages.at(-1)?.push(word);
  }
  return stages;
}

function textOf({ text }: LexedWord): string {
  return text;
}
