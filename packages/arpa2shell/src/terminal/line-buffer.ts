import { nextCluster, previousCluster } from './cells.js';

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

/** Longest line in UTF-16 units; what goes beyond is not taken. */
const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_KILLS = 20;
const MAX_UNDO = 100;

/** The line being edited: text, cursor, killed text, undo. Knows nothing of keys and of the screen. */
export class LineBuffer {
  #text = '';
  #cursor = 0;
  readonly #kills: string[] = [];
  #undo: Snapshot[] = [];
  #isKilling = false;
  #isTyping = false;
  #yanked: { readonly start: number; readonly index: number } | null = null;

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get isAtEnd(): boolean {
    return this.#cursor === this.#text.length;
  }

  /** Forgets the line and its undo steps; killed text stays. */
  clear(): void {
    this.#text = '';
    this.#cursor = 0;
    this.#undo = [];
    this.#endRuns();
  }

  set(text: string, cursor = text.length): void {
    this.#endRuns();
    this.#change(text, cursor);
  }

  /** Enters text at the cursor. @returns false when the line would be too long. */
  insert(text: string): boolean {
    if (this.#text.length + text.length > MAX_LENGTH) return false;
    const isRun = this.#isTyping;
    this.#endRuns();
    if (!isRun) this.#remember();
    this.#isTyping = true;
    this.#put(this.#cursor, this.#cursor, text);
    return true;
  }

  /** Replaces a part of the line and sets the cursor behind it. */
  replace(start: number, end: number, text: string): void {
    this.#endRuns();
    this.#remember();
    this.#put(start, end, text);
  }

  moveTo(cursor: number): void {
    this.#endRuns();
    this.#cursor = Math.max(0, Math.min(cursor, this.#text.length));
  }

  moveBackward(): void {
    this.moveTo(previousCluster(this.#text, this.#cursor));
  }

  moveForward(): void {
    this.moveTo(nextCluster(this.#text, this.#cursor));
  }

  /** Start of the word before the cursor; a word is letters and digits, or, with `blank`, all but blanks. */
  wordStart(kind: 'letters' | 'blank' = 'letters'): number {
    const isWord = kind === 'blank' ? isNotBlank : isLetter;
    let at = this.#cursor;
    while (at > 0 && !isWord(this.#text.charAt(at - 1))) at--;
    while (at > 0 && isWord(this.#text.charAt(at - 1))) at--;
    return at;
  }

  wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#text.length && !isLetter(this.#text.charAt(at))) at++;
    while (at < this.#text.length && isLetter(this.#text.charAt(at))) at++;
    return at;
  }

  deleteBackward(): void {
    this.#cut(previousCluster(this.#text, this.#cursor), this.#cursor);
  }

  deleteForward(): void {
    this.#cut(this.#cursor, nextCluster(this.#text, this.#cursor));
  }

  /** Takes a part out of the line and keeps it for {@link yank}; one kill after another makes one piece. */
  kill(start: number, end: number): void {
    if (start >= end) return;
    const piece = this.#text.slice(start, end);
    const isBackward = end === this.#cursor;
    const last = this.#isKilling ? (this.#kills.pop() ?? '') : '';
    this.#kills.push(isBackward ? piece + last : last + piece);
    if (this.#kills.length > MAX_KILLS) this.#kills.shift();
    this.#cut(start, end);
    this.#isKilling = true;
  }

  yank(): void {
    const index = this.#kills.length - 1;
    const start = this.#cursor;
    if (index < 0) return;
    this.replace(start, start, this.#kills[index] ?? '');
    this.#yanked = { start, index };
  }

  /** Directly after {@link yank}: the piece killed before that one instead. */
  yankOlder(): void {
    const yanked = this.#yanked;
    if (yanked === null) return;
    const index = (yanked.index + this.#kills.length - 1) % this.#kills.length;
    this.replace(yanked.start, this.#cursor, this.#kills[index] ?? '');
    this.#yanked = { start: yanked.start, index };
  }

  /** Exchanges the characters around the cursor, at the end of the line the last two. */
  transpose(): void {
    const middle = this.isAtEnd ? previousCluster(this.#text, this.#cursor) : this.#cursor;
    const start = previousCluster(this.#text, middle);
    const end = nextCluster(this.#text, middle);
    if (start < middle) this.replace(start, end, this.#text.slice(middle, end) + this.#text.slice(start, middle));
  }

  undo(): void {
    const snapshot = this.#undo.pop();
    this.#endRuns();
    if (snapshot === undefined) return;
    this.#text = snapshot.text;
    this.#cursor = snapshot.cursor;
  }

  #cut(start: number, end: number): void {
    if (start < end) this.replace(start, end, '');
  }

  #change(text: string, cursor: number): void {
    this.#remember();
    this.#text = text;
    this.#cursor = cursor;
  }

  #put(start: number, end: number, text: string): void {
    const isAppended = start === this.#text.length;
    this.#text = isAppended ? this.#text + text : this.#text.slice(0, start) + text + this.#text.slice(end);
    this.#cursor = start + text.length;
  }

  #remember(): void {
    this.#undo.push({ text: this.#text, cursor: this.#cursor });
    if (this.#undo.length > MAX_UNDO) this.#undo.shift();
  }

  #endRuns(): void {
    this.#isKilling = false;
    this.#isTyping = false;
    this.#yanked = null;
  }
}

function isNotBlank(character: string): boolean {
  return character !== ' ' && character !== '\t';
}

function isLetter(character: string): boolean {
  return /[\p{L}\p{N}\p{M}\p{Cs}_]/u.test(character);
}
