import type { CommandOutput } from '@arpa2amqp/protocol';
import type { RunAllOptions, SessionCommand } from './host.js';
import { failure, hasFailed, NOT_RUN } from './output.js';
import type { ShellError } from './shell-error.js';
import { interruption, StopSwitch, timeUp } from './stop-switch.js';

/** Stops all the commands that run in some sessions: the host is destroyed. */
export class Ending {
  readonly #running = new Set<(reason: ShellError) => void>();
  #reason: ShellError | undefined;

  get reason(): ShellError | undefined {
    return this.#reason;
  }

  end(reason: ShellError): void {
    this.#reason ??= reason;
    for (const stop of this.#running) stop(reason);
  }

  add(stop: (reason: ShellError) => void): void {
    this.#running.add(stop);
  }

  delete(stop: (reason: ShellError) => void): void {
    this.#running.delete(stop);
  }
}

/** Runs commands one after the other, each with a time limit of its own. */
export async function runSequence(
  commands: readonly SessionCommand[],
  options: RunAllOptions,
  ending: Ending,
  runOne: (entry: SessionCommand, stop: StopSwitch) => Promise<CommandOutput>,
): Promise<readonly CommandOutput[]> {
  const { timeoutMs, signal } = options;
  let stopped = ending.reason ?? (signal?.aborted === true ? interruption() : undefined);
  if (stopped !== undefined) return fill([failure(stopped.code, stopped.message)], commands.length);
  let current = new StopSwitch();
  const stop = (reason: ShellError) => {
    stopped ??= reason;
    current.stop(reason);
  };
  const interrupt = () => stop(interruption());
  const timer = setTimeout(() => current.stop(timeUp(timeoutMs)), timeoutMs).unref();
  signal?.addEventListener('abort', interrupt, { once: true });
  ending.add(stop);
  const outputs: CommandOutput[] = [];
  for (const entry of commands) {
    current = new StopSwitch();
    timer.refresh();
    const output = await runOne(entry, current);
    outputs.push(output);
    if (isSet(stopped) || (options.stopOnFailure === true && hasFailed(output))) break;
  }
  clearTimeout(timer);
  signal?.removeEventListener('abort', interrupt);
  ending.delete(stop);
  return fill(outputs, commands.length);
}

/** Not written as a comparison: the compiler does not see that a callback sets it. */
function isSet(reason: ShellError | undefined): boolean {
  return reason !== undefined;
}

function fill(outputs: CommandOutput[], length: number): readonly CommandOutput[] {
  while (outputs.length < length) outputs.push(NOT_RUN);
  return outputs;
}
