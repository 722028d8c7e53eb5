import type { CommandOutput } from '@arpa2amqp/protocol';
import { Deadline } from './deadline.js';
import type { RunAllOptions, SessionCommand } from './host.js';
import { hasFailed, NOT_RUN } from './output.js';

/**
 * Runs commands one after the other, each with a time limit of its own.
 * @param ended - aborted when the host is destroyed
 */
export async function runSequence(
  commands: readonly SessionCommand[],
  options: RunAllOptions,
  ended: AbortSignal,
  runOne: (entry: SessionCommand, signal: AbortSignal) => Promise<CommandOutput>,
): Promise<readonly CommandOutput[]> {
  const outputs: CommandOutput[] = [];
  for (const entry of commands) {
    const deadline = new Deadline(options.timeoutMs, [ended, options.signal]);
    const output = await runOne(entry, deadline.signal);
    deadline.clear();
    outputs.push(output);
    if (options.stopOnFailure === true && hasFailed(output)) break;
    if (options.signal?.aborted === true || ended.aborted) break;
  }
  while (outputs.length < commands.length) outputs.push(NOT_RUN);
  return outputs;
}
