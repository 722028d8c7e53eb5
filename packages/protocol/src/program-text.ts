/** An option of a command-line program, as the parser of its words and the writers of its documents want it. */
export interface ProgramOption {
  readonly type: 'string' | 'boolean';
  /** A single letter. */
  readonly alias?: string;
  /** It may be repeated; without `nargs` it takes all words up to the next option. */
  readonly array?: boolean;
  readonly nargs?: 1;
  readonly requiresArg?: boolean;
  /** What stands for the value in documents; FILE or DIR completes names of files or directories. */
  readonly valueName?: string;
  readonly choices?: readonly string[];
  readonly default?: string | boolean;
  readonly describe: string;
}

/** What is told below the options: a text, or terms and what they mean. */
export type ProgramSection =
  | { readonly title: string; readonly text: string }
  | { readonly title: string; readonly rows: readonly (readonly [term: string, meaning: string])[] };

/** A command-line program as its users see it: `--help`, manual page and completions of shells are made from it. */
export interface ProgramText {
  readonly name: string;
  /** Of the manual. */
  readonly section: 1 | 8;
  readonly title: string;
  readonly synopsis: string;
  /** What the words are that are no options. */
  readonly operand?: 'FILE';
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, ProgramOption>>;
  readonly examples?: readonly (readonly [command: string, what: string])[];
  readonly sections: readonly ProgramSection[];
  readonly seeAlso: readonly string[];
}

/**
 * Writes what a program's `--help` shows below its options.
 *
 * @param sections - of the program
 * @returns the sections as text, parted by empty lines, without a line end behind the last
 */
export function textOfSections(sections: readonly ProgramSection[]): string {
  return sections
    .map((section) => {
      if ('text' in section) return `${section.title}\n  ${section.text}`;
      const width = Math.max(...section.rows.map(([term]) => term.length));
      return [section.title, ...section.rows.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`)].join(
        '\n',
      );
    })
    .join('\n\n');
}
