import { setImmediate } from 'node:timers/promises';
import type { Shell } from './define-shell.js';
import type { Caller } from './definition.js';
import type { Logger } from './logger.js';
import { hasFailed } from './output.js';
import type { FromChild, ToChild } from './process-messages.js';
import { RunnerSession } from './shell-runner.js';
import { interruption, StopSwitch, timeUp } from './stop-switch.js';

/** A command that took longer may have kept messages unread; well below the time the parent waits for our word. */
const UNREAD_MS = 20;

interface CurrentBatch {
  readonly batch: number;
  at: number;
  isStopped: boolean;
  stop: StopSwitch;
}

/** One session in the shell's process. The parent keeps the time and says `stop`. */
export class ChildSession {
  readonly #id: number;
  readonly #runner: RunnerSession<unknown>;
  readonly #send: (message: FromChild) => void;
  #current: CurrentBatch | undefined;

  constructor(id: number, shell: Shell, caller: Caller, logger: Logger, send: (message: FromChild) => void) {
    this.#id = id;
    this.#runner = new RunnerSession(shell, caller, logger);
    this.#send = send;
  }

  /** Runs the commands of one message in order and sends each output before the next command starts. */
  async run({ batch, commands, maxOutputBytes, stopOnFailure }: ToChild & { type: 'run' }): Promise<void> {
    const current: CurrentBatch = { batch, at: 0, isStopped: false, stop: new StopSwitch() };
    this.#current = current;
    for (const [at, { command, stdin = '' }] of commands.entries()) {
      current.at = at;
      current.stop = new StopSwitch();
      const start = performance.now();
      const output = await this.#runner.run(command, { stdin, maxOutputBytes, stop: current.stop });
      if (performance.now() - start > UNREAD_MS) await readMessages();
      const isLast = current.isStopped || (stopOnFailure && hasFailed(output)) || at + 1 === commands.length;
      this.#send({ type: 'output', session: this.#id, batch, at, output, isLast });
      if (isLast) break;
    }
  }

  stop({ batch, at, rest, reason, timeoutMs }: ToChild & { type: 'stop' }): void {
    const current = this.#current;
    // A command that was late by a hair has ended by itself while the message was under way.
    if (current?.batch !== batch || (reason === 'timeout' && current.at !== at)) return;
    if (rest) current.isStopped = true;
    current.stop.stop(reason === 'timeout' ? timeUp(timeoutMs) : interruption());
  }

  async close(): Promise<void> {
    if (this.#current !== undefined) {
      this.#current.isStopped = true;
      this.#current.stop.stop(interruption());
    }
    await this.#runner.close();
  }
}

/** Lets the event loop read what has arrived: the first turn may end a round that has read before. */
async function readMessages(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
