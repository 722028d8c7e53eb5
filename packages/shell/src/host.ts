import type { CommandOutput } from '@arpa2amqp/protocol';
import type { CommandTable, PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { ShellDescription } from './description.js';

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

/** Commands of one batch in one shell: they share the shell's state and run one after the other. */
export interface ShellSession {
  /** Runs one command. Never rejects: what goes wrong is in the output's `code`. */
  run(command: PlannedCommand, options: RunOptions): Promise<CommandOutput>;
  /** Runs commands in order with one message to the shell instead of one each. The outputs have the order of the commands. */
  runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]>;
  /** Ends the session and gives its state back. Idempotent, never rejects. */
  close(): Promise<void>;
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
  open(caller: Caller, options?: { readonly signal?: AbortSignal }): Promise<ShellSession>;
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
  close(): Promise<void>;
  destroy(): void;
}

/** A session that is used by one call at a time. */
export interface BackendSession {
  runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]>;
  close(): Promise<void>;
}
