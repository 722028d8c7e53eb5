import { BusError, decodeCommand, quoted, suggestion, type DecodedCommand, type Limits } from '@arpa2amqp/protocol';
import type {
  CommandDescription,
  CommandEffect,
  HiddenForms,
  PlannedCommand,
  ShellHost,
  Plan as ShellPlan,
} from '@arpa2amqp/shell';
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

/** Why a command is not ready to run. */
export interface PlanFailure {
  readonly error: BusError;
  /** Null: it has not even the form of a command. */
  readonly decoded: Exclude<DecodedCommand, { readonly form: 'complete' }> | null;
}

/** All commands of a batch ready to run, or why some of them, by their index, are not. */
export type Plan =
  | { readonly isReady: true; readonly steps: readonly (PlannedStep | CompletionStep)[] }
  | { readonly isReady: false; readonly failures: ReadonlyMap<number, PlanFailure> };

/** Resolves the shell of every command and matches every command against its grammar. One error: nothing runs. */
export function planBatch(commands: readonly unknown[], shells: ShellRegistry, limits: Limits): Plan {
  const steps: (PlannedStep | CompletionStep)[] = [];
  const failures = new Map<number, PlanFailure>();
  for (const [index, command] of commands.entries()) {
    let decoded: DecodedCommand | null = null;
    try {
      decoded = decodeCommand(command, limits);
      steps.push(decoded.form === 'complete' ? { question: decoded } : planCommand(decoded, shells));
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      failures.set(index, { error, decoded: decoded?.form === 'complete' ? null : decoded });
    }
  }
  return failures.size === 0 ? { isReady: true, steps } : { isReady: false, failures };
}

function planCommand(decoded: NonNullable<PlanFailure['decoded']>, shells: ShellRegistry): PlannedStep {
  const host = shells.find(decoded.shell);
  if (host === undefined) throw unknownShell(decoded.shell, shells.names);
  const plan = planIn(host, decoded);
  if (!plan.ok) throw failureOf(plan);
  return { host, command: plan.description, effect: plan.effect, call: plan.command, stdin: decoded.stdin };
}

/** @param hidden - what of the shell's commands the error must not tell of */
export function planIn(
  { table }: ShellHost,
  decoded: NonNullable<PlanFailure['decoded']>,
  hidden: HiddenForms = [],
): ShellPlan {
  return decoded.form === 'line'
    ? table.planLine(decoded.words, hidden)
    : table.planJson({ ...decoded.variables, do_: decoded.words }, hidden);
}

/** The grammar counts from the command's name; the caller's words begin with the shell's. */
export function failureOf({ code, message, at }: Extract<ShellPlan, { readonly ok: false }>): BusError {
  return new BusError(code, message, at === undefined ? {} : { at: at + 1 });
}

/** @param names - of the shells that may be told of */
export function unknownShell(name: string, names: readonly string[]): BusError {
  const known = names.length === 0 ? '' : `${suggestion(name, names)}; the host has ${names.join(', ')}`;
  return new BusError('unknown-shell', `Unknown shell ${quoted(name)}${known}`, { at: 0 });
}
