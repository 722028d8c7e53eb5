import { setMaxListeners } from 'node:events';
import { isPromise } from 'node:util/types';
import type { Candidate, CommandOutput } from '@arpa2amqp/protocol';
import { BUILTIN_COMMANDS, Builtins, DESCRIBE, type Viewer } from './builtins.js';
import { CommandTable, type PlannedCommand } from './command-table.js';
import type { Caller } from './definition.js';
import type { ShellDescription } from './description.js';
import { checkOwnCommands } from './define-shell.js';
import type {
  BackendSession,
  CommandFilter,
  CompleteOptions,
  GroupSource,
  OpenOptions,
  RunAllOptions,
  RunOptions,
  SessionCommand,
  ShellBackend,
  ShellHost,
  ShellSession,
  VariableQuestion,
} from './host.js';
import { asRun, failure, hasFailed, NOT_RUN } from './output.js';
import { ShellError } from './shell-error.js';
import { endsWithin, interruption } from './stop-switch.js';

/**
 * Puts the built-in commands in front of a shell. They are answered here, without the shell: also while it is down, and
 * for executable shells.
 * @param closeTimeoutMs - how long `close` lets running commands go on
 * @throws BusError `config` when the shell has a bad spec or one with the name of a built-in command.
 */
export function withBuiltins(backend: ShellBackend, closeTimeoutMs = 5000): ShellHost {
  return new HostWithBuiltins(backend, closeTimeoutMs);
}

class HostWithBuiltins implements ShellHost {
  readonly description: ShellDescription;
  readonly table: CommandTable;
  readonly #backend: ShellBackend;
  readonly #builtins: Builtins;
  readonly #closeTimeoutMs: number;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;
  #isDestroyed = false;

  constructor(backend: ShellBackend, closeTimeoutMs: number) {
    const own = backend.description;
    checkOwnCommands(own);
    // Own commands first: their indexes are the same on both sides.
    this.description = Object.freeze({ ...own, commands: Object.freeze([...own.commands, ...BUILTIN_COMMANDS]) });
    this.table = new CommandTable(this.description);
    this.#backend = backend;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#builtins = new Builtins(this.table);
  }

  get name(): string {
    return this.description.name;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the shell itself is asked at the first command of its own
  async open(caller: Caller, options: OpenOptions = {}): Promise<ShellSession> {
    if (options.signal?.aborted === true) throw interruption();
    const viewer = { caller, visible: options.visible ?? allVisible, groups: options.groups ?? noGroups };
    return new SessionWithBuiltins({
      name: this.name,
      open: async () => await this.#backend.open(caller),
      isBuiltin: ({ index }) => this.#builtins.has(index),
      answer: (command) => this.#answer(command, viewer),
      complete: async (question, limits) => await this.#complete(question, limits, viewer),
      track: (work) => this.#track(work),
      isClosed: () => this.#isClosed(),
    });
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#backend.destroy();
  }

  async #close(): Promise<void> {
    if (!this.#isDestroyed) await endsWithin(Promise.all(this.#running), this.#closeTimeoutMs);
    await this.#backend.close();
    await Promise.all(this.#running);
  }

  #answer(command: PlannedCommand, viewer: Viewer): CommandOutput | Promise<CommandOutput> {
    // Who asks for the description is about to complete words with it.
    if (command.args[0] === DESCRIBE) this.#backend.warmUp?.();
    return this.#builtins.answer(command, viewer);
  }

  async #complete(
    question: VariableQuestion,
    options: CompleteOptions,
    { caller, visible }: Viewer,
  ): Promise<readonly Candidate[]> {
    if (this.#isClosed()) return [];
    if (options.signal !== undefined) setMaxListeners(0, options.signal);
    try {
      if (this.#builtins.has(question.command)) return await this.#builtins.complete(question, visible);
      return (await this.#backend.complete?.(caller, question, options)) ?? [];
    } catch {
      return [];
    }
  }

  #isClosed(): boolean {
    return this.#isDestroyed || this.#closing !== undefined;
  }

  #track(work: Promise<unknown>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const allVisible: CommandFilter = async (commands) => await Promise.resolve(commands.map(() => []));

const noGroups: GroupSource = async () => await Promise.resolve([]);

/** What a session needs of its host. */
interface SessionContext {
  readonly name: string;
  /** Opens the shell's own session. */
  readonly open: () => Promise<BackendSession>;
  readonly isBuiltin: (command: PlannedCommand) => boolean;
  /** Answers a built-in command. */
  readonly answer: (command: PlannedCommand) => CommandOutput | Promise<CommandOutput>;
  /** Never rejects. */
  readonly complete: (question: VariableQuestion, options: CompleteOptions) => Promise<readonly Candidate[]>;
  /** Told of what the host must wait for before it closes. Never rejects. */
  readonly track: (work: Promise<unknown>) => void;
  readonly isClosed: () => boolean;
}

/** Opens the shell's own session when it is first needed, and lets one call at a time through to it. */
class SessionWithBuiltins implements ShellSession {
  readonly #host: SessionContext;
  #inner: Promise<BackendSession> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Nothing was handed to the shell yet, so that nothing can be under way there. */
  #isIdle = true;

  constructor(host: SessionContext) {
    this.#host = host;
  }

  async run(command: PlannedCommand, options: RunOptions): Promise<CommandOutput> {
    const { stdin, ...limits } = options;
    const [output] = await this.runAll([stdin === undefined ? { command } : { command, stdin }], limits);
    return output ?? failure('internal', 'The command got no output');
  }

  async runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]> {
    if (this.#closing !== undefined) return commands.map(() => failure('unavailable', 'The session is closed'));
    const isClosed = this.#host.isClosed();
    const answers = this.#isIdle && options.stopOnFailure !== true ? this.#answerAll(commands) : null;
    if (answers !== null) return isPromise(answers) ? await answers : answers;
    // One signal of a daemon may serve all its sessions: that is no leak.
    if (options.signal !== undefined) setMaxListeners(0, options.signal);
    this.#isIdle = false;
    const turn = this.#tail.then(async () => await this.#runInTurn(commands, options, isClosed));
    this.#tail = turn;
    this.#host.track(turn);
    return await turn;
  }

  async complete(question: VariableQuestion, options: CompleteOptions): Promise<readonly Candidate[]> {
    return this.#closing === undefined ? await this.#host.complete(question, options) : [];
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Answers built-in commands alone, which need no turn; null when one of the shell's own is among them. */
  #answerAll(commands: readonly SessionCommand[]): readonly CommandOutput[] | Promise<readonly CommandOutput[]> | null {
    if (!commands.every(({ command }) => this.#host.isBuiltin(command))) return null;
    const answers = commands.map(({ command }) => this.#host.answer(command));
    if (!answers.some(isPromise)) return answers as readonly CommandOutput[];
    return Promise.all(answers.map(async (answer) => await answer));
  }

  /** Answers built-in commands and hands each run of the shell's own ones on as a whole. Never rejects. */
  async #runInTurn(
    commands: readonly SessionCommand[],
    options: RunAllOptions,
    isClosed: boolean,
  ): Promise<readonly CommandOutput[]> {
    const outputs: CommandOutput[] = [];
    while (outputs.length < commands.length) {
      const next = this.#next(commands, outputs.length);
      const answers = Array.isArray(next)
        ? await this.#runOwn(next, options, isClosed)
        : [isPromise(next) ? await next : next];
      outputs.push(...answers);
      if (options.stopOnFailure === true && answers.some(hasFailed)) break;
    }
    while (outputs.length < commands.length) outputs.push(NOT_RUN);
    return outputs;
  }

  /** The output of one built-in command, or all own commands up to the next built-in one. */
  #next(commands: readonly SessionCommand[], start: number): CommandOutput | Promise<CommandOutput> | SessionCommand[] {
    const own: SessionCommand[] = [];
    for (let index = start; index < commands.length; index += 1) {
      const entry = commands[index];
      if (entry === undefined) break;
      if (!this.#host.isBuiltin(entry.command)) own.push(entry);
      else if (own.length === 0) return this.#host.answer(entry.command);
      else break;
    }
    return own;
  }

  async #runOwn(
    commands: readonly SessionCommand[],
    options: RunAllOptions,
    isClosed: boolean,
  ): Promise<readonly CommandOutput[]> {
    try {
      if (isClosed) throw new ShellError(`The shell ${this.#host.name} is closed`, { code: 'unavailable' });
      // A shell that could not be opened stays so for the session: later commands must not run without the earlier ones.
      this.#inner ??= this.#host.open();
      return (await (await this.#inner).runAll(commands, options)).map(asRun);
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
