import { splitLine, type LexedWord } from '@arpa2amqp/grammar';
import { takeRedirections, type Redirection } from './input/redirection.js';

/** Where the cursor stands in a line. */
export type PlaceInLine = {
  /** Where the word at the cursor begins; what a completion replaces is from here to the cursor. */
  readonly start: number;
  /** What stands of that word. */
  readonly partial: string;
  /** The quote it begins with. */
  readonly quote: "'" | '"' | null;
} & (
  | {
      readonly kind: 'command';
      /** The whole words of the command before. */
      readonly words: readonly string[];
    }
  /** Behind a `|`; with the words between that and the cursor. */
  | { readonly kind: 'filter'; readonly words: readonly string[] }
  /** Behind a `<` or `<<`. */
  | { readonly kind: 'input'; readonly redirection: Redirection }
);

/**
 * What the cursor of a line is at. What is behind the cursor does not count.
 *
 * @returns null where no word can be, such as behind a control character
 */
export function placeInLine(line: string, cursor: number): PlaceInLine | null {
  const before = line.slice(0, cursor);
  const { words, fault } = splitLine(before);
  if (fault !== undefined) return null;
  const pipe = words.findLastIndex((word) => word.isPipe === true);
  const stage = words.slice(pipe + 1);
  const { redirections } = takeRedirections(before, stage);
  const redirection = redirections.at(-1);
  if (pipe < 0 && redirection !== undefined && isOpen(redirection, before)) {
    const start = redirection.target === null ? cursor : redirection.targetStart;
    const quote = quoteAt(before, start);
    return { kind: 'input', redirection, start, partial: redirection.target ?? '', quote };
  }
  const last = stage.at(-1);
  const isInWord = last?.end === cursor && last.isPipe !== true;
  const whole = isInWord ? stage.slice(0, -1) : stage;
  const { command } = takeRedirections(before, whole);
  const at = {
    start: isInWord ? last.start : cursor,
    partial: isInWord ? last.text : '',
    quote: isInWord ? last.quote : null,
  };
  return { kind: pipe < 0 ? 'command' : 'filter', words: command.map(textOf), ...at };
}

/** Whether what stands behind the sign is missing yet, or goes on at the cursor. */
function isOpen({ target, end }: Redirection, before: string): boolean {
  return target === null || end === before.length;
}

function quoteAt(line: string, at: number): "'" | '"' | null {
  const character = line.charAt(at);
  return character === "'" || character === '"' ? character : null;
}

function textOf({ text }: LexedWord): string {
  return text;
}
