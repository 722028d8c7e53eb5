import type { Assistant, Span } from './assistant.js';
import { CompletionMenu, type MenuSurface } from './completion-menu.js';
import { HistorySearch } from './history-search.js';
import { HistoryWalk } from './history-walk.js';
import type { InputEvent } from './key-input.js';
import { LineBuffer } from './line-buffer.js';
import { ACCEPT_KEYS, LINE_KEYS } from './line-keys.js';
import { isInsideQuotes } from './open-quote.js';
import { piecesOf, type Prompt, type TonedText } from './tone.js';

/** How reading a line ended: Enter, Ctrl-C, Ctrl-D on an empty line, or because the terminal is gone. */
export type ReadResult =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'end' }
  | { readonly kind: 'gone' };

/** What kind of line is read: a command, or text in which no key asks for help and nothing comes from the history. */
export type LineKind = 'command' | 'text';

/** What is to be drawn. */
export interface EditorView {
  readonly prompt: readonly TonedText[];
  readonly line: string;
  /** In UTF-16 units. */
  readonly cursor: number;
  /** Grey rest behind the line. */
  readonly hint: string;
  /** Parts of the line shown red. */
  readonly wrong: readonly Span[];
}

/** What the editor needs of the screen. */
export interface EditorSurface extends MenuSurface {
  clearScreen(): void;
}

/** Options of {@link LineEditor}. */
export interface LineEditorOptions {
  readonly lines: () => readonly string[];
  readonly assistant: Assistant;
  readonly surface: EditorSurface;
}

/** Longer lines get neither hint nor colour: both are worked out on every key. */
const MAX_ASSISTED_LENGTH = 4096;

/** Keys that look for other lines. */
const OF_COMMANDS: ReadonlySet<string> = new Set(['up', 'down', 'ctrl+p', 'ctrl+n', 'ctrl+r', 'ctrl+s', 'shift+tab']);

/** What keys do to the line being read. Draws nothing itself: {@link view} tells what is to be seen. */
export class LineEditor {
  readonly #options: LineEditorOptions;
  readonly #buffer = new LineBuffer();
  readonly #menu: CompletionMenu;
  readonly #walk: HistoryWalk;
  #search: HistorySearch | null = null;
  #prompt: readonly TonedText[] = [];
  #kind: LineKind = 'command';
  /** After Ctrl-V the next key is typed. */
  #isLiteral = false;

  constructor(options: LineEditorOptions) {
    this.#options = options;
    this.#menu = new CompletionMenu(options.assistant, this.#buffer, options.surface);
    this.#walk = new HistoryWalk(options.lines);
  }

  begin(prompt: Prompt, kind: LineKind): void {
    this.stop();
    this.#buffer.clear();
    this.#kind = kind;
    this.#prompt = piecesOf(prompt);
  }

  /** Drops what is under way. */
  stop(): void {
    this.#menu.leave();
    this.#walk.reset();
    this.#search = null;
    this.#isLiteral = false;
  }

  /** @returns how reading ended, or null while it goes on. */
  take(event: InputEvent): ReadResult | null {
    if (this.#isLiteral) {
      this.#isLiteral = false;
      this.#typeLiteral(event);
      return null;
    }
    if (this.#search !== null && this.#takeInSearch(this.#search, event)) return null;
    if (event.kind === 'text') {
      this.#type(event.text);
      return null;
    }
    if (this.#kind === 'text') return this.#takeInText(event.chord);
    if (this.#takeInMenu(event.chord) || this.#takeInHistory(event.chord)) return null;
    this.#menu.leave();
    this.#walk.reset();
    return this.#takeKey(event.chord);
  }

  /** @param isFinal - the line as it stays on the screen, without a hint. */
  view(isFinal = false): EditorView {
    if (this.#search !== null) return this.#viewOfSearch(this.#search);
    const { text, cursor } = this.#buffer;
    return {
      prompt: this.#prompt,
      line: text,
      cursor: isFinal ? text.length : cursor,
      hint: isFinal ? '' : this.#hint(),
      wrong: this.#wrong(),
    };
  }

  #takeInText(chord: string): ReadResult | null {
    if (chord === '?') this.#type('?');
    else if (chord === 'tab') this.#type('\t');
    else if (!OF_COMMANDS.has(chord)) return this.#takeKey(chord);
    else this.#options.surface.ring();
    return null;
  }

  #takeKey(chord: string): ReadResult | null {
    switch (chord) {
      case 'return':
        return { kind: 'line', line: this.#buffer.text };
      case 'ctrl+c':
        return { kind: 'cancelled' };
      case 'ctrl+d':
        if (this.#buffer.text === '') return { kind: 'end' };
        this.#buffer.deleteForward();
        return null;
      case 'ctrl+v':
        this.#isLiteral = true;
        return null;
      case 'ctrl+l':
        this.#options.surface.clearScreen();
        return null;
      case 'ctrl+r':
      case 'ctrl+s':
        this.#search = new HistorySearch(this.#options.lines(), {
          text: this.#buffer.text,
          cursor: this.#buffer.cursor,
        });
        return null;
      default:
        if (!this.#acceptHint(chord)) LINE_KEYS.get(chord)?.(this.#buffer);
        return null;
    }
  }

  #type(text: string): void {
    this.#menu.leave();
    this.#walk.reset();
    if (!this.#buffer.insert(this.#kind === 'text' ? text : text.replaceAll('\t', ' '))) this.#options.surface.ring();
  }

  #typeLiteral(event: InputEvent): void {
    if (event.kind === 'text') this.#type(event.text);
    else if (event.chord === '?') this.#type('?');
    else if (event.chord === 'tab') this.#type('\t');
    else this.#options.surface.ring();
  }

  #takeInMenu(chord: string): boolean {
    if (chord === 'tab' || chord === 'shift+tab') {
      this.#walk.reset();
      this.#menu.press(chord === 'tab' ? 1 : -1);
      return true;
    }
    if (chord !== '?') return false;
    if (isInsideQuotes(this.#buffer.text.slice(0, this.#buffer.cursor))) this.#type('?');
    else this.#menu.help();
    return true;
  }

  #takeInHistory(chord: string): boolean {
    const isOlder = chord === 'up' || chord === 'ctrl+p';
    if (!isOlder && chord !== 'down' && chord !== 'ctrl+n') return false;
    this.#menu.leave();
    const line = isOlder ? this.#walk.older(this.#buffer.text) : this.#walk.newer(this.#buffer.text);
    if (line === null) this.#options.surface.ring();
    else this.#buffer.set(line);
    return true;
  }

  /** @returns false when the key ended the search and is to be taken as usual. */
  #takeInSearch(search: HistorySearch, event: InputEvent): boolean {
    const outcome = search.take(event);
    if (outcome === 'on') return true;
    this.#search = null;
    if (outcome === 'given-up') this.#buffer.set(search.origin.text, search.origin.cursor);
    else if (search.found !== null) this.#buffer.set(search.found.line);
    return outcome === 'given-up';
  }

  #viewOfSearch(search: HistorySearch): EditorView {
    const { found } = search;
    const label = search.isFailed ? '(nothing found) ' : '(search) ';
    return {
      prompt: [
        { text: label, tone: search.isFailed ? 'bad' : 'faint' },
        { text: `${search.query}: `, tone: 'plain' },
      ],
      line: found?.line ?? search.origin.text,
      cursor: found?.at ?? search.origin.cursor,
      hint: '',
      wrong: [],
    };
  }

  /** Only what can be typed is accepted: that ends before a `<placeholder>` and before a choice `this|that`. */
  #acceptHint(chord: string): boolean {
    if (!ACCEPT_KEYS.has(chord)) return false;
    const hint = this.#hint();
    const open = hint.search(/[<|]/);
    const accepted = open < 0 ? hint : hint.slice(0, hint.lastIndexOf(' ', open) + 1);
    if (accepted.trim() === '') return false;
    this.#buffer.insert(accepted);
    return true;
  }

  get #isAssisted(): boolean {
    const { length } = this.#buffer.text;
    return this.#kind === 'command' && length > 0 && length <= MAX_ASSISTED_LENGTH;
  }

  #hint(): string {
    const { text, isAtEnd } = this.#buffer;
    const { surface, assistant } = this.#options;
    // Without colour a hint would look like typed text.
    if (!surface.isColour || !isAtEnd || !this.#isAssisted) return '';
    try {
      return assistant.hint(text);
    } catch {
      return '';
    }
  }

  #wrong(): readonly Span[] {
    const { text } = this.#buffer;
    const { surface, assistant } = this.#options;
    if (!surface.isColour || !this.#isAssisted) return [];
    try {
      return assistant.judge(text);
    } catch {
      return [];
    }
  }
}
