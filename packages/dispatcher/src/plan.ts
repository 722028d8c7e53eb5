import {
  BusError,
  decodeCommand,
  errorReply,
  quoted,
  suggestion,
  type DecodedCommand,
  type Limits,
  type Reply,
  type ReplyCode,
} from '@arpa2amqp/protocol';
import type { CommandDescription, CommandEffect, PlannedCommand, ShellHost } from '@arpa2amqp/shell';
import type { CompletionQuestion } from './completion.js';
import type { ShellRegistry } from './shell-registry.js';

/** A command that fits its grammar, ready to run. */
export interface PlannedStep {
  readonly host: ShellHost;
  readonly command: CommandDescription;
  readonly effect: CommandEffect;
  readonly call: PlannedCommand;
  readonly stdin: string | undefined;
}

/** A question what may come next, in the place of a command. */
export interface CompletionStep {
  readonly question: CompletionQuestion;
}

/** All commands of a batch ready to run, or a reply for each when one of them cannot be. */
export type Plan =
  | { readonly isReady: true; readonly steps: readonly (PlannedStep | CompletionStep)[] }
  | { readonly isReady: false; readonly replies: readonly Reply[] };

/** Resolves the shell of every command and matches every command against its grammar. One error: nothing runs. */
export function planBatch(commands: readonly unknown[], shells: ShellRegistry, limits: Limits): Plan {
  const steps: (PlannedStep | CompletionStep)[] = [];
  const errors = new Map<number, BusError>();
  for (const [index, command] of commands.entries()) {
    try {
      steps.push(planCommand(decodeCommand(command, limits), shells));
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      errors.set(index, error);
    }
  }
  if (errors.size === 0) return { isReady: true, steps };
  const first = [...errors.keys()][0] ?? 0;
  const replies = commands.map((_command, index) => {
    const error = errors.get(index);
    return error === undefined
      ? errorReply('not-run', `Not run, because command ${first + 1} of the batch has an error\n`)
      : errorReply(error.code as ReplyCode, `${error.message}\n`, error.at);
  });
  return { isReady: false, replies };
}

function planCommand(decoded: DecodedCommand, shells: ShellRegistry): PlannedStep | CompletionStep {
  if (decoded.form === 'complete') return { question: decoded };
  const host = shells.find(decoded.shell);
  if (host === undefined) {
    throw new BusError(
      'unknown-shell',
      `Unknown shell ${quoted(decoded.shell)}${suggestion(decoded.shell, shells.names)}; the host has ${shells.names.join(', ')}`,
      { at: 0 },
    );
  }
  const plan =
    decoded.form === 'line'
      ? host.table.planLine(decoded.words)
      : host.table.planJson({ ...decoded.variables, do_: decoded.words });
  if (!plan.ok) {
    // The grammar counts from the command's name; the caller's words begin with the shell's.
    throw new BusError(plan.code, plan.message, plan.at === undefined ? {} : { at: plan.at + 1 });
  }
  return { host, command: plan.description, effect: plan.effect, call: plan.command, stdin: decoded.stdin };
}
