import type { Assistant } from './assistant.js';
import type { Face, LineOptions } from './face.js';
import type { History } from './history.js';
import { KeyTerminal } from './key-terminal.js';
import type { ReadResult } from './line-editor.js';
import { PlainTerminal } from './plain-terminal.js';
import type { Prompt } from './tone.js';

/** Options of {@link Terminal}. */
export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly history: History;
  readonly assistant: Assistant;
  /** Colours, the grey hint and red words; the caller looks at `NO_COLOR`. */
  readonly isColour: boolean;
  /** No escape sequences at all; default: `TERM` is `dumb` or not set, or one side is no terminal. */
  readonly isPlain?: boolean;
}

const FIRST_MARK_MS = 1000;
const MARK_EVERY_MS = 1000;

/**
 * A user at a terminal: reads lines with completion, help, hints and history, shows what commands print, and interrupts
 * them. No key and no signal of the terminal ends the process, and no other program is ever started.
 * @example
 * using terminal = new Terminal({ input: process.stdin, output: process.stdout, history, assistant, isColour: true });
 * const read = await terminal.readLine({ text: 'arpa2shell> ' });
 */
export class Terminal {
  readonly #face: Face;

  constructor(options: TerminalOptions) {
    const { input, output, history, assistant, isColour } = options;
    const isPlain = options.isPlain ?? isPlainTerminal(input, output, process.env['TERM']);
    this.#face = isPlain
      ? new PlainTerminal({ input, output })
      : new KeyTerminal({ input, output, lines: () => history.lines, assistant, isColour });
  }

  /**
   * Reads a line. Ctrl-C cancels it, Ctrl-D on an empty line ends; a user who is gone is told apart where the terminal can.
   * @throws the signal's reason when it aborts, and TypeError while another line is being read.
   */
  async readLine(prompt: Prompt, options: LineOptions = {}): Promise<ReadResult> {
    return await this.#face.readLine(prompt, options);
  }

  /**
   * Runs a command: Ctrl-C aborts the signal, after a second a mark shows that it runs, and keys typed meanwhile are kept
   * for the next line. Ends when the work ends.
   * @throws what the work throws.
   */
  async busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const outer = this.#face.onInterrupt;
    this.#face.onInterrupt = () => controller.abort();
    const begun = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const mark = (): void => {
      this.#face.note(`Working, ${Math.round((performance.now() - begun) / 1000)} s (Ctrl-C ends it)`);
      timer = setTimeout(mark, MARK_EVERY_MS).unref();
    };
    timer = setTimeout(mark, FIRST_MARK_MS).unref();
    try {
      return await work(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#face.note('');
      this.#face.onInterrupt = outer;
    }
  }

  /** Prints text, which must be safe ({@link escapeForTerminal}); a line being edited is drawn again below it. */
  write(text: string): void {
    this.#face.write(text);
  }

  /** Prints text, screen by screen if it is longer than the screen. As with {@link write}, the text must be safe. */
  async page(text: string): Promise<void> {
    await this.#face.page(text);
  }

  /** Gives the terminal back as it was. A line being read ends. */
  close(): void {
    this.#face.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function isPlainTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream, term: string | undefined): boolean {
  return !input.isTTY || !output.isTTY || term === undefined || term === '' || term === 'dumb';
}
