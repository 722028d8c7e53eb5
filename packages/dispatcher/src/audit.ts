import type { Reply } from '@arpa2amqp/protocol';
import type { Caller } from '@arpa2amqp/shell';
import type { AccessDecision } from './authorizer.js';
import type { PlannedStep } from './plan.js';

/** A command of a batch on which was decided. */
export interface AuditedCommand {
  /** Its place in the batch, from 0. */
  readonly index: number;
  readonly step: PlannedStep;
  readonly decision: AccessDecision;
}

/** A batch on whose commands was decided. */
export interface AuditedBatch {
  readonly batchId: string;
  readonly caller: Caller;
  /** Questions for completion are not among them. */
  readonly commands: readonly AuditedCommand[];
}

/** A caller who is nobody here: all of a batch is denied. */
export interface RefusedCaller {
  readonly principal: string;
  readonly batchId: string;
  /** How many commands the batch has. */
  readonly commands: number;
}

/** When a command ended, and what it took; the same for all that went to a shell together. */
export interface AuditedEnd {
  /** Since 1970. */
  readonly atMs: number;
  readonly ms: number;
  /** The journal answered it: it ran for an earlier delivery of the batch. */
  readonly isRepeat: boolean;
}

/** The trail of one batch. */
export interface BatchAudit {
  /**
   * Asked before each changing command: it may run only when the log can be written. What is about to be changed is in the log
   * when this resolves.
   *
   * @param index - of the command in the batch
   * @throws BusError `unavailable`: the command must not run
   */
  allowChange(index: number): Promise<void>;
  /** Takes note of how a command ended, once for each. */
  note(index: number, reply: Reply, end: AuditedEnd): void;
}

/** The step of the dispatcher that writes down every decision with what came of it. */
export interface Audit {
  /** Starts the trail of a batch. */
  open(batch: AuditedBatch): BatchAudit;
  /** Takes note of a caller who may do nothing. */
  refuse(caller: RefusedCaller): void;
  /** Resolves when all that was noted is in the log, or kept for it when it cannot be written. Never rejects; null: at once. */
  written(): Promise<void> | null;
}

const nothing: BatchAudit = {
  allowChange: async () => await Promise.resolve(),
  note: () => undefined,
};

/** Writes nothing down. For tests, the local mode of the interactive shell, and hosts that are told to keep no log. */
export const noAudit: Audit = { open: () => nothing, refuse: () => undefined, written: () => null };
