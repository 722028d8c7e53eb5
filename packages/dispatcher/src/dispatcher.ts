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
import { commandFilter, type AccessDecision, type Authorizer } from './authorizer.js';
import { Completion } from './completion.js';
import { Execution, type ExecutionTask } from './execution.js';
import type { BatchKey, Journal } from './journal.js';
import { planBatch, type CompletionStep, type PlannedStep } from './plan.js';
import type { ShellRegistry } from './shell-registry.js';

/** The parts of a {@link Dispatcher}. */
export interface DispatcherOptions {
  readonly shells: ShellRegistry;
  readonly authorizer: Authorizer;
  readonly journal: Journal;
  readonly limits: Limits;
}

/**
 * Takes a batch and who sent it and gives the replies: plan, authorize, journal, execute. It knows no transport, so
 * that the daemon, a shell's local mode and the tests use the same code.
 */
export class Dispatcher {
  readonly #shells: ShellRegistry;
  readonly #authorizer: Authorizer;
  readonly #journal: Journal;
  readonly #limits: Limits;

  constructor(options: DispatcherOptions) {
    this.#shells = options.shells;
    this.#authorizer = options.authorizer;
    this.#journal = options.journal;
    this.#limits = options.limits;
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
    try {
      this.#checkTimes(batch, caller);
      refuseUnsupported(batch);
      const plan = planBatch(batch.commands, this.#shells, this.#limits);
      if (!plan.isReady) return plan.replies;
      return await this.#authorizeAndRun(batch, plan.steps, caller, signal);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      return batch.commands.map(() => errorReply(error.code as ReplyCode, `${error.message}\n`));
    }
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
    // A batch of which nothing changes may run again harmlessly and is not recorded: who may do nothing fills no journal.
    const record = commands.some(({ effect }, at) => effect === 'change' && decisions[at]?.isGranted === true)
      ? await this.#journal.claim(keyOf(batch, caller))
      : null;
    const authorizer = this.#authorizer;
    const execution = new Execution({
      caller,
      expiresMs: batch.expiresMs,
      limits: this.#limits,
      signal,
      record,
      visible: (shell) => commandFilter(authorizer, caller, shell),
      groups: async () => await authorizer.groupsOf(caller),
      complete: async (question) =>
        await new Completion({ shells: this.#shells, authorizer, caller, signal }).answer(question),
    });
    try {
      const decided = decisions.values();
      return await execution.runAll(
        steps.map((step) => ('question' in step ? step : toTask(step, decided.next().value))),
      );
    } finally {
      try {
        await execution.close();
      } finally {
        record?.release();
      }
    }
  }
}

function keyOf({ id, expiresMs }: Batch, { identity }: Caller): BatchKey {
  return { identity, batchId: id, expiresMs };
}

function toTask(step: PlannedStep, decision: AccessDecision | undefined): ExecutionTask {
  if (decision?.isGranted === true) return { step };
  return { denied: errorReply('denied', `${decision?.reason ?? 'The authorization gave no decision'}\n`) };
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
