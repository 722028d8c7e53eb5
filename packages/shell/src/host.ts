import type { Candidate, CommandOutput } from '@arpa2amqp/protocol';
import type { CommandTable, PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { CommandDescription, ShellDescription } from './description.js';

/** Limits of one command. */
export interface RunLimits {
  /** Time of each command in milliseconds; then its output is `timeout`. */
  readonly timeoutMs: number;
  /** Limit of stdout and of stderr, each, in bytes of UTF-8; over it the output is `too-large`. */
  readonly maxOutputBytes: number;
  /** Interrupts the command: its output is `interrupted`. */
  readonly signal?: AbortSignal;
}

/** Options of {@link ShellSession.run}. */
export interface RunOptions extends RunLimits {
  /** Fed to the command's stdin, default empty. */
  readonly stdin?: string;
}

/** One of several commands given at once. */
export interface SessionCommand {
  readonly command: PlannedCommand;
  /** Fed to the command's stdin, default empty. */
  readonly stdin?: string;
}

/** Options of {@link ShellSession.runAll}. */
export interface RunAllOptions extends RunLimits {
  /** After a failed command the others get `not-run`; default false. */
  readonly stopOnFailure?: boolean;
}

/** Which values a variable of a command may have, in a line that is being typed. */
export interface VariableQuestion {
  /** Index in the description's `commands`. */
  readonly command: number;
  readonly variable: string;
  /** What stands of the word already. */
  readonly partial: string;
  /** The values of the variables before it. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Names of the literals before it. */
  readonly literals: readonly string[];
}

/** Options of {@link ShellSession.complete}. */
export interface CompleteOptions {
  /** What is not known after so many milliseconds is not waited for. */
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** Commands of one batch in one shell: they share the shell's state and run one after the other. */
export interface ShellSession {
  /** Runs one command. Never rejects: what goes wrong is in the output's `code`. */
  run(command: PlannedCommand, options: RunOptions): Promise<CommandOutput>;
  /** Runs commands in order with one message to the shell instead of one each. The outputs have the order of the commands. */
  runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]>;
  /**
   * Asks the shell for the values of a variable: at most 1000 that begin with the partial word, in order. Empty when it knows
   * none, fails, or takes too long; never rejects. Independent of the commands of the session, and of their state.
   */
  complete(question: VariableQuestion, options: CompleteOptions): Promise<readonly Candidate[]>;
  /** Ends the session and gives its state back. Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * Tells of commands, in order, what of them the caller may see: the names of the literals whose forms are hidden, an empty list
 * when it is all of the command; null when it is nothing.
 */
export type CommandFilter = (commands: readonly CommandDescription[]) => Promise<readonly (readonly string[] | null)[]>;

/** A group or role that a caller belongs to, itself or by way of others. */
export interface GroupMembership {
  readonly kind: 'group' | 'role';
  readonly identity: string;
}

/** Tells what groups and roles the caller of a session belongs to, in order. */
export type GroupSource = () => Promise<readonly GroupMembership[]>;

/** Options of {@link ShellHost.open}. */
export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** What `help` and `describe` show; default all. */
  readonly visible?: CommandFilter;
  /** What `whoami` tells beside the identity; default nothing. */
  readonly groups?: GroupSource;
}

/** A shell ready to run, wherever it runs. */
export interface ShellHost extends AsyncDisposable {
  readonly name: string;
  /** Its commands, then the built-in ones; does not change during the life of the host. */
  readonly description: ShellDescription;
  /** The compiled grammars of `description.commands`. */
  readonly table: CommandTable;
  /**
   * Opens a session. Costs nothing until the first command that is not built in.
   * @throws ShellError `interrupted` when the signal is aborted already.
   */
  open(caller: Caller, options?: OpenOptions): Promise<ShellSession>;
  /** Lets running commands finish within a grace time, then ends the shell. Idempotent, never rejects. */
  close(): Promise<void>;
  /** Ends the shell now; what runs gets `unavailable`. */
  destroy(): void;
}

/** What a host has to be before it gets the built-in commands: {@link withBuiltins} adds them. */
export interface ShellBackend {
  /** Own commands only. */
  readonly description: ShellDescription;
  /** @throws ShellError when the shell cannot take a session now. */
  open(caller: Caller): Promise<BackendSession>;
  /** As {@link ShellSession.complete}; absent when there are no hooks. */
  complete?(caller: Caller, question: VariableQuestion, options: CompleteOptions): Promise<readonly Candidate[]>;
  /** Told that questions are to be expected. */
  warmUp?(): void;
  close(): Promise<void>;
  destroy(): void;
}

/** A session that is used by one call at a time. */
export interface BackendSession {
  runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]>;
  close(): Promise<void>;
}
