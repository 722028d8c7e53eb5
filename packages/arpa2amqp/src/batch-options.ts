import { BusError, DocumentValidator } from '@arpa2amqp/protocol';
import { batchOptionsSchema, type BatchOptionsDocument } from './generated/batch-options.js';

/** How one batch is to be sent. */
export interface BatchOptions {
  /**
   * How long the batch is good, in milliseconds: after it nothing of the batch is started and the call fails. Default:
   * the `timeoutMs` of the client; at most 24 hours.
   */
  readonly timeoutMs?: number;
  /** Stop waiting. The batch may run nevertheless. */
  readonly signal?: AbortSignal;
  /** All commands succeed or none stays. */
  readonly atomic?: boolean;
  /** Plan and authorize only. */
  readonly dryRun?: boolean;
  /** Seconds within which the batch must be confirmed, or it is undone; 0 for none. */
  readonly confirm?: number;
  /** A UUID in lower case. A batch that may have run already is answered, not run again, when it is sent under its old id. */
  readonly batchId?: string;
}

const validator = new DocumentValidator<BatchOptionsDocument>(batchOptionsSchema, 'usage');

/**
 * Checks the options of one batch.
 *
 * @throws BusError `usage`, naming the key
 */
export function resolveBatchOptions(
  options: BatchOptions,
  defaults: { readonly timeoutMs: number; readonly isRaw: boolean; readonly maxLifeMs: number },
): BatchOptions & { readonly timeoutMs: number } {
  const { signal, ...document } = options;
  for (const _ in document) {
    validator.check(document, 'The options of the batch');
    break;
  }
  const timeoutMs = options.timeoutMs ?? defaults.timeoutMs;
  if (timeoutMs > defaults.maxLifeMs) {
    throw new BusError('usage', `A batch lives at most ${defaults.maxLifeMs} ms: shorten its time limit`);
  }
  const isPlain = options.atomic !== true && options.dryRun !== true && (options.confirm ?? 0) === 0;
  if (defaults.isRaw && !(isPlain && options.batchId === undefined)) {
    throw new BusError(
      'usage',
      'A raw peer knows bare arrays of commands only: leave out atomic, dryRun, confirm and batchId',
    );
  }
  return { ...document, timeoutMs, ...(signal === undefined ? {} : { signal }) };
}
