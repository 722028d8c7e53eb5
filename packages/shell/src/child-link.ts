import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BusError } from '@arpa2amqp/protocol';
import { readDescription, type ShellDescription } from './description.js';
import { minimalEnvironment } from './environment.js';
import { JsonChannel } from './json-channel.js';
import { logText } from './log-text.js';
import { LogValve } from './log-valve.js';
import type { Logger } from './logger.js';
import { signalGroup } from './process-group.js';
import { CHANNEL_FD, readFromChild, type ForSession, type FromChild, type ToChild } from './process-messages.js';
import type { PlaceData } from './place.js';
import { reasonOf } from './reason.js';
import { logStrayOutput } from './stray-output.js';

/** How the process of a shell is started. */
export interface ChildOptions {
  readonly name: string;
  /** Absolute path of the module that exports `createShell`. */
  readonly module: string;
  /** What `createShell` gets. */
  readonly options: unknown;
  readonly place: PlaceData;
  /** Working directory. */
  readonly directory: string;
  /** Names of variables that the child gets beside PATH, LANG and TZ. */
  readonly environment: readonly string[];
  readonly startTimeoutMs: number;
  readonly logger: Logger;
  /** Aborted when the process is not wanted any more while it starts. */
  readonly ended: AbortSignal;
}

/** A session that wants the messages of its child. */
export interface SessionListener {
  onMessage(message: ForSession): void;
  /** The process has ended; told once. */
  onGone(): void;
}

interface Ping {
  readonly id: number;
  readonly timer: NodeJS.Timeout;
  readonly answer: Promise<void>;
  readonly resolve: () => void;
}

/**
 * One life of a shell's process: starting -> serving -> gone. Owns the process, its group and the channel.
 *
 * 1. The whole group is killed when the process has ended: nothing it started is left.
 * 2. `gone` resolves once, after the process was reaped; no listener is called after it.
 */
export class ChildLink {
  /** Resolves when the process has ended, with how. */
  readonly gone: Promise<string>;
  readonly #child: ChildProcess;
  readonly #channel: JsonChannel;
  readonly #logger: Logger;
  readonly #name: string;
  /** For what the process has to say. */
  readonly #valve: LogValve;
  readonly #sessions = new Map<number, SessionListener>();
  #lastId = 0;
  #ping: Ping | undefined;
  #onGreeting: ((message: FromChild) => void) | undefined;
  #isGone = false;

  private constructor(options: ChildOptions) {
    this.#name = options.name;
    this.#logger = options.logger;
    this.#valve = new LogValve(this.#logger, { shell: this.#name }, 'shell-log-dropped');
    this.#child = spawn(process.execPath, [CHILD_MAIN], {
      cwd: options.directory,
      detached: true,
      env: minimalEnvironment(options.environment),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#channel = new JsonChannel(this.#child.stdio[CHANNEL_FD] as Duplex, {
      onMessage: (message) => this.#take(message),
      onEnd: (fault) => this.#onChannelEnd(fault),
    });
    this.gone = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(this.#end(error.message)));
      this.#child.once('exit', (status, signal) => resolve(this.#end(signal ?? `exit status ${status ?? 0}`)));
    });
    const { stdout, stderr } = this.#child;
    if (stdout !== null) logStrayOutput(stdout, { shell: this.#name, stream: 'stdout' }, this.#logger);
    if (stderr !== null) logStrayOutput(stderr, { shell: this.#name, stream: 'stderr' }, this.#logger);
  }

  /** Starts a process and waits for its hello. @throws BusError `unavailable` when it does not come up in time. */
  static async start(
    options: ChildOptions,
  ): Promise<{ readonly link: ChildLink; readonly description: ShellDescription }> {
    const link = new ChildLink(options);
    const kill = () => link.kill();
    options.ended.addEventListener('abort', kill, { once: true });
    try {
      return { link, description: await link.#greet(options) };
    } catch (error) {
      link.kill();
      await link.gone;
      throw new BusError('unavailable', `Starting the shell ${options.name} failed: ${reasonOf(error)}`, {
        cause: error,
      });
    } finally {
      options.ended.removeEventListener('abort', kill);
    }
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToChild): void {
    this.#channel.send(message);
  }

  /** Registers a session. @returns its id. */
  attach(listener: SessionListener): number {
    this.#lastId += 1;
    this.#sessions.set(this.#lastId, listener);
    return this.#lastId;
  }

  detach(session: number): void {
    this.#sessions.delete(session);
  }

  /**
   * Kills the process unless it answers within the grace time: a command that holds the processor stops all others.
   * Resolves with its answer or its end.
   */
  async checkAlive(graceMs: number): Promise<void> {
    if (this.#isGone) return;
    this.#ping ??= this.#sendPing(graceMs);
    await this.#ping.answer;
  }

  #sendPing(graceMs: number): Ping {
    this.#lastId += 1;
    const id = this.#lastId;
    const late = () => {
      // If we were busy ourselves the answer is there, unread: timers come before reading.
      setImmediate(() => {
        if (this.#ping?.id !== id) return;
        this.#logger.error({ shell: this.#name, processId: this.processId }, 'shell-stuck-killed');
        this.kill();
      });
    };
    const timer = setTimeout(late, graceMs).unref();
    let resolve: () => void = () => undefined;
    const answer = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.send({ type: 'ping', id });
    return { id, timer, answer, resolve };
  }

  /** Asks the process to end, and kills it after the grace time. Resolves when it is gone. */
  async end(graceMs: number): Promise<void> {
    this.#channel.close();
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.gone;
    clearTimeout(timer);
  }

  /** Ends the process and what it started, now. */
  kill(): void {
    if (!this.#isGone) signalGroup(this.processId, 'SIGKILL');
  }

  async #greet({ module, name, options, place, startTimeoutMs }: ChildOptions): Promise<ShellDescription> {
    let timer: NodeJS.Timeout | undefined;
    const greeting = new Promise<FromChild>((resolve, reject) => {
      this.#onGreeting = resolve;
      timer = setTimeout(() => reject(new Error(`it said nothing within ${startTimeoutMs} ms`)), startTimeoutMs);
      void this.gone.then((how) => reject(new Error(`its process ended at once (${how})`)));
    });
    this.send({ type: 'start', module, name, options, place });
    try {
      const message = await greeting;
      if (message.type === 'refused') throw new Error(message.message.slice(0, 1000));
      if (message.type !== 'hello') throw new Error('it did not greet first');
      return readDescription(message.description);
    } finally {
      clearTimeout(timer);
      this.#onGreeting = undefined;
    }
  }

  #take(value: unknown): void {
    const message = readFromChild(value);
    if (message === undefined) {
      this.#onChannelEnd('a message is none of ours');
      return;
    }
    if (message.type === 'log') {
      const event = `shell-${message.event.replace(/[^a-z-]/g, '').slice(0, 40)}`;
      this.#valve.log(message.level, this.#textOf(message.fields), event);
    } else if (this.#onGreeting !== undefined) {
      this.#onGreeting(message);
    } else if (message.type === 'pong') {
      if (message.id === this.#ping?.id) this.#clearPing();
    } else if (message.type === 'output' || message.type === 'closed' || message.type === 'candidates') {
      this.#sessions.get(message.session)?.onMessage(message);
    }
  }

  /** One text, so that no shell makes fields of our log. */
  #textOf(fields: Readonly<Record<string, unknown>>): string {
    const parts = Object.entries(fields).filter(([key, value]) => key !== 'shell' || value !== this.#name);
    return logText(parts.map(([key, value]) => `${key}: ${String(value)}`).join(', '), 2000);
  }

  /** Without its channel the process is of no use; one that closed it by itself may live on. */
  #onChannelEnd(fault: string | undefined): void {
    if (this.#isGone) return;
    if (fault !== undefined) this.#logger.error({ shell: this.#name, fault }, 'shell-channel-broken');
    // It may be about to end by itself, with a status worth logging.
    setTimeout(() => this.kill(), fault === undefined ? 3000 : 0).unref();
  }

  #end(how: string): string {
    if (this.#isGone) return how;
    signalGroup(this.processId, 'SIGKILL');
    this.#isGone = true;
    this.#valve.close();
    this.#clearPing();
    this.#channel.destroy();
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) session.onGone();
    return how;
  }

  #clearPing(): void {
    clearTimeout(this.#ping?.timer);
    this.#ping?.resolve();
    this.#ping = undefined;
  }
}

/** The built entry, also when we run from the TypeScript sources in tests: a child has no loader for those. */
const CHILD_MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
