/**
 * The JSON form of a command, as it came (hence `unknown`): the literal words in `do_`, without the word of the shell, and every
 * variable under its name as a string or an array of strings.
 *
 * @public
 */
export interface JsonCommand {
  readonly do_: string | readonly string[];
  readonly [variable: string]: unknown;
}

/**
 * An accepted command. Plain data: may cross a process border as JSON.
 *
 * @public
 */
export interface Match {
  readonly ok: true;
  /** The words of the command in the order of the grammar; a line of exactly these words is accepted too. */
  readonly args: readonly string[];
  /** What each variable received, in order. Has no prototype: a variable that received nothing is absent whatever its name. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** The names of the literals taken, in order. */
  readonly literals: readonly string[];
}

/**
 * A refused command. Plain data. Values of secret variables are nowhere in it.
 *
 * @public
 */
export interface MatchFailure {
  readonly ok: false;
  /** For a person: what is wrong, where, and what was expected. */
  readonly message: string;
  /** Index of the offending word (of the line, or of `do_`); the number of words when they ran out. */
  readonly at?: number;
  /** What could have stood there: literals in plain text, variables as `<name>`, the end of the command as `<cr>`. */
  readonly expected?: readonly string[];
  /** JSON form: the variables of which one more value was needed (or `do_`). */
  readonly missing?: readonly string[];
  /** JSON form: the keys with values that found no place, or that are no variable of this command (names cut to 100 characters). */
  readonly unused?: readonly string[];
  /** The variable (or `do_`) whose value is refused. */
  readonly invalid?: string;
}
