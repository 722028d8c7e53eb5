import { quoted, type CommandOutput } from '@arpa2amqp/protocol';
import type { Caller } from './definition.js';
import type { ShellDescription } from './description.js';
import { minimalEnvironment } from './environment.js';
import type { BackendSession, RunAllOptions, SessionCommand, ShellBackend, ShellHost } from './host.js';
import type { Logger } from './logger.js';
import { OrphanGuard } from './orphan-guard.js';
import { failure, finished, tooLarge } from './output.js';
import { runProgram, type ProgramResult } from './program-run.js';
import { reasonOf } from './reason.js';
import { Ending, runSequence } from './run-sequence.js';
import { ended, interruption, type StopSwitch } from './stop-switch.js';
import { withBuiltins } from './with-builtins.js';

/** Options of {@link executableHost}. */
export interface ExecutableHostOptions {
  readonly description: ShellDescription;
  /** Absolute path of the program, then its arguments. No shell reads them. */
  readonly program: readonly [string, ...string[]];
  /** Working directory, default `/`. */
  readonly directory?: string;
  /** Names of variables that the program gets beside PATH, LANG, TZ and ours. Default: none. */
  readonly environment?: readonly string[];
  /** After SIGTERM the program and what it started have so long before SIGKILL, in milliseconds; default 1,000. */
  readonly killGraceMs?: number;
  /** A process it leaves behind may hold its output open so long, in milliseconds; default 250. */
  readonly drainMs?: number;
  /** `close` gives running commands so long to end, in milliseconds; default 5,000. */
  readonly closeTimeoutMs?: number;
  /** Default: silence. */
  readonly logger?: Logger;
}

/**
 * Hosts a program in any language: it is run once for every command, gets the JSON command on stdin and who gave it in
 * `REMOTE_USER`, `REMOTE_EXPIRES` (seconds since 1970) and `ARPA2_PRINCIPAL`, all three absent without a ticket. It prints
 * headers and JSON or text to stdout, errors to stderr. It has no state between two commands.
 * @throws BusError `config` when the description is wrong.
 */
export function executableHost(options: ExecutableHostOptions): ShellHost {
  return withBuiltins(new ExecutableBackend(options), options.closeTimeoutMs);
}

class ExecutableBackend implements ShellBackend {
  readonly description: ShellDescription;
  readonly #options: ExecutableHostOptions;
  readonly #ending = new Ending();
  readonly #guard = new OrphanGuard();

  constructor(options: ExecutableHostOptions) {
    this.#options = options;
    this.description = options.description;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is made for shells that take a while
  async open(caller: Caller): Promise<BackendSession> {
    const environment = this.#environment(caller);
    return {
      runAll: async (commands, options) => await this.#runAll(commands, options, environment),
      close: async () => {
        // Nothing lives between two commands.
      },
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what runs is waited for by the caller
  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    this.#ending.end(ended(this.description.name));
    this.#guard.close();
  }

  #environment(caller: Caller): Record<string, string> {
    const base = { ...minimalEnvironment(this.#options.environment), ARPA2_SHELL: this.description.name };
    if (caller.expires === null) return base;
    return {
      ...base,
      REMOTE_USER: caller.identity,
      REMOTE_EXPIRES: String(Math.floor(caller.expires.getTime() / 1000)),
      ARPA2_PRINCIPAL: caller.principal,
    };
  }

  async #runAll(
    commands: readonly SessionCommand[],
    options: RunAllOptions,
    environment: Record<string, string>,
  ): Promise<readonly CommandOutput[]> {
    const { program, directory = '/', killGraceMs = 1000, drainMs = 250 } = this.#options;
    const { maxOutputBytes } = options;
    return await runSequence(commands, options, this.#ending, async (entry, stop) => {
      const input = this.#input(entry);
      const limits = { maxOutputBytes, killGraceMs, drainMs, signal: stop.signal, guard: this.#guard };
      const result = await runProgram({ program, directory, environment, input, ...limits });
      return this.#outputOf(result, stop, maxOutputBytes);
    });
  }

  /** The JSON command: `do_`, `words_` and one array of strings for every variable that was given. */
  #input({ command, stdin }: SessionCommand): string {
    const { name } = this.description;
    const json = {
      ...command.values,
      do_: [name, ...command.literals],
      words_: [name, ...command.args],
      ...(stdin === undefined ? {} : { stdin_: stdin }),
    };
    return `${JSON.stringify(json)}\n`;
  }

  #outputOf(result: ProgramResult, stop: StopSwitch, maxOutputBytes: number): CommandOutput {
    switch (result.kind) {
      case 'aborted': {
        const { code, message } = stop.reason ?? interruption();
        return failure(code, message);
      }
      case 'too-large':
        return tooLarge(maxOutputBytes);
      case 'not-started':
        this.#options.logger?.error(
          { shell: this.description.name, error: quoted(reasonOf(result.cause), 300) },
          'shell-not-started',
        );
        return failure('unavailable', `The program of the shell ${this.description.name} could not be started`);
      case 'ended':
        return this.#outputOfEnded(result);
    }
  }

  #outputOfEnded(result: ProgramResult & { kind: 'ended' }): CommandOutput {
    const { name } = this.description;
    const stderr = result.stderr.toString('utf8');
    if (result.signal !== null) return failure('internal', `${stderr}${name} was ended by the signal ${result.signal}`);
    const stdout = decodeUtf8(result.stdout);
    if (stdout === undefined) {
      return failure('failed', `${stderr}${name} printed something that is not UTF-8; binary data goes as base64`);
    }
    if (result.status !== 0 && stderr === '') {
      return failure('failed', `${name} ended with the exit status ${result.status ?? 0} and no message`);
    }
    return finished(stdout, stderr);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
