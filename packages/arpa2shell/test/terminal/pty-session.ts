import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@arpa2amqp/testkit';
import { ScreenModel } from './screen-model.js';

/** How a program is started on a terminal. */
export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A Node program on a terminal of its own, and a user in front of it. */
export class PtySession {
  readonly screen: ScreenModel;
  /** All bytes it wrote, as text. */
  raw = '';
  readonly #bridge: ChildProcessByStdio<Writable, Readable, null>;
  #code: number | null = null;

  constructor(program: string, options: PtyOptions = {}) {
    const { columns = 80, rows = 24 } = options;
    this.screen = new ScreenModel(columns, rows);
    const bridge = fileURLToPath(new URL('pty_bridge.py', import.meta.url));
    const args = [bridge, String(columns), String(rows), process.execPath, program, ...(options.args ?? [])];
    this.#bridge = spawn('python3', args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm-256color', ...options.env },
    });
    this.#bridge.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.raw += chunk;
      this.screen.feed(chunk);
    });
    this.#bridge.stdin.on('error', () => undefined);
    this.#bridge.on('close', (code) => (this.#code = code ?? 255));
  }

  type(text: string): void {
    // Half of a surrogate pair \udc80…\udcff stands for a byte, as in Python.
    this.#order({ type: text });
  }

  /** Resizes the window and waits until the program has drawn anew. */
  async resize(columns: number, rows: number): Promise<void> {
    const { length } = this.raw;
    this.screen.resize(columns, rows);
    this.#order({ size: [columns, rows] });
    await this.#wait(() => this.raw.length > length, 'an answer to the resize');
  }

  /** Sends a signal to the program. */
  signalProgram(name: NodeJS.Signals): void {
    this.#order({ signal: constants.signals[name] });
  }

  hangUp(): void {
    this.#order({ hangUp: true });
  }

  /** Waits until the row of the cursor ends so, up to the cursor. */
  async cursorBehind(text: string): Promise<void> {
    await this.#wait(() => this.screen.beforeCursor.endsWith(text), `cursor behind ${JSON.stringify(text)}`);
  }

  /** Waits until this was shown anywhere. */
  async shows(text: string | RegExp): Promise<void> {
    const isShown = (): boolean =>
      typeof text === 'string' ? this.screen.text.includes(text) : text.test(this.screen.text);
    await this.#wait(isShown, String(text));
  }

  /** Waits until a condition of the screen holds. */
  async until(condition: (screen: ScreenModel) => boolean, what: string): Promise<void> {
    await this.#wait(() => condition(this.screen), what);
  }

  /** Waits for the end of the program. @returns its exit code. */
  async exit(): Promise<number> {
    await this.#wait(() => this.#code !== null, 'the end of the program');
    return this.#code ?? 255;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bridge.stdin.end();
    if (this.#code === null) await this.exit();
  }

  async #wait(condition: () => boolean, what: string): Promise<void> {
    try {
      await waitUntil(condition, { what, everyMs: 2 });
    } catch (error) {
      throw new Error(
        `${String(error)}; the screen is\n${this.screen.text}\nand the cursor behind "${this.screen.beforeCursor}"`,
      );
    }
  }

  #order(order: object): void {
    this.#bridge.stdin.write(`${JSON.stringify(order)}\n`);
  }
}
