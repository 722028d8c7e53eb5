import type { CommandOutput } from '@arpa2amqp/protocol';
import { BUILTIN_COMMANDS, Builtins } from './builtins.js';
import { CommandTable, type PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { ShellDescription } from './description.js';
import { checkOwnCommands } from './define-shell.js';
import type {
  BackendSession,
  RunAllOptions,
  RunOptions,
  SessionCommand,
  ShellBackend,
  ShellHost,
  ShellSession,
} from './host.js';
import { failure, hasFailed, NOT_RUN } from './output.js';
import { ShellError } from './shell-error.js';

/**
 * Puts the built-in commands in front of a shell. They are answered here, without the shell: also while it is down, and
 * for executable shells.
 * @throws BusError `config` when the shell has a bad spec or one with the name of a built-in command.
 */
export function withBuiltins(backend: ShellBackend): ShellHost {
  return new HostWithBuiltins(backend);
}

class HostWithBuiltins implements ShellHost {
  readonly description: ShellDescription;
  readonly table: CommandTable;
  readonly #backend: ShellBackend;
  readonly #builtins: Builtins;

  constructor(backend: ShellBackend) {
    const own = backend.description;
    checkOwnCommands(own);
    // Own commands first: their indexes are the same on both sides.
    this.description = Object.freeze({ ...own, commands: Object.freeze([...own.commands, ...BUILTIN_COMMANDS]) });
    this.table = new CommandTable(this.description);
    this.#backend = backend;
    this.#builtins = new Builtins(this.table);
  }

  get name(): string {
    return this.description.name;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the shell itself is asked at the first command of its own
  async open(caller: Caller, options: { readonly signal?: AbortSignal } = {}): Promise<ShellSession> {
    const open = async () => await this.#backend.open(caller, options.signal);
    return new SessionWithBuiltins(open, (command) => this.#builtins.answer(command, caller));
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  destroy(): void {
    this.#backend.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Opens the shell's own session when it is first needed, and lets one call at a time through to it. */
class SessionWithBuiltins implements ShellSession {
  readonly #open: () => Promise<BackendSession>;
  readonly #answer: (command: PlannedCommand) => CommandOutput | undefined;
  #inner: Promise<BackendSession> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(open: () => Promise<BackendSession>, answer: (command: PlannedCommand) => CommandOutput | undefined) {
    this.#open = open;
    this.#answer = answer;
  }

  async run(command: PlannedCommand, options: RunOptions): Promise<CommandOutput> {
    const { stdin, ...limits } = options;
    const [output] = await this.runAll([stdin === undefined ? { command } : { command, stdin }], limits);
    return output ?? failure('internal', 'The command got no output');
  }

  async runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]> {
    if (this.#closing !== undefined) return commands.map(() => failure('unavailable', 'The session is closed'));
    const turn = this.#tail.then(async () => await this.#runInTurn(commands, options));
    this.#tail = turn;
    return await turn;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Answers built-in commands and hands each run of the shell's own ones on as a whole. Never rejects. */
  async #runInTurn(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]> {
    const outputs: CommandOutput[] = [];
    while (outputs.length < commands.length) {
      const answers = await this.#runNext(commands, outputs.length, options);
      outputs.push(...answers);
      if (options.stopOnFailure === true && answers.some(hasFailed)) break;
    }
    while (outputs.length < commands.length) outputs.push(NOT_RUN);
    return outputs;
  }

  /** The output of one built-in command, or of all own commands up to the next built-in one. */
  async #runNext(
    commands: readonly SessionCommand[],
    start: number,
    options: RunAllOptions,
  ): Promise<readonly CommandOutput[]> {
    const own: SessionCommand[] = [];
    for (let index = start; index < commands.length; index += 1) {
      const entry = commands[index];
      const answer = entry === undefined ? undefined : this.#answer(entry.command);
      if (answer !== undefined && own.length === 0) return [answer];
      if (answer !== undefined || entry === undefined) break;
      own.push(entry);
    }
    return await this.#runOwn(own, options);
  }

  async #runOwn(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]> {
    try {
      // A shell that could not be opened stays so for the session: later commands must not run without the earlier ones.
      this.#inner ??= this.#open();
      return await (await this.#inner).runAll(commands, options);
    } catch (error) {
      const output =
        error instanceof ShellError
          ? failure(error.code, error.message)
          : failure('unavailable', 'The shell could not take the command');
      return commands.map((_command, index) => (index > 0 && options.stopOnFailure === true ? NOT_RUN : output));
    }
  }

  async #close(): Promise<void> {
    await this.#tail;
    const inner = await this.#inner?.catch(() => undefined);
    await inner?.close();
  }
}
