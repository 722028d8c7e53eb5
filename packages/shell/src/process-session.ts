import type { CommandOutput } from '@arpa2amqp/protocol';
import type { ChildLink, SessionListener } from './child-link.js';
import { interruption, timeUp } from './stop-switch.js';
import type { Caller } from './definition.js';
import type { BackendSession, RunAllOptions, SessionCommand } from './host.js';
import { failure, NOT_RUN, tooLarge } from './output.js';
import { toWire, type ForSession } from './process-messages.js';

/** After `stop` the child has so long to give the output itself, in milliseconds. */
const ANSWER_MS = 100;
/** A session has so long to give its state back before nobody waits for it any more. */
const CLOSE_MS = 5000;

interface CurrentBatch {
  readonly id: number;
  readonly size: number;
  readonly options: RunAllOptions;
  readonly outputs: CommandOutput[];
  timer: NodeJS.Timeout;
  readonly resolve: (outputs: readonly CommandOutput[]) => void;
  /** Why the command whose turn it is was stopped; it is waited for only a moment longer. */
  stopped: CommandOutput | undefined;
}

/**
 * A session whose state lives in a shell's process. It ends with that process: a state that was lost is not made anew.
 *
 * 1. Outputs come in the order of the commands; the next one awaited is `outputs.length`, any other one is too late.
 * 2. A batch is resolved once, with one output per command, whatever the process does.
 */
export class ProcessSession implements BackendSession, SessionListener {
  readonly #link: ChildLink;
  readonly #id: number;
  readonly #graceMs: number;
  #current: CurrentBatch | undefined;
  #lastBatch = 0;
  #isGone = false;
  #closed: (() => void) | undefined;

  constructor(link: ChildLink, caller: Caller, graceMs: number) {
    this.#link = link;
    this.#graceMs = graceMs;
    this.#id = link.attach(this);
    link.send({ type: 'open', session: this.#id, caller: toWire(caller) });
  }

  async runAll(commands: readonly SessionCommand[], options: RunAllOptions): Promise<readonly CommandOutput[]> {
    if (this.#isGone) return commands.map(() => failure('unavailable', 'The shell ended and the session with it'));
    if (options.signal?.aborted === true) return interrupted(commands.length);
    const { signal } = options;
    const interrupt = () => this.#stop('interrupted');
    const outputs = new Promise<readonly CommandOutput[]>((resolve) => {
      this.#lastBatch += 1;
      const timer = setTimeout(() => this.#onTime(), options.timeoutMs).unref();
      const id = this.#lastBatch;
      this.#current = { id, size: commands.length, options, outputs: [], timer, resolve, stopped: undefined };
    });
    signal?.addEventListener('abort', interrupt, { once: true });
    this.#link.send({
      type: 'run',
      session: this.#id,
      batch: this.#lastBatch,
      commands,
      maxOutputBytes: options.maxOutputBytes,
      stopOnFailure: options.stopOnFailure === true,
    });
    try {
      return await outputs;
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }

  async close(): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      this.#closed = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#link.send({ type: 'close', session: this.#id });
    });
    this.#isGone = true;
    this.#link.detach(this.#id);
  }

  onMessage(message: ForSession): void {
    if (message.type === 'closed') this.#closed?.();
    else if (message.type === 'output' && message.batch === this.#current?.id) {
      if (message.at === this.#current.outputs.length) this.#take(message.output, message.isLast);
    }
  }

  onGone(): void {
    this.#isGone = true;
    this.#closed?.();
    const current = this.#current;
    if (current === undefined) return;
    const lost = failure(
      'unavailable',
      'The shell ended while it ran the command; whether that took effect is not known',
    );
    current.outputs.push(current.stopped ?? lost);
    const isStopped = current.options.stopOnFailure === true || current.options.signal?.aborted === true;
    const rest = isStopped ? NOT_RUN : failure('unavailable', 'The shell ended before it ran the command');
    this.#finish(current, rest);
  }

  /** The next output is there, from the child or in its place. */
  #take(output: CommandOutput, isLast: boolean): void {
    const current = this.#current;
    if (current === undefined) return;
    current.outputs.push(withinLimit(output, current.options.maxOutputBytes));
    if (isLast || current.outputs.length >= current.size) {
      this.#finish(current, NOT_RUN);
    } else if (current.stopped === undefined) {
      current.timer.refresh();
    } else if (current.options.signal?.aborted !== true) {
      current.stopped = undefined;
      this.#startTimer(current, current.options.timeoutMs);
    }
  }

  #startTimer(current: CurrentBatch, timeoutMs: number): void {
    clearTimeout(current.timer);
    current.timer = setTimeout(() => this.#onTime(), timeoutMs).unref();
  }

  /** The time of a command is over, or the time its process had to say how it ended. */
  #onTime(): void {
    const current = this.#current;
    if (current === undefined) return;
    if (current.stopped === undefined) {
      this.#stop('timeout');
      return;
    }
    const isLast = current.options.signal?.aborted === true || current.options.stopOnFailure === true;
    current.outputs.push(current.stopped);
    current.stopped = undefined;
    if (isLast || current.outputs.length >= current.size) {
      this.#finish(current, NOT_RUN);
      return;
    }
    // The next command has not started: its time begins when the process gives a sign of life.
    void this.#link.checkAlive(this.#graceMs).then(() => {
      if (this.#current === current) this.#startTimer(current, current.options.timeoutMs);
    });
  }

  #stop(reason: 'timeout' | 'interrupted'): void {
    const current = this.#current;
    if (current === undefined) return;
    const { message, code } = reason === 'timeout' ? timeUp(current.options.timeoutMs) : interruption();
    current.stopped ??= failure(code, message);
    const rest = reason === 'interrupted' || current.options.stopOnFailure === true;
    this.#link.send({
      type: 'stop',
      session: this.#id,
      batch: current.id,
      at: current.outputs.length,
      rest,
      reason,
      timeoutMs: current.options.timeoutMs,
    });
    this.#startTimer(current, ANSWER_MS);
    void this.#link.checkAlive(this.#graceMs);
  }

  #finish(current: CurrentBatch, rest: CommandOutput): void {
    this.#current = undefined;
    clearTimeout(current.timer);
    while (current.outputs.length < current.size) current.outputs.push(rest);
    current.resolve(current.outputs);
  }
}

/** The process kept the limit already, unless its shell has broken out of the kit. */
function withinLimit(output: CommandOutput, maxBytes: number): CommandOutput {
  const isTooLarge = Buffer.byteLength(output.stdout) > maxBytes || Buffer.byteLength(output.stderr) > maxBytes;
  return isTooLarge && output.code !== 'too-large' ? tooLarge(maxBytes) : output;
}

function interrupted(count: number): readonly CommandOutput[] {
  const { code, message } = interruption();
  return Array.from({ length: count }, (_, index) => (index === 0 ? failure(code, message) : NOT_RUN));
}
