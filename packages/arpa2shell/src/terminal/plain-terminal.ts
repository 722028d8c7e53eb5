import { StringDecoder } from 'node:string_decoder';
import { escapeToOneLine } from './escape.js';
import type { Face, LineOptions } from './face.js';
import type { ReadResult } from './line-editor.js';
import type { Prompt } from './tone.js';

/** Options of {@link PlainTerminal}. */
export interface PlainTerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** Longest line in UTF-16 units; what goes beyond is not taken. */
const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_WAITING_LINES = 10_000;

/**
 * A terminal that understands no escape sequences (`TERM=dumb`): the system's own line editing, and nothing is written but
 * text. Ctrl-C comes as a signal. After Ctrl-D nothing more can be read of it.
 */
export class PlainTerminal implements Face {
  onInterrupt: (() => void) | null = null;
  readonly #options: PlainTerminalOptions;
  readonly #decoder = new StringDecoder('utf8');
  readonly #listeners: (readonly [NodeJS.EventEmitter, string, (chunk: Buffer) => void])[];
  readonly #lines: string[] = [];
  #partial = '';
  #reader: ((result: ReadResult) => void) | null = null;
  #isEnded = false;
  #isClosed = false;
  #isAtLineStart = true;
  #isNoted = false;

  constructor(options: PlainTerminalOptions) {
    this.#options = options;
    const { input, output } = options;
    const end = (): void => this.#end();
    const nothing = (): void => undefined;
    this.#listeners = [
      [input, 'data', (chunk: Buffer) => this.#receive(this.#decoder.write(chunk))],
      [input, 'end', end],
      [input, 'close', end],
      [process, 'SIGINT', () => this.#interrupt()],
      // The keys that stop or quit a program: in a login shell nobody would be there to go on with it.
      [process, 'SIGTSTP', nothing],
      [process, 'SIGQUIT', nothing],
    ];
    for (const [emitter, event, listener] of this.#listeners) emitter.on(event, listener);
    // Never taken off: what is written to a terminal that is gone fails later.
    for (const stream of [input, output]) stream.on('error', end);
  }

  async readLine(prompt: Prompt, { signal }: LineOptions): Promise<ReadResult> {
    signal?.throwIfAborted();
    if (this.#reader !== null) throw new TypeError('The terminal reads one line at a time');
    this.write(`${this.#isAtLineStart ? '' : '\n'}${escapeToOneLine(prompt.text)}`);
    // The user's Enter, or what is written next, ends the line of the prompt.
    this.#isAtLineStart = true;
    this.#isNoted = false;
    return await new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#reader = null;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#reader = (result) => {
        signal?.removeEventListener('abort', cancel);
        this.#reader = null;
        resolve(result);
      };
      this.#hand();
    });
  }

  write(text: string): void {
    if (text === '') return;
    this.#options.output.write(text);
    this.#isAtLineStart = text.endsWith('\n');
  }

  async page(text: string): Promise<void> {
    this.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
    await Promise.resolve();
  }

  note(text: string): void {
    if (text === '' || this.#isNoted || !this.#isAtLineStart) return;
    this.#isNoted = true;
    this.write(`${text}\n`);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
    for (const [emitter, event, listener] of this.#listeners) emitter.off(event, listener);
    this.#options.input.pause();
  }

  #receive(text: string): void {
    const [first = '', ...others] = text.split('\n');
    this.#append(first);
    for (const piece of others) {
      if (this.#lines.length < MAX_WAITING_LINES) this.#lines.push(this.#partial.replace(/\r$/, ''));
      this.#partial = '';
      this.#append(piece);
    }
    this.#hand();
  }

  #append(piece: string): void {
    if (this.#partial.length + piece.length <= MAX_LENGTH) this.#partial += piece;
  }

  #hand(): void {
    if (this.#reader === null) return;
    const line = this.#lines.shift();
    if (line !== undefined) this.#reader({ kind: 'line', line });
    else if (this.#isEnded) this.#reader({ kind: 'gone' });
  }

  #interrupt(): void {
    this.#partial = '';
    this.#lines.length = 0;
    this.write('\n');
    if (this.#reader !== null) this.#reader({ kind: 'cancelled' });
    else this.onInterrupt?.();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#partial !== '') this.#lines.push(this.#partial);
    this.#partial = '';
    if (this.#reader === null) this.onInterrupt?.();
    else this.write('\n');
    this.#hand();
  }
}
