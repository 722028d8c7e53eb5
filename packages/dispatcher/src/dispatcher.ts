import {
  BusError,
  checkTimes,
  errorReply,
  type Batch,
  type Limits,
  type Reply,
  type ReplyCode,
} from '@arpa2amqp/protocol';
import type { Caller } from '@arpa2amqp/shell';
import { noAudit, type Audit, type AuditedCommand, type BatchAudit } from './audit.js';
import { commandFilter, type AccessDecision, type Authorizer } from './authorizer.js';
import { digestOf } from './command-digest.js';
import { Completion } from './completion.js';
import { Execution, type ExecutionTask } from './execution.js';
import type { BatchKey, BatchRecord, Journal } from './journal.js';
import { planBatch, type CompletionStep, type PlannedStep } from './plan.js';
import { PlanRefusal } from './plan-refusal.js';
import type { ShellRegistry } from './shell-registry.js';
import { VisibleShells } from './visible-shells.js';

/** The parts of a {@link Dispatcher}. */
export interface DispatcherOptions {
  readonly shells: ShellRegistry;
  readonly authorizer: Authorizer;
  readonly journal: Journal;
  readonly limits: Limits;
  /** Where decisions are written down; nowhere unless given. */
  readonly audit?: Audit;
}

/**
 * Takes a batch and who sent it and gives the replies: plan, authorize, journal, execute, audit. It knows no transport, so
 * that the daemon, a shell's local mode and the tests use the same code.
 */
export class Dispatcher {
  readonly #shells: ShellRegistry;
  readonly #authorizer: Authorizer;
  readonly #journal: Journal;
  readonly #limits: Limits;
  readonly #audit: Audit;

  constructor(options: DispatcherOptions) {
    this.#shells = options.shells;
    this.#authorizer = options.authorizer;
    this.#journal = options.journal;
    this.#limits = options.limits;
    this.#audit = options.audit ?? noAudit;
  }

  /**
   * Runs a batch.
   *
   * @param batch - as decoded; its times are checked here, its addresses are the daemon's business
   * @param caller - as proven by the security context
   * @param signal - ends the batch: the command at work is interrupted, the rest is not run
   * @returns one reply per command, in order
   */
  async run(batch: Batch, caller: Caller, signal?: AbortSignal): Promise<readonly Reply[]> {
    return await this.answer(batch, caller, (replies) => replies, signal);
  }

  /**
   * Runs a batch and makes an answer of the replies.
   *
   * @param answer - called before the replies may go out: while it is waited for the audit log, only the answer is held
   * @returns the answer, when the log has all that was done
   */
  async answer<T>(
    batch: Batch,
    caller: Caller,
    answer: (replies: readonly Reply[]) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    return await this.#logged(answer(await this.#replies(batch, caller, signal)));
  }

  async #replies(batch: Batch, caller: Caller, signal: AbortSignal | undefined): Promise<readonly Reply[]> {
    try {
      this.#checkTimes(batch, caller);
      refuseUnsupported(batch);
      const plan = planBatch(batch.commands, this.#shells, this.#limits);
      if (!plan.isReady) {
        const visible = new VisibleShells(this.#shells, this.#authorizer, caller);
        return await new PlanRefusal(this.#shells, visible).replies(batch.commands.length, plan.failures);
      }
      return await this.#authorizeAndRun(batch, plan.steps, caller, signal);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      return batch.commands.map(() => errorReply(error.code as ReplyCode, `${error.message}\n`));
    }
  }

  /**
   * Answers a batch of somebody who is nobody here.
   *
   * @param reason - for the caller
   */
  async refuse(batch: Batch, principal: string, reason: string): Promise<readonly Reply[]> {
    const { id, commands } = batch;
    this.#audit.refuse({ principal, batchId: id, commands: commands.length });
    return await this.#logged(commands.map(() => errorReply('denied', `${reason}\n`)));
  }

  /** Nothing goes out before the log has it. */
  async #logged<T>(answer: T): Promise<T> {
    const written = this.#audit.written();
    if (written !== null) await written;
    return answer;
  }

  /** "Nothing of it ran" must not be said of a batch that did: the repeat of one is answered however late it comes. */
  #checkTimes(batch: Batch, caller: Caller): void {
    const nowMs = Date.now();
    if (batch.expiresMs <= nowMs && this.#journal.knows(keyOf(batch, caller))) return;
    checkTimes(batch, nowMs, this.#limits);
  }

  async #authorizeAndRun(
    batch: Batch,
    steps: readonly (PlannedStep | CompletionStep)[],
    caller: Caller,
    signal: AbortSignal | undefined,
  ): Promise<readonly Reply[]> {
    const commands = steps.filter((step) => 'host' in step);
    const decisions = await this.#authorizer.decide(
      commands.map(({ host, command, call }) => ({ caller, shell: host.name, command, call })),
    );
    const decided = toTasks(steps, decisions);
    const audit = this.#audit.open({ batchId: batch.id, caller, commands: decided.commands });
    return await this.#execute(batch, decided, { caller, signal, audit });
  }

  async #execute(
    batch: Batch,
    { tasks, commands }: DecidedBatch,
    { caller, signal, audit }: { caller: Caller; signal: AbortSignal | undefined; audit: BatchAudit },
  ): Promise<readonly Reply[]> {
    const record = await this.#claim(batch, caller, commands, audit);
    const authorizer = this.#authorizer;
    const execution = new Execution({
      caller,
      expiresMs: batch.expiresMs,
      limits: this.#limits,
      signal,
      record,
      audit,
      visible: (shell) => commandFilter(authorizer, caller, shell),
      groups: async () => await authorizer.groupsOf(caller),
      complete: async (question) =>
        await new Completion({ shells: this.#shells, authorizer, caller, signal }).answer(question),
    });
    try {
      return await execution.runAll(tasks);
    } finally {
      try {
        await execution.close();
      } finally {
        record?.release();
      }
    }
  }

  /** A batch of which nothing changes may run again harmlessly and is not recorded: who may do nothing fills no journal. */
  async #claim(
    batch: Batch,
    caller: Caller,
    commands: readonly AuditedCommand[],
    audit: BatchAudit,
  ): Promise<BatchRecord | null> {
    const changes = commands.filter(({ step, decision }) => step.effect === 'change' && decision.isGranted);
    if (changes.length === 0) return null;
    try {
      const record = await this.#journal.claim(keyOf(batch, caller));
      refuseOther(record, changes);
      return record;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      const reply = errorReply(error.code as ReplyCode, '');
      const end = { atMs: Date.now(), ms: 0, isRepeat: false };
      for (const { index } of commands) audit.note(index, reply, end);
      throw error;
    }
  }
}

/**
 * The reply of a command must not be given to another one that came under the same id.
 *
 * @throws BusError `invalid-batch`, and then the record is released
 */
function refuseOther(record: BatchRecord, changes: readonly AuditedCommand[]): void {
  const other = changes.find(({ index, step }) => {
    const known = record.digestOf(index);
    return known !== undefined && known !== digestOf(step);
  });
  if (other === undefined) return;
  record.release();
  throw new BusError(
    'invalid-batch',
    `The id of the batch was used before, with another command ${other.index + 1}; nothing was run now: give the batch an id of its own`,
  );
}

/** A batch on whose commands was decided. */
interface DecidedBatch {
  readonly tasks: readonly ExecutionTask[];
  readonly commands: readonly AuditedCommand[];
}

function keyOf({ id, expiresMs }: Batch, { identity }: Caller): BatchKey {
  return { identity, batchId: id, expiresMs };
}

const NO_DECISION: AccessDecision = { isGranted: false, reason: 'The authorization gave no decision' };

/** @param decisions - of the steps that are commands, in order */
function toTasks(steps: readonly (PlannedStep | CompletionStep)[], decisions: readonly AccessDecision[]): DecidedBatch {
  const commands: AuditedCommand[] = [];
  const tasks = steps.map((step, index): ExecutionTask => {
    if ('question' in step) return step;
    const decision = decisions[commands.length] ?? NO_DECISION;
    commands.push({ index, step, decision });
    return decision.isGranted ? { step } : { denied: errorReply('denied', `${decision.reason}\n`) };
  });
  return { tasks, commands };
}

/** Running such a batch as an ordinary one would promise what does not hold. */
function refuseUnsupported(batch: Batch): void {
  const feature = batch.isAtomic
    ? 'atomic batches'
    : batch.confirmSeconds > 0
      ? 'commit confirmed'
      : batch.isDryRun
        ? 'dry runs'
        : null;
  if (feature !== null) throw new BusError('unsupported', `This host does not offer ${feature}`);
}
