import type { Candidate, CommandOutput } from '@arpa2amqp/protocol';
import type { Shell } from './define-shell.js';
import type { Caller } from './definition.js';
import type { ShellDescription } from './description.js';
import { candidatesInTime, HookRunner } from './hook-runner.js';
import type {
  BackendSession,
  CompleteOptions,
  RunAllOptions,
  SessionCommand,
  ShellBackend,
  ShellHost,
  VariableQuestion,
} from './host.js';
import { SILENT, type Logger } from './logger.js';
import { Ending, runSequence } from './run-sequence.js';
import { RunnerSession } from './shell-runner.js';
import { closeShell, startShell } from './shell-life.js';
import { ended, endsWithin } from './stop-switch.js';
import { withBuiltins } from './with-builtins.js';

/** Options of {@link inlineHost}. */
export interface InlineHostOptions {
  /** `close` gives running commands so long to end, in milliseconds; default 5,000. */
  readonly closeTimeoutMs?: number;
  /** Default: silence. */
  readonly logger?: Logger;
}

/**
 * Runs a shell in this process: for tests and for the local mode of the interactive shell. A command that never gives the
 * processor back, or a completion hook, cannot be stopped here; the daemon uses processes.
 */
export function inlineHost<State>(shell: Shell<State>, options: InlineHostOptions = {}): ShellHost {
  return withBuiltins(new InlineBackend(shell, options.logger ?? SILENT), options.closeTimeoutMs);
}

/** A shell gets so long to give back what it holds, in milliseconds. */
const CLOSE_MS = 2000;

class InlineBackend<State> implements ShellBackend {
  readonly #shell: Shell<State>;
  readonly #logger: Logger;
  readonly #sessions = new Set<RunnerSession<State>>();
  readonly #ending = new Ending();
  readonly #hooks: HookRunner<State>;

  constructor(shell: Shell<State>, logger: Logger) {
    this.#hooks = new HookRunner(shell, logger);
    this.#shell = shell;
    this.#logger = logger;
    void startShell(shell, logger);
  }

  get description(): ShellDescription {
    return this.#shell.description;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is made for shells elsewhere
  async open(caller: Caller): Promise<BackendSession> {
    const session = new RunnerSession(this.#shell, caller, this.#logger);
    this.#sessions.add(session);
    return {
      runAll: async (commands, options) => await this.#runAll(session, commands, options),
      close: async () => {
        this.#sessions.delete(session);
        await session.close();
      },
    };
  }

  async complete(caller: Caller, question: VariableQuestion, options: CompleteOptions): Promise<readonly Candidate[]> {
    return await candidatesInTime(async (signal) => await this.#hooks.ask(question, caller, signal), options);
  }

  async close(): Promise<void> {
    this.destroy();
    await Promise.all(Array.from(this.#sessions, async (session) => await session.close()));
    await endsWithin(closeShell(this.#shell), CLOSE_MS);
  }

  destroy(): void {
    this.#ending.end(ended(this.#shell.name));
  }

  async #runAll(
    session: RunnerSession<State>,
    commands: readonly SessionCommand[],
    options: RunAllOptions,
  ): Promise<readonly CommandOutput[]> {
    const { maxOutputBytes } = options;
    return await runSequence(commands, options, this.#ending, async ({ command, stdin = '' }, stop) => {
      return await session.run(command, { stdin, stop, maxOutputBytes });
    });
  }
}
