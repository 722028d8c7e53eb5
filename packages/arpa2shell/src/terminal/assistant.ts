/** What the line editor asks about the line being typed. The editor catches what any of these throws: it shows nothing then. */
export interface Assistant {
  /** What can stand at the cursor. May take long or never end: the editor drops the question after 250 ms or another key. */
  complete(line: string, cursor: number, signal: AbortSignal): Promise<Completion>;
  /** The rest of the line, as far as it is known, to be shown grey behind it. Synchronous and local: it runs on every key. */
  hint(line: string): string;
  /** The words that cannot be right, to be shown red. Synchronous and local: it runs on every key. */
  judge(line: string): readonly Span[];
}

/** A part of a line, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What can stand in place of the word from `start` to the cursor. */
export interface Completion {
  /** Where the word begins that the candidates replace. */
  readonly start: number;
  readonly candidates: readonly Candidate[];
  /** Values that cannot be listed, as `<port>`. */
  readonly placeholders: readonly Placeholder[];
  /** True when the line may end here, shown as `<cr>`. */
  readonly mayEnd: boolean;
}

/** A word that can be inserted. */
export interface Candidate {
  /** As inserted, quoted where needed. */
  readonly text: string;
  /** As listed. */
  readonly label: string;
  readonly help?: string;
  /** The word goes on behind it, as behind a directory: no blank is added. */
  readonly isPart?: boolean;
}

/** A value that is known by name only. */
export interface Placeholder {
  readonly name: string;
  readonly help?: string;
}
