import {
  BusError,
  buildReply,
  errorReply,
  type CommandOutput,
  type CompletionReply,
  type Limits,
  type Reply,
  type ReplyCode,
} from '@arpa2amqp/protocol';
import type { Caller, CommandFilter, GroupSource, RunLimits, ShellSession } from '@arpa2amqp/shell';
import type { AuditedEnd, BatchAudit } from './audit.js';
import { digestOf } from './command-digest.js';
import type { CompletionQuestion } from './completion.js';
import type { BatchRecord } from './journal.js';
import type { CompletionStep, PlannedStep } from './plan.js';

/** What holds for all the commands of a batch. */
export interface ExecutionContext {
  readonly caller: Caller;
  /** No changing command is started after this instant. */
  readonly expiresMs: number;
  readonly limits: Limits;
  /** Aborted when the daemon must end now. */
  readonly signal: AbortSignal | undefined;
  /** Where changing commands are recorded; null when the batch has none. */
  readonly record: BatchRecord | null;
  /** Told how every command ended, and asked before one changes something. */
  readonly audit: BatchAudit;
  /** What the caller may see of a shell's commands. */
  readonly visible: (shell: string) => CommandFilter;
  /** What `whoami` tells of the caller. */
  readonly groups: GroupSource;
  /** Answers a question what may come next. Never rejects. */
  readonly complete: (question: CompletionQuestion) => Promise<CompletionReply>;
}

/** A command to run, or the reply of one that may not, or a question. */
export type ExecutionTask = { readonly step: PlannedStep } | { readonly denied: Reply } | CompletionStep;

/** Reading commands handed to a shell at once; between two such groups the batch's expiry is looked at. */
const MAX_GROUP = 32;
/**
 * An answer takes one message. Which replies have to go is seen at its end, but until then no more is kept than so many
 * messages hold: a thousand outputs of the largest size would be a gigabyte.
 */
const MAX_KEPT_MESSAGES = 4;

/** Runs the commands of one batch in order, in shell sessions that live for this batch only. */
export class Execution {
  readonly #context: ExecutionContext;
  readonly #sessions = new Map<string, ShellSession>();
  /** Characters of the outputs that became replies. */
  #kept = 0;

  constructor(context: ExecutionContext) {
    this.#context = context;
  }

  /** Runs commands in order, or answers them from the journal. Never rejects for what a command did. */
  async runAll(tasks: readonly ExecutionTask[]): Promise<readonly Reply[]> {
    const replies: Reply[] = [];
    while (replies.length < tasks.length) {
      const index = replies.length;
      const task = tasks[index];
      if (task === undefined) break;
      if ('denied' in task) replies.push(this.#note(index, task.denied, at(0)));
      else if ('question' in task) replies.push(await this.#complete(task.question));
      else if (task.step.effect === 'change') replies.push(await this.#runChange(index, task.step));
      else replies.push(...(await this.#run(index, readsFrom(tasks, index))));
    }
    return replies;
  }

  async #complete(question: CompletionQuestion): Promise<Reply> {
    const refusal = this.#refusal();
    if (refusal !== null) return refusal;
    const reply = await this.#context.complete(question);
    return this.#keeps(lengthOf(reply)) ? { ...reply } : tooMuch();
  }

  async #runChange(index: number, step: PlannedStep): Promise<Reply> {
    const { record, audit } = this.#context;
    const known = record?.replyOf(index);
    if (known !== undefined) return this.#note(index, known, at(0, true));
    try {
      await audit.allowChange(index);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      return this.#note(index, errorReply(error.code as ReplyCode, `${error.message}\n`), at(0));
    }
    const refusal = this.#refusal();
    if (refusal !== null) return this.#note(index, refusal, at(0));
    await record?.start(index, digestOf(step));
    const [reply = errorReply('internal', '')] = await this.#run(index, [step]);
    await record?.end(index, reply);
    return reply;
  }

  /** Runs commands of one shell, the first of which has this index. */
  async #run(start: number, steps: readonly [PlannedStep, ...PlannedStep[]]): Promise<readonly Reply[]> {
    const refusal = this.#refusal();
    if (refusal !== null) return steps.map((_step, offset) => this.#note(start + offset, refusal, at(0)));
    const { expiresMs, signal, limits } = this.#context;
    const runLimits: RunLimits = {
      timeoutMs: Math.max(1, Math.min(limits.commandTimeoutMs, expiresMs - Date.now())),
      maxOutputBytes: limits.maxOutputBytes,
      ...(signal === undefined ? {} : { signal }),
    };
    const beganMs = performance.now();
    const outputs = await this.#outputs(steps, runLimits);
    const end = at(Math.round(performance.now() - beganMs));
    return outputs.map((output, offset) => this.#note(start + offset, this.#toReply(output), end));
  }

  #note(index: number, reply: Reply, end: AuditedEnd): Reply {
    this.#context.audit.note(index, reply, end);
    return reply;
  }

  #toReply(output: CommandOutput): Reply {
    return this.#keeps(output.stdout.length + output.stderr.length) ? buildReply(output) : tooMuch();
  }

  #keeps(characters: number): boolean {
    if (this.#kept + characters > MAX_KEPT_MESSAGES * this.#context.limits.maxMessageBytes) return false;
    this.#kept += characters;
    return true;
  }

  async #outputs(
    steps: readonly [PlannedStep, ...PlannedStep[]],
    limits: RunLimits,
  ): Promise<readonly CommandOutput[]> {
    const { host } = steps[0];
    try {
      const session = this.#sessions.get(host.name) ?? (await this.#open(steps[0]));
      return await session.runAll(
        steps.map(({ call, stdin }) => ({ command: call, ...(stdin === undefined ? {} : { stdin }) })),
        limits,
      );
    } catch {
      // Sessions answer every failure as an output; only a shell that cannot be opened gets here.
      return steps.map(() => ({
        stdout: '',
        stderr: `Shell ${host.name} cannot take commands now: try again later\n`,
        code: 'unavailable',
      }));
    }
  }

  async #open({ host }: PlannedStep): Promise<ShellSession> {
    const { caller, signal, groups } = this.#context;
    const visible = this.#context.visible(host.name);
    const session = await host.open(caller, { visible, groups, ...(signal === undefined ? {} : { signal }) });
    this.#sessions.set(host.name, session);
    return session;
  }

  /** Why no command may be started any more. */
  #refusal(): Reply | null {
    if (this.#context.signal?.aborted === true) return errorReply('not-run', 'The host is shutting down\n');
    if (this.#context.expiresMs > Date.now()) return null;
    return errorReply('deadline', 'The batch expired before this command was started\n');
  }

  /** Ends the shell sessions and with them the state of the batch. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#sessions.values(), (session) => session.close()));
  }
}

function at(ms: number, isRepeat = false): AuditedEnd {
  return { atMs: Date.now(), ms, isRepeat };
}

function tooMuch(): Reply {
  return errorReply('too-large', 'The command ran, but the outputs of its batch do not fit into an answer\n');
}

function lengthOf({ candidates }: CompletionReply): number {
  return candidates.reduce((sum, { value, help }) => sum + value.length + (help?.length ?? 0), 0);
}

/** The reading commands from an index on that go to the same shell without anything else between them. */
function readsFrom(tasks: readonly ExecutionTask[], start: number): [PlannedStep, ...PlannedStep[]] {
  const steps: PlannedStep[] = [];
  for (const task of tasks.slice(start, start + MAX_GROUP)) {
    if (!('step' in task) || task.step.effect === 'change') break;
    if (steps[0] !== undefined && task.step.host !== steps[0].host) break;
    steps.push(task.step);
  }
  return steps as [PlannedStep, ...PlannedStep[]];
}
