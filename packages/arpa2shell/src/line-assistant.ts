import { quoteWord, splitLine, type LexedWord } from '@arpa2amqp/grammar';
import type { Completer, Possibilities } from './completer.js';
import type { Conversation } from './conversation.js';
import { FILTERS } from './filters.js';
import { completeInput } from './input/input-completion.js';
import type { InputReader } from './input/input-reader.js';
import { redirectionFault, takeRedirections, wordWithSign, type Redirection } from './input/redirection.js';
import { placeInLine } from './place-in-line.js';
import type { ShellCatalog } from './shell-catalog.js';
import type { Assistant, Completion, Span } from './terminal/index.js';

/** Over this a line is drawn as it is: judging it must not take long enough to be felt. */
const MAX_JUDGED_LENGTH = 4096;
/** More words than these are no help in a hint. */
const MAX_HINTED = 4;

const NO_COMPLETION: Completion = { start: 0, candidates: [], placeholders: [], mayEnd: false };

/** Helps with the line being typed: completion asks the host, hint and judgement use what is known here. */
export class LineAssistant implements Assistant {
  readonly #completer: Completer;
  readonly #conversation: Conversation;
  readonly #catalog: ShellCatalog;
  readonly #inputs: InputReader;

  constructor(parts: { completer: Completer; conversation: Conversation; catalog: ShellCatalog; inputs: InputReader }) {
    this.#completer = parts.completer;
    this.#conversation = parts.conversation;
    this.#catalog = parts.catalog;
    this.#inputs = parts.inputs;
  }

  async complete(line: string, cursor: number, signal: AbortSignal): Promise<Completion> {
    const at = placeInLine(line, cursor);
    if (at === null) return NO_COMPLETION;
    const { start, quote, partial } = at;
    if (at.kind === 'input') {
      if (at.redirection.kind === 'file' && !this.#inputs.mayReadFiles) return NO_COMPLETION;
      return { start, mayEnd: false, ...(await completeInput(at.redirection, quote, signal)) };
    }
    const isFirst = at.kind === 'command' && at.words.length === 0;
    const found =
      at.kind === 'command' ? await this.#completer.complete(at.words, partial, signal) : filtersFor(at.words, partial);
    return {
      start,
      candidates: found.candidates.map(({ value, help }) => ({
        text: typedWord(value, quote, isFirst),
        label: value,
        ...(help === undefined ? {} : { help }),
      })),
      placeholders: found.placeholders,
      mayEnd: found.mayEnd,
    };
  }

  hint(line: string): string {
    if (line.length > MAX_JUDGED_LENGTH) return '';
    const at = placeInLine(line, line.length);
    if (at === null || at.kind === 'filter') return '';
    if (at.kind === 'input') return hintOf(at.redirection, line);
    if (at.words.length === 0 && at.partial === '') return '';
    const { words } = at;
    const possible = this.#completer.known(words);
    if (possible === null || possible === undefined) return '';
    if (at.partial === '') return choiceText(possible);
    const fitting = possible.candidates.filter(({ value }) => value.startsWith(at.partial));
    const [only, ...others] = fitting;
    if (only === undefined || others.length > 0 || at.quote !== null) return '';
    // A hint that is taken is only put behind what was typed: no quotes can be added.
    if (typedWord(only.value, null, words.length === 0) !== only.value) return '';
    const next = this.#completer.known([...words, only.value]);
    const rest = next === null || next === undefined ? '' : choiceText(next);
    return `${only.value.slice(at.partial.length)}${rest === '' ? '' : ` ${rest}`}`;
  }

  judge(line: string): readonly Span[] {
    if (line.length > MAX_JUDGED_LENGTH) return [];
    const { words, fault } = splitLine(line);
    if (fault !== undefined) return [{ start: fault.at, end: fault.at + 1 }];
    const pipe = words.findIndex((word) => word.isPipe === true);
    const { command, redirections } = takeRedirections(line, pipe < 0 ? words : words.slice(0, pipe));
    const isTyping = (word: LexedWord): boolean => word.end === line.length;
    const wrongFilters = pipe < 0 ? [] : words.filter((word, index) => isWrongFilter(words, word, index, isTyping));
    const wrongInputs = [
      ...redirections.filter((redirection, index) => index > 0 || isWrongInput(redirection, line)),
      ...(pipe < 0 ? [] : takeRedirections(line, words.slice(pipe)).redirections),
    ];
    const wrongWords = [this.#wrongWord(command, isTyping), wordWithSign(line, words)];
    const all = new Set([...wrongWords.filter((word) => word !== undefined), ...wrongInputs, ...wrongFilters]);
    return Array.from(all, ({ start, end }) => ({ start, end }));
  }

  /** The first word that cannot be right. The word being typed may still become right. */
  #wrongWord(command: readonly LexedWord[], isTyping: (word: LexedWord) => boolean): LexedWord | undefined {
    const [first] = command;
    if (first === undefined || first.text.startsWith('?') || first.text.startsWith('#')) return undefined;
    const texts = command.map(({ text }) => text);
    const index = this.#wrongIndex(texts);
    const word = index === undefined ? undefined : command[index];
    if (index === undefined || word === undefined || !isTyping(word)) return word;
    const possible = this.#completer.known(texts.slice(0, index));
    if (possible === null || possible === undefined) return word;
    const mayBecome =
      possible.placeholders.length > 0 || possible.candidates.some(({ value }) => value.startsWith(word.text));
    return mayBecome ? undefined : word;
  }

  #wrongIndex(texts: readonly string[]): number | undefined {
    const firsts = this.#completer.known([]);
    const isFirstKnown = firsts?.candidates.some(({ value }) => value === texts[0]) === true;
    const addressee = this.#conversation.addresseeOf(texts);
    if (addressee.kind === 'move') return undefined;
    if (addressee.kind === 'here') {
      if (!isFirstKnown) return this.#catalog.names === null ? undefined : 0;
      return this.#completer.known(texts) === null ? 1 : undefined;
    }
    const known = this.#catalog.find(addressee.shell);
    if (known === null) return undefined;
    const plan = known.plan(addressee.words);
    const at = plan.ok ? undefined : plan.at;
    return at === undefined || at >= addressee.words.length ? undefined : at + texts.length - addressee.words.length;
  }
}

function filtersFor(stage: readonly string[], partial: string): Possibilities {
  if (stage.length === 0) {
    const candidates = Object.entries(FILTERS)
      .filter(([value]) => value.startsWith(partial))
      .map(([value, help]) => ({ value, help }));
    return { candidates, placeholders: [], mayEnd: false };
  }
  const takesText = ['include', 'exclude', 'begin'].includes(stage[0] ?? '');
  const placeholders = takesText ? [{ name: '<text>', help: 'What to look for, as it is' }] : [];
  return { candidates: [], placeholders, mayEnd: partial === '' && (!takesText || stage.length > 1) };
}

function isWrongFilter(
  words: readonly LexedWord[],
  word: LexedWord,
  index: number,
  isTyping: (word: LexedWord) => boolean,
): boolean {
  if (words[index - 1]?.isPipe !== true) return false;
  const names = Object.keys(FILTERS);
  return !names.includes(word.text) && !(isTyping(word) && names.some((name) => name.startsWith(word.text)));
}

function hintOf({ kind, target }: Redirection, line: string): string {
  if (target !== null) return '';
  if (kind === 'document') return 'END';
  return line.endsWith('<') ? ' <file>' : '<file>';
}

/** What is missing at the end may still be typed. */
function isWrongInput(redirection: Redirection, line: string): boolean {
  const isTyping = redirection.end === line.length || redirection.target === null;
  return redirectionFault(redirection) !== undefined && !isTyping;
}

/** Without quotes it might be taken for where the input comes from, for a question, or for a comment or a wish for help. */
function typedWord(value: string, quote: "'" | '"' | null, isFirst = false): string {
  const meansMore = value.startsWith('<') || value.includes('<<') || value === '?' || (isFirst && /^[#?]/.test(value));
  return quoteWord(value, meansMore ? (quote ?? "'") : quote);
}

function choiceText({ candidates, placeholders }: Possibilities): string {
  const literals = candidates.filter(({ value }) => typedWord(value, null) === value).map(({ value }) => value);
  const all = [...literals, ...placeholders.map(({ name }) => name)];
  return all.length > MAX_HINTED ? '' : all.join('|');
}
