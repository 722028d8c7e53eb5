import type { Assistant, Candidate, Completion } from './assistant.js';
import { listOf } from './candidate-list.js';
import { isUnsafe } from './escape.js';
import type { LineBuffer } from './line-buffer.js';

/** What the menu needs of the screen. */
export interface MenuSurface {
  readonly columns: number;
  readonly isColour: boolean;
  /** Shows text below the line being edited, and the line again below that. */
  printBelow(text: string): void;
  redraw(): void;
  ring(): void;
}

/** The answer to Tab and how far it was used: common prefix, then the list, then one candidate after the other. */
interface Menu {
  readonly completion: Completion;
  stage: 'inserted' | 'listed';
  /** Candidate that stands in the line, -1 for none. */
  index: number;
  /** End of what stands in the line. */
  end: number;
}

const ANSWER_LIMIT_MS = 250;

/**
 * Tab and `?`. A question to the assistant never blocks: any other key drops it, and so do 250 ms.
 */
export class CompletionMenu {
  readonly #assistant: Assistant;
  readonly #buffer: LineBuffer;
  readonly #surface: MenuSurface;
  #menu: Menu | null = null;
  #question: AbortController | null = null;
  /** Presses of Tab since the question that is under way. */
  #presses: (1 | -1)[] = [];

  constructor(assistant: Assistant, buffer: LineBuffer, surface: MenuSurface) {
    this.#assistant = assistant;
    this.#buffer = buffer;
    this.#surface = surface;
  }

  /** Tab, or Shift-Tab with step -1. */
  press(step: 1 | -1): void {
    if (this.#menu !== null) {
      this.#advance(this.#menu, step);
      return;
    }
    // A second press while the first waits for its answer counts once the answer is there.
    if (this.#presses.push(step) === 1) this.#ask((completion) => this.#begin(completion));
  }

  /** `?`: lists what can stand at the cursor and leaves the line as it is. */
  help(): void {
    this.leave();
    this.#ask((completion) => {
      const list = listOf(completion, this.#surface.columns, this.#surface.isColour);
      this.#surface.printBelow(list === '' ? 'No help here\n' : list);
    });
  }

  /** Any other key: the question is dropped, what stands in the line stays. */
  leave(): void {
    this.#menu = null;
    this.#presses = [];
    this.#question?.abort();
    this.#question = null;
  }

  #ask(use: (completion: Completion) => void): void {
    const question = new AbortController();
    this.#question?.abort();
    this.#question = question;
    const limit = setTimeout(() => question.abort(), ANSWER_LIMIT_MS);
    limit.unref();
    void this.#answer(question.signal).then((completion) => {
      clearTimeout(limit);
      if (this.#question !== question) return;
      this.#question = null;
      if (completion !== null) use(completion);
      else this.#nothing();
    });
  }

  /** Null for no answer in time, and for an error: completion degrades to nothing. */
  async #answer(signal: AbortSignal): Promise<Completion | null> {
    const late = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
    try {
      return await Promise.race([this.#assistant.complete(this.#buffer.text, this.#buffer.cursor, signal), late]);
    } catch {
      return null;
    }
  }

  #nothing(): void {
    this.#presses = [];
    this.#surface.ring();
  }

  #begin(completion: Completion): void {
    const presses = this.#presses;
    this.#presses = [];
    const candidates = completion.candidates.filter(({ text }) => !isUnsafe(text));
    const { start } = completion;
    const { cursor, text } = this.#buffer;
    if (start < 0 || start > cursor) return;
    const partial = text.slice(start, cursor);
    const menu: Menu = { completion: { ...completion, candidates }, stage: 'inserted', index: -1, end: cursor };
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1 && (partial !== '' || completion.placeholders.length === 0)) {
      this.#insertOnly(only, start);
      return;
    }
    this.#menu = menu;
    const prefix = commonPrefix(candidates);
    if (partial !== '' || completion.placeholders.length === 0) {
      if (prefix.length > partial.length) this.#put(menu, prefix);
    }
    if (candidates.length === 0 && completion.placeholders.length === 0 && !completion.mayEnd) this.#surface.ring();
    for (const step of presses.slice(1)) this.#advance(menu, step);
    this.#surface.redraw();
  }

  #insertOnly(candidate: Candidate, start: number): void {
    const { text, cursor } = this.#buffer;
    const hasBlank = text.charAt(cursor) === ' ' && candidate.isPart !== true;
    const end = hasBlank || candidate.isPart === true ? '' : ' ';
    this.#buffer.replace(start, cursor, candidate.text + end);
    if (hasBlank) this.#buffer.moveForward();
    this.#surface.redraw();
  }

  #advance(menu: Menu, step: 1 | -1): void {
    const { candidates } = menu.completion;
    if (menu.stage === 'inserted') {
      menu.stage = 'listed';
      const list = listOf(menu.completion, this.#surface.columns, this.#surface.isColour);
      if (list === '') this.#surface.ring();
      else this.#surface.printBelow(list);
      return;
    }
    if (candidates.length === 0) {
      this.#surface.ring();
      return;
    }
    const next = menu.index < 0 && step < 0 ? -1 : menu.index + step;
    menu.index = (next + candidates.length) % candidates.length;
    this.#put(menu, candidates[menu.index]?.text ?? '');
    this.#surface.redraw();
  }

  #put(menu: Menu, text: string): void {
    this.#buffer.replace(menu.completion.start, menu.end, text);
    menu.end = this.#buffer.cursor;
  }
}

function commonPrefix(candidates: readonly Candidate[]): string {
  let prefix = candidates[0]?.text ?? '';
  for (const { text } of candidates) {
    let length = 0;
    while (length < prefix.length && prefix.charAt(length) === text.charAt(length)) length++;
    prefix = prefix.slice(0, length);
  }
  // Never half of a surrogate pair.
  return prefix.isWellFormed() ? prefix : prefix.slice(0, -1);
}
