import { quoted, type CommandOutput } from '@arpa2amqp/protocol';
import { CommandCall } from './command-call.js';
import type { PlannedCommand } from './command-table.js';
import { abortReason, endsWithin } from './deadline.js';
import type { Shell } from './define-shell.js';
import type { Caller, CommandDefinition } from './definition.js';
import type { Logger } from './logger.js';
import { failure } from './output.js';
import { ShellError } from './shell-error.js';

/** After its abort a command has so long to end before its session is given up, in milliseconds. */
const SETTLE_MS = 1000;

/** What one command of a {@link RunnerSession} gets. */
export interface RunnerInput {
  readonly stdin: string;
  readonly signal: AbortSignal;
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
    if (input.signal.aborted) return aborted(input.signal);
    const work = this.#execute(definition, command, input);
    this.#busy = work;
    const output = await untilAborted(work, input.signal);
    if (output !== undefined) this.#busy = undefined;
    return output ?? aborted(input.signal);
  }

  /** Gives the state back once the running command has ended. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #open(): Promise<State> {
    return (await this.#shell.definition.openSession?.(this.#caller)) as State;
  }

  async #execute(
    definition: CommandDefinition<State>,
    command: PlannedCommand,
    input: RunnerInput,
  ): Promise<CommandOutput> {
    try {
      const call = new CommandCall({ ...input, command, state: await this.#state, caller: this.#caller });
      await definition.run(call);
      return call.output();
    } catch (error) {
      if (error instanceof ShellError) return failure(error.code, error.message);
      if (!input.signal.aborted) this.#report(error, 'command-broke', command.args[0]);
      return failure('internal', `${this.#shell.name} has a defect here; the log of its host tells more`);
    }
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
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error({ shell: this.#shell.name, command, error: quoted(message, 1000) }, event);
  }
}

function aborted(signal: AbortSignal): CommandOutput {
  const reason = abortReason([signal]);
  return failure(reason.code, reason.message);
}

/** The output of a command, or undefined when the signal is faster. */
async function untilAborted(work: Promise<CommandOutput>, signal: AbortSignal): Promise<CommandOutput | undefined> {
  return await new Promise((resolve) => {
    const abort = () => resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    void work.then((output) => {
      signal.removeEventListener('abort', abort);
      resolve(output);
    });
  });
}
