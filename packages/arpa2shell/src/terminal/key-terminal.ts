import type { Assistant } from './assistant.js';
import { cutToCells } from './cells.js';
import type { Face, LineOptions } from './face.js';
import { InputQueue } from './input-queue.js';
import { type InputEvent, KeyInput } from './key-input.js';
import { LineEditor, type ReadResult } from './line-editor.js';
import { Pager } from './pager.js';
import { Screen, screenOutputOf, type ScreenOutput } from './screen.js';
import { paint, type Prompt } from './tone.js';

/** Options of {@link KeyTerminal}. */
export interface KeyTerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly lines: () => readonly string[];
  readonly assistant: Assistant;
  readonly isColour: boolean;
}

/** Who takes the keys: the reader of a line, or the pager. */
interface Taker {
  take(event: InputEvent): void;
  /** All that has arrived is taken: draw. */
  draw(): void;
  /** Takes what was drawn off the screen, so that something else can be printed. */
  erase(): void;
  /** No more keys will come. */
  stop(): void;
}

const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';
const CTRL_C: InputEvent = { kind: 'key', chord: 'ctrl+c' };

/**
 * A terminal in raw mode. Invariants: (1) at most one taker; without one, keys wait in the queue and only Ctrl-C acts.
 * (2) Whatever arrives together is taken before it is drawn once. (3) Nothing runs between two keys: no timers.
 */
export class KeyTerminal implements Face {
  onInterrupt: (() => void) | null = null;
  readonly #options: KeyTerminalOptions;
  readonly #output: ScreenOutput;
  readonly #keys: KeyInput;
  readonly #queue = new InputQueue();
  readonly #screen: Screen;
  readonly #editor: LineEditor;
  readonly #listeners: (readonly [NodeJS.EventEmitter, string, () => void])[];
  #taker: Taker | null = null;
  #isEnded = false;
  #isLost = false;
  #isClosed = false;
  #isAtLineStart = true;
  #note = '';

  constructor(options: KeyTerminalOptions) {
    this.#options = options;
    const { input, output } = options;
    this.#output = screenOutputOf(output);
    this.#screen = new Screen(this.#output, options.isColour);
    this.#editor = new LineEditor({ lines: options.lines, assistant: options.assistant, surface: this.#surface() });
    this.#listeners = [
      [input, 'end', () => this.#lose()],
      [input, 'close', () => this.#lose()],
      [output, 'resize', () => this.#taker?.draw()],
      [process, 'SIGINT', () => this.#receive([CTRL_C])],
      [process, 'SIGCONT', () => this.#resume()],
      [process, 'exit', () => this.#restore()],
    ];
    for (const [emitter, event, listener] of this.#listeners) emitter.on(event, listener);
    // Never taken off: what is written to a terminal that is gone fails later.
    for (const stream of [input, output]) stream.on('error', () => this.#lose());
    input.setRawMode(true);
    output.write(PASTE_ON);
    this.#keys = new KeyInput(input, (events) => this.#receive(events));
  }

  async readLine(prompt: Prompt, { signal, kind = 'command' }: LineOptions): Promise<ReadResult> {
    signal?.throwIfAborted();
    this.#editor.begin(prompt, kind);
    this.#beginLine();
    return await new Promise((resolve, reject) => {
      const finish = (text: string): void => {
        signal?.removeEventListener('abort', cancel);
        this.#taker = null;
        this.#screen.finish(this.#editor.view(true), text);
        this.#editor.stop();
      };
      const cancel = (): void => {
        finish('');
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#give({
        take: (event) => {
          const result = this.#editor.take(event);
          if (result === null) return;
          finish(result.kind === 'cancelled' ? '^C' : '');
          // What was typed or pasted behind it was meant for a line that is no more.
          if (result.kind === 'cancelled') this.#queue.clear();
          resolve(result);
        },
        draw: () => this.#screen.draw(this.#editor.view()),
        erase: () => this.#screen.erase(),
        stop: () => {
          finish('');
          resolve({ kind: 'gone' });
        },
      });
    });
  }

  write(text: string): void {
    if (text === '') return;
    const taker = this.#taker;
    taker?.erase();
    this.#clearNote();
    this.#options.output.write(text);
    this.#isAtLineStart = text.endsWith('\n');
    if (taker === null) return;
    this.#beginLine();
    taker.draw();
  }

  async page(text: string): Promise<void> {
    this.#clearNote();
    this.#beginLine();
    // Lines that were pasted behind the one that printed this are commands, not keys for a pager.
    if (!this.#queue.isEmpty) {
      this.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
      return;
    }
    const pager = new Pager(this.#output, text);
    if (pager.begin() || this.#isEnded) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#taker = null;
        resolve();
      };
      this.#give({
        take: (event) => {
          if (pager.take(event)) finish();
        },
        draw: () => pager.invite(),
        erase: () => pager.erase(),
        stop: finish,
      });
    });
  }

  note(text: string): void {
    if (this.#taker !== null || !this.#isAtLineStart) return;
    const shown = cutToCells(text, this.#output.columns - 1);
    this.#options.output.write(`\r${paint(shown, 'faint', this.#options.isColour)}\u001b[K`);
    if (text === '') this.#options.output.write('\r');
    this.#note = text;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
    this.#keys.close();
    for (const [emitter, event, listener] of this.#listeners) emitter.off(event, listener);
    this.#restore();
    this.#options.input.pause();
  }

  #surface(): ConstructorParameters<typeof LineEditor>[0]['surface'] {
    const output = this.#output;
    const screen = this.#screen;
    const draw = (): void => this.#taker?.draw();
    return {
      isColour: this.#options.isColour,
      get columns() {
        return output.columns;
      },
      printBelow: (text) => {
        screen.finish(this.#editor.view(true), '');
        output.write(text);
        draw();
      },
      redraw: draw,
      ring: () => output.write('\u0007'),
      clearScreen: () => screen.clear(),
    };
  }

  #give(taker: Taker): void {
    if (this.#taker !== null) throw new TypeError('The terminal reads one line, or shows one text, at a time');
    this.#taker = taker;
    if (this.#isEnded) taker.stop();
    else this.#pump();
  }

  #receive(events: readonly InputEvent[]): void {
    let fresh = events;
    if (this.#taker === null) {
      const interrupt = events.findLastIndex((event) => event.kind === 'key' && event.chord === 'ctrl+c');
      if (interrupt >= 0) {
        this.#queue.clear();
        fresh = events.slice(interrupt + 1);
        this.#interrupt();
      }
    }
    if (!this.#queue.push(fresh)) this.#options.output.write('\u0007');
    this.#pump();
  }

  #pump(): void {
    while (this.#taker !== null) {
      const event = this.#queue.shift();
      if (event === undefined) break;
      this.#taker.take(event);
    }
    this.#taker?.draw();
  }

  #interrupt(): void {
    if (this.onInterrupt === null) return;
    this.write('^C\n');
    this.onInterrupt();
  }

  #beginLine(): void {
    this.#clearNote();
    if (!this.#isAtLineStart) this.#options.output.write('\r\n');
    this.#isAtLineStart = true;
  }

  #clearNote(): void {
    if (this.#note !== '') this.note('');
  }

  /** The terminal is gone: a connection that broke, a window that was closed. */
  #lose(): void {
    this.#isLost = true;
    this.#end();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue.clear();
    this.#taker?.stop();
    this.onInterrupt?.();
  }

  /** After a stop and continue another program has set the terminal to its own liking. */
  #resume(): void {
    this.#options.input.setRawMode(false);
    this.#options.input.setRawMode(true);
    this.#options.output.write(PASTE_ON);
    this.#taker?.draw();
  }

  #restore(): void {
    if (this.#isLost) return;
    this.#options.output.write(PASTE_OFF);
    this.#options.input.setRawMode(false);
  }
}
