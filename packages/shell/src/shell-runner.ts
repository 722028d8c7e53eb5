import { isPromise } from 'node:util/types';
import type { CommandOutput } from '@arpa2amqp/protocol';
import { CommandCall } from './command-call.js';
import type { PlannedCommand } from './command-table.js';
import type { Shell } from './define-shell.js';
import type { Caller, CommandDefinition } from './definition.js';
import { logText } from './log-text.js';
import type { Logger } from './logger.js';
import { failure } from './output.js';
import { reasonOf } from './reason.js';
import { ShellError } from './shell-error.js';
import { endsWithin, interruption, type StopSwitch } from './stop-switch.js';

/** After its abort a command has so long to end before its session is given up, in milliseconds. */
const SETTLE_MS = 1000;

/** What one command of a {@link RunnerSession} gets. */
export interface RunnerInput {
  readonly stdin: string;
  readonly stop: StopSwitch;
  readonly maxOutputBytes: number;
}

/**
 * One session of a shell inside the process that holds the shell. Life cycle: opening (openSession runs) -> open -> closed.
 *
 * 1. Commands of a session never overlap: one that goes on after its abort keeps the session until it ends.
 * 2. Every state made is given to closeSession once, also when it comes late.
 * 3. An aborted command is answered at once; what it does later is dropped.
 */
export class RunnerSession<State> {
  readonly #shell: Shell<State>;
  readonly #caller: Caller;
  readonly #logger: Logger;
  readonly #state: Promise<State>;
  #opened: { readonly state: State } | undefined;
  #busy: Promise<unknown> | undefined;
  #settleMs = SETTLE_MS;
  #closing: Promise<void> | undefined;

  constructor(shell: Shell<State>, caller: Caller, logger: Logger) {
    this.#shell = shell;
    this.#caller = caller;
    this.#logger = logger;
    this.#state = this.#open();
    // Every command waits for the state and meets its failure there.
    this.#state.catch(() => undefined);
  }

  /** Runs one command. Never rejects. */
  async run(command: PlannedCommand, input: RunnerInput): Promise<CommandOutput> {
    if (this.#closing !== undefined) return failure('unavailable', 'The session is closed');
    if (this.#busy !== undefined && !(await endsWithin(this.#busy, this.#settleMs))) {
      // The commands that follow do not wait again: there may be a thousand.
      this.#settleMs = 0;
      return failure('unavailable', 'An earlier command of this session was stopped and has not ended yet');
    }
    const definition = this.#shell.definition.commands[command.index];
    if (definition === undefined) return failure('internal', `The shell ${this.#shell.name} has no such command`);
    if (input.stop.reason !== undefined) return stopped(input.stop);
    const work = this.#execute(definition, command, input);
    if (!isPromise(work)) return work;
    this.#busy = work;
    const output = await untilStopped(work, input.stop);
    if (output === undefined) return stopped(input.stop);
    this.#busy = undefined;
    return output;
  }

  /** Gives the state back once the running command has ended. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #open(): Promise<State> {
    const state = (await this.#shell.definition.openSession?.(this.#caller)) as State;
    this.#opened = { state };
    return state;
  }

  /** Runs a command; one that does not wait for anything has its output at once. Never throws, never rejects. */
  #execute(
    definition: CommandDefinition<State>,
    command: PlannedCommand,
    input: RunnerInput,
  ): CommandOutput | Promise<CommandOutput> {
    if (this.#opened === undefined) return this.#executeOpening(definition, command, input);
    const call = new CommandCall({ ...input, command, state: this.#opened.state, caller: this.#caller });
    try {
      const result: unknown = definition.run(call);
      if (!isPromise(result)) return call.output();
      return result.then(
        () => call.output(),
        (error: unknown) => this.#outputOf(error, command, input),
      );
    } catch (error) {
      return this.#outputOf(error, command, input);
    }
  }

  async #executeOpening(
    definition: CommandDefinition<State>,
    command: PlannedCommand,
    input: RunnerInput,
  ): Promise<CommandOutput> {
    try {
      await this.#state;
    } catch (error) {
      return this.#outputOf(error, command, input);
    }
    // Stopped while the session opened: it must not start after its answer was given.
    return input.stop.reason === undefined ? await this.#execute(definition, command, input) : stopped(input.stop);
  }

  #outputOf(error: unknown, command: PlannedCommand, input: RunnerInput): CommandOutput {
    if (error instanceof ShellError) return failure(error.code, error.message);
    if (input.stop.reason === undefined) this.#report(error, 'command-broke', command.args[0]);
    return failure('internal', `${this.#shell.name} has a defect here; the log of its host tells more`);
  }

  async #close(): Promise<void> {
    if (this.#busy !== undefined) await endsWithin(this.#busy, SETTLE_MS);
    try {
      await this.#shell.definition.closeSession?.(await this.#state);
    } catch (error) {
      this.#report(error, 'close-session-broke');
    }
  }

  #report(error: unknown, event: string, command?: string): void {
    const stack: unknown =
      typeof error === 'object' && error !== null ? (error as { stack?: unknown }).stack : undefined;
    const message = typeof stack === 'string' ? stack : reasonOf(error);
    this.#logger.error({ shell: this.#shell.name, command, error: logText(message, 1000) }, event);
  }
}

function stopped(stop: StopSwitch): CommandOutput {
  const { code, message } = stop.reason ?? interruption();
  return failure(code, message);
}

/** The output of a command, or undefined when it is stopped first. */
async function untilStopped(work: Promise<CommandOutput>, stop: StopSwitch): Promise<CommandOutput | undefined> {
  return await new Promise((resolve) => {
    stop.onStop(() => resolve(undefined));
    void work.then(resolve);
  });
}
