import type { ValueType } from '@arpa2amqp/grammar';
import type { Candidate } from '@arpa2amqp/protocol';
import type { Need } from './need.js';

/** Who gave a command, as proven by the ticket. */
export interface Caller {
  /** ARPA2 identity, e.g. `demo@arpa2.net`. */
  readonly identity: string;
  /** Kerberos principal the identity was made from. */
  readonly principal: string;
  /** End of the ticket; null when there is no ticket at all. */
  readonly expires: Date | null;
}

/** Whether a command only looks (`read`) or may alter something (`change`); the journal keeps changes only. */
export type CommandEffect = 'read' | 'change';

/** One command at work: what was given, and where its output goes. */
export interface Call<State = unknown> {
  /** The words of the command in the order of the grammar, literals and values mixed. */
  readonly words: readonly string[];
  /** What `openSession` made for this batch or interactive session. */
  readonly state: State;
  readonly caller: Caller;
  /** Text of `stdin_`, empty when there was none. */
  readonly stdin: string;
  /** Aborted when the time is over, the caller interrupts or the host shuts down: end soon, the answer is given already. */
  readonly signal: AbortSignal;
  /** The one value of a variable. @throws TypeError when it has none: use `optional` where the grammar allows that. */
  value(name: string): string;
  /** The first value of a variable, undefined when it was left out. */
  optional(name: string): string | undefined;
  /** All values of a variable in order. */
  all(name: string): readonly string[];
  /** True when this literal of the grammar was given. */
  has(literal: string): boolean;
  /** Adds a header; headers come before everything printed. @throws TypeError for a bad name or a line break in the value. */
  header(name: string, value: string): void;
  /** Prints to stdout; a line break is added when the text does not end with one. */
  print(text: string): void;
  /** Makes one JSON object the whole body. @throws TypeError beside `print`, twice, or with a key that ends in `_`. */
  json(object: Readonly<Record<string, unknown>>): void;
  /** Prints to stderr, which makes the command a failed one; a line break is added as by `print`. */
  complain(text: string): void;
}

/** One command of a shell. */
export interface CommandDefinition<State = unknown> {
  /** Grammar; starts with one literal word, the command's name, which no other command of the shell has. */
  readonly spec: string;
  /** One line for `help`. */
  readonly summary: string;
  readonly effect: CommandEffect;
  /**
   * True: everyone with a ticket may give it. Every command has either this or `needs`; beside `needs`, the literals with which
   * nothing is needed, e.g. `['config']`.
   */
  readonly open?: readonly string[] | true;
  /** What the caller must hold. Of several, all those that are for the literals given; every form of the command must have one. */
  readonly needs?: Need | readonly Need[];
  /** Literals of the spec with which the command only looks although its effect is `change`, e.g. `['list']`. */
  readonly reads?: readonly string[];
  /** Types of this command's variables; before those of the shell. */
  readonly types?: Readonly<Record<string, ValueType>>;
  /** One line of help for each literal (`add`) and variable (`<zone>`) of the spec, as far as there is something to say. */
  readonly help?: Readonly<Record<string, string>>;
  /**
   * True, or the literals that make it so, when the command only sets the state of its session, e.g. `['config']`. Every batch
   * has a session of its own, so an interactive shell repeats those that succeeded in front of each later batch.
   */
  readonly session?: readonly string[] | true;
  run(call: Call<State>): void | Promise<void>;
}

/** What a completion hook is asked: which values a variable may have in a line that is being typed. */
export interface CompletionRequest<State = unknown> {
  /** What stands of the word already; only candidates that begin with it are used. */
  readonly partial: string;
  /** The values of the variables before it. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Names of the literals before it. */
  readonly literals: readonly string[];
  readonly caller: Caller;
  /** A fresh one: that of `openSession`. */
  readonly state: State;
  /** Aborted when the answer is not waited for any longer: end soon. */
  readonly signal: AbortSignal;
}

/** What a completion hook answers: whole words, with a line of help where there is something to say. In any order. */
export type Candidates = Iterable<string | Candidate>;

/**
 * Knows the values that a variable may have now. What it throws, and what takes longer than 200 ms, is no answer: the user sees
 * no candidates and no error. It must not change anything.
 */
export type CompletionHook<State = unknown> = (request: CompletionRequest<State>) => Candidates | Promise<Candidates>;

/** Everything that makes a shell, see {@link defineShell}. */
export interface ShellDefinition<State = unknown> {
  /** First word of every command, e.g. `arpa2dns`: lower-case letters, digits and hyphens, at most 32. */
  readonly name: string;
  /** Printed by `version` behind the name, e.g. `0.1`. */
  readonly version: string;
  /** What the shell is for, in a few sentences. */
  readonly intro: string;
  /** Types of variables that several commands share. */
  readonly types?: Readonly<Record<string, ValueType>>;
  /** Makes the state of one session: a batch, or an interactive session. Asked before the session's first command. */
  openSession?(caller: Caller): State | Promise<State>;
  /** Gives back what the state holds. Called once for every state made. */
  closeSession?(state: State): void | Promise<void>;
  /**
   * Begins the work that the shell does by itself, once, where its commands run: not in the process of its completion hooks, and
   * not where it is only described. What it throws is logged, and the commands go on: what must keep the shell from being used
   * at all (a wrong option, a damaged file) is for an async `createShell` to throw.
   */
  start?(): void | Promise<void>;
  /** Gives back what the shell itself holds. Called once, when all sessions have ended; not waited for longer than 2 s. */
  close?(): void | Promise<void>;
  /** Completion hooks by the name of the variable, for all commands that have it. */
  readonly complete?: Readonly<Record<string, CompletionHook<State>>>;
  readonly commands: readonly CommandDefinition<State>[];
}
