import { isDeepStrictEqual } from 'node:util';
import type { Candidate } from '@arpa2amqp/protocol';
import { backoffMs } from './backoff.js';
import { ChildLink, type ChildOptions } from './child-link.js';
import { Completer } from './completer.js';
import type { Caller } from './definition.js';
import type { ShellDescription } from './description.js';
import type { BackendSession, CompleteOptions, ShellBackend, ShellHost, VariableQuestion } from './host.js';
import { SILENT, type Logger } from './logger.js';
import type { PlaceData } from './place.js';
import { ProcessSession } from './process-session.js';
import { reasonOf } from './reason.js';
import { ShellError } from './shell-error.js';
import { withBuiltins } from './with-builtins.js';

/** Options of {@link startProcessHost}. */
export interface ProcessHostOptions {
  /** The shell's name; the module's shell must have it. */
  readonly name: string;
  /** Absolute path of a built module that exports `createShell(options, place)`. */
  readonly module: string;
  /** What `createShell` gets; plain data. Default: an empty object. */
  readonly options?: unknown;
  /** What the shell is told of its host. Default: nothing. */
  readonly place?: PlaceData;
  /** Working directory of the process, default `/`. */
  readonly directory?: string;
  /** Names of variables that the process gets beside PATH, LANG and TZ. Default: none. */
  readonly environment?: readonly string[];
  /** Time to come up, in milliseconds; default 10,000. */
  readonly startTimeoutMs?: number;
  /** A process that must stop a command has so long to answer before it is killed, in milliseconds; default 2,000. */
  readonly graceMs?: number;
  /** `close` gives sessions so long to end, in milliseconds; default 5,000. */
  readonly closeTimeoutMs?: number;
  /** Default: silence. */
  readonly logger?: Logger;
}

/** A life of at least this length makes the next restart a first one again. */
const STABLE_MS = 30_000;

/**
 * Starts a shell in a process of its own, which all its sessions share. The process is started again when it ends, with
 * growing pauses; meanwhile its commands get `unavailable`, the built-in ones are answered.
 * @throws BusError `unavailable` when the process does not come up, `config` when it describes no good shell.
 */
export async function startProcessHost(options: ProcessHostOptions): Promise<ShellHost> {
  const logger = options.logger ?? SILENT;
  const ended = new AbortController();
  const child: ChildOptions = {
    name: options.name,
    module: options.module,
    options: options.options ?? {},
    place: options.place ?? {},
    directory: options.directory ?? '/',
    environment: options.environment ?? [],
    startTimeoutMs: options.startTimeoutMs ?? 10_000,
    logger,
    ended: ended.signal,
  };
  const first = await ChildLink.start(child);
  const backend = new ProcessBackend(child, first, ended, options);
  try {
    return withBuiltins(backend, options.closeTimeoutMs);
  } catch (error) {
    backend.destroy();
    throw error;
  }
}

type Phase =
  | { readonly kind: 'up'; readonly link: ChildLink }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout; readonly until: number }
  | { readonly kind: 'starting' }
  | { readonly kind: 'closed' };

/** Keeps one process of a shell alive: up -> (process ends) -> waiting -> starting -> up, until closed. */
class ProcessBackend implements ShellBackend {
  readonly description: ShellDescription;
  readonly #child: ChildOptions;
  readonly #graceMs: number;
  readonly #closeTimeoutMs: number;
  #phase: Phase;
  #failures = 0;
  #starting: Promise<void> = Promise.resolve();
  readonly #ended: AbortController;
  /** Null when the shell has no hooks. */
  readonly #completer: Completer | null;
  #closing: Promise<void> | undefined;

  constructor(
    child: ChildOptions,
    first: { readonly link: ChildLink; readonly description: ShellDescription },
    ended: AbortController,
    options: ProcessHostOptions,
  ) {
    this.#child = child;
    this.#ended = ended;
    this.description = first.description;
    this.#graceMs = options.graceMs ?? 2000;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 5000;
    this.#phase = this.#serve(first.link);
    const hasHooks = this.description.commands.some(({ live }) => live !== undefined);
    this.#completer = hasHooks ? new Completer(child) : null;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- opening is a message without an answer
  async open(caller: Caller): Promise<BackendSession> {
    if (this.#closing !== undefined || this.#phase.kind !== 'up') throw this.#unavailable();
    return new ProcessSession(this.#phase.link, caller, this.#graceMs);
  }

  async complete(caller: Caller, question: VariableQuestion, options: CompleteOptions): Promise<readonly Candidate[]> {
    return (await this.#completer?.ask(caller, question, options)) ?? [];
  }

  warmUp(): void {
    this.#completer?.warmUp();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  destroy(): void {
    const phase = this.#phase;
    this.#phase = { kind: 'closed' };
    this.#ended.abort();
    this.#completer?.destroy();
    if (phase.kind === 'up') phase.link.kill();
    if (phase.kind === 'waiting') clearTimeout(phase.timer);
    this.#closing ??= phase.kind === 'up' ? phase.link.gone.then(() => undefined) : this.#starting;
  }

  #serve(link: ChildLink): Phase {
    const since = performance.now();
    void link.gone.then((how) => this.#onGone(link, how, performance.now() - since));
    return { kind: 'up', link };
  }

  #onGone(link: ChildLink, how: string, lifeMs: number): void {
    if (this.#phase.kind !== 'up' || this.#phase.link !== link || this.#closing !== undefined) return;
    if (lifeMs >= STABLE_MS) this.#failures = 0;
    this.#wait(`its process ended (${how})`);
  }

  #wait(reason: string): void {
    const pauseMs = backoffMs(this.#failures);
    this.#failures += 1;
    this.#child.logger.error({ shell: this.#child.name, reason, pauseMs }, 'shell-down');
    const timer = setTimeout(() => {
      this.#starting = this.#restart();
    }, pauseMs).unref();
    this.#phase = { kind: 'waiting', timer, until: Date.now() + pauseMs };
  }

  /** Never rejects. */
  async #restart(): Promise<void> {
    this.#phase = { kind: 'starting' };
    try {
      const { link, description } = await ChildLink.start(this.#child);
      if (this.#isClosed()) {
        link.kill();
        await link.gone;
      } else if (!isDeepStrictEqual(description, this.description)) {
        link.kill();
        this.#wait('it came back with other commands; reload the shells');
      } else {
        this.#phase = this.#serve(link);
        this.#child.logger.info({ shell: this.#child.name, processId: link.processId }, 'shell-up');
      }
    } catch (error) {
      if (!this.#isClosed()) this.#wait(reasonOf(error));
    }
  }

  #isClosed(): boolean {
    return this.#phase.kind === 'closed' || this.#closing !== undefined;
  }

  #unavailable(): ShellError {
    const { name } = this.#child;
    const phase = this.#phase;
    if (phase.kind === 'waiting') {
      const seconds = Math.max(1, Math.ceil((phase.until - Date.now()) / 1000));
      return new ShellError(`The shell ${name} is down, try again in ${seconds} s`, { code: 'unavailable' });
    }
    const state = phase.kind === 'starting' ? 'is starting, try again' : 'is closed';
    return new ShellError(`The shell ${name} ${state}`, { code: 'unavailable' });
  }

  async #close(): Promise<void> {
    const phase = this.#phase;
    const completerEnded = this.#completer?.close();
    if (phase.kind === 'waiting') clearTimeout(phase.timer);
    if (phase.kind === 'up') {
      await phase.link.end(this.#closeTimeoutMs);
    } else {
      this.#ended.abort();
      await this.#starting;
    }
    await completerEnded;
    this.#phase = { kind: 'closed' };
  }
}
