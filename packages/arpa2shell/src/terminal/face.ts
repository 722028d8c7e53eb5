import type { LineKind, ReadResult } from './line-editor.js';
import type { Prompt } from './tone.js';

/** Options of {@link Face.readLine}. */
export interface LineOptions {
  readonly signal?: AbortSignal;
  /** Default: a command. */
  readonly kind?: LineKind;
}

/** One kind of terminal: with cursor control and keys, or plain. */
export interface Face {
  /** @throws the signal's reason when it aborts. */
  readLine(prompt: Prompt, options: LineOptions): Promise<ReadResult>;
  write(text: string): void;
  page(text: string): Promise<void>;
  /** Calls back on Ctrl-C, and when the user is gone, while no line is read. */
  onInterrupt: (() => void) | null;
  /** Shows a passing note on a line of its own; '' takes it away. */
  note(text: string): void;
  close(): void;
}
