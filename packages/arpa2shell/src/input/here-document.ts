import { splitLine } from '@arpa2amqp/grammar';
import { BusError, DEFAULT_LIMITS, quoted } from '@arpa2amqp/protocol';
import { redirectionFault, takeRedirections, wordWithSign, type Redirection } from './redirection.js';

const MAX_BYTES = DEFAULT_LIMITS.maxStdinBytes;

/** The text behind a `<<WORD`, line by line, up to a line that is the word. No more of it is kept than can be sent. */
export class HereDocument {
  /** The line that ends it. */
  readonly word: string;
  readonly #isIndented: boolean;
  readonly #lines: string[] = [];
  #bytes = 0;
  #isEnded = false;
  #problem: BusError | null = null;

  constructor({ target, isIndented }: Redirection) {
    this.word = target ?? '';
    this.#isIndented = isIndented;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Takes the next line. */
  take(line: string): void {
    const text = this.#isIndented ? line.replace(/^\t+/, '') : line;
    if (text === this.word) {
      this.#isEnded = true;
      return;
    }
    this.#bytes += Buffer.byteLength(text) + 1;
    if (this.#bytes <= MAX_BYTES) this.#lines.push(text);
    else this.fail(new BusError('too-large', `The text up to ${quoted(this.word)} is larger than ${MAX_BYTES} bytes`));
  }

  /** Takes a line that is none: the text cannot be used, but its end is still looked for. */
  fail(problem: BusError): void {
    this.#problem ??= problem;
    this.#lines.length = 0;
  }

  /** Ends it without its word. */
  end(): void {
    this.#isEnded = true;
  }

  /** @throws BusError what was wrong with it */
  get text(): string {
    if (this.#problem !== null) throw this.#problem;
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}

/**
 * The here-documents that have to be read below a line, in order: also where the line is wrong otherwise, or else its text would
 * be taken for commands. None where the line cannot even be split into words, or a `<<` is inside one.
 */
export function hereDocumentsOf(line: string): readonly HereDocument[] {
  if (line.startsWith('#') || !line.includes('<<')) return [];
  const { words, open, fault } = splitLine(line);
  if (open !== null || fault !== undefined || wordWithSign(line, words) !== undefined) return [];
  return takeRedirections(line, words)
    .redirections.filter(
      (redirection) => redirection.kind === 'document' && redirectionFault(redirection) === undefined,
    )
    .map((redirection) => new HereDocument(redirection));
}
