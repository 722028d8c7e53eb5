import { BusError } from './bus-error.js';
import { DocumentValidator } from './document-validator.js';
import { batchSchema, type BatchDocument } from './generated/batch.js';
import type { Limits } from './limits.js';
import { parseStrictJson } from './strict-json.js';

/** A batch whose document is valid. Its commands are checked one by one when the batch is planned. */
export interface Batch {
  readonly id: string;
  /** As it was written; null for a bare array of commands, which names no host. */
  readonly to: string | null;
  /** Undefined: the caller wants no answer. Null for a bare array of commands, which does not say. */
  readonly replyTo: string | null | undefined;
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly isAtomic: boolean;
  /** Seconds; 0 for a batch that needs no confirmation. */
  readonly confirmSeconds: number;
  readonly isDryRun: boolean;
  readonly commands: readonly unknown[];
}

/** What stands in for the members that a bare array of commands does not have. */
export interface BareArrayDefaults {
  readonly id: string;
  readonly nowMs: number;
}

const BATCH_ID = new RegExp(batchSchema.properties.id.pattern);
const validator = new DocumentValidator<BatchDocument>(batchSchema, 'invalid-batch');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads what was inside the seal as JSON.
 *
 * @param plaintext - UTF-8 JSON
 * @throws BusError `not-utf8`, `not-json`, `too-deep`, `duplicate-key` or `invalid-batch`
 */
export function readBatchJson(plaintext: Uint8Array, limits: Limits): unknown {
  return parseStrictJson(decodeText(plaintext), limits.maxDepth);
}

/** The id in a batch object, which may be wrong in other respects, so that its refusal can name it; null when there is none. */
export function batchIdOf(json: unknown): string | null {
  const id = typeof json === 'object' && json !== null ? (json as { id?: unknown }).id : undefined;
  return typeof id === 'string' && BATCH_ID.test(id) ? id : null;
}

/**
 * Makes a batch of a batch object or a bare array of commands.
 *
 * @param json - as {@link readBatchJson} gives it
 * @param limits - bounds on commands and life
 * @param bare - asked for a bare array only
 * @throws BusError `invalid-batch` or `too-many-commands`
 */
export function batchOf(json: unknown, limits: Limits, bare: () => BareArrayDefaults): Batch {
  const batch = Array.isArray(json) ? fromArray(json, limits, bare()) : fromObject(json);
  if (batch.commands.length > limits.maxCommands) {
    throw new BusError(
      'too-many-commands',
      `The batch holds ${batch.commands.length} commands, more than ${limits.maxCommands}: split it`,
    );
  }
  if (batch.commands.length === 0) throw new BusError('invalid-batch', 'The batch holds no command');
  // An instant that does not exist, such as a 13th month, is NaN and later than nothing.
  if (!(batch.expiresMs > batch.issuedMs) || batch.expiresMs - batch.issuedMs > limits.maxLifeMs) {
    throw new BusError(
      'invalid-batch',
      `The batch must expire after it was issued, and within ${limits.maxLifeMs / 3_600_000} hours`,
    );
  }
  return batch;
}

function decodeText(plaintext: Uint8Array): string {
  try {
    return utf8.decode(plaintext);
  } catch (cause) {
    throw new BusError('not-utf8', 'The batch is not UTF-8', { cause });
  }
}

function fromArray(commands: readonly unknown[], limits: Limits, bare: BareArrayDefaults): Batch {
  return {
    id: bare.id,
    to: null,
    replyTo: null,
    issuedMs: bare.nowMs,
    expiresMs: bare.nowMs + limits.maxLifeMs,
    isAtomic: false,
    confirmSeconds: 0,
    isDryRun: false,
    commands,
  };
}

function fromObject(value: unknown): Batch {
  const document = validator.check(value, 'The batch');
  return {
    id: document.id,
    to: document.to,
    replyTo: document.replyTo,
    issuedMs: Date.parse(document.issued),
    expiresMs: Date.parse(document.expires),
    isAtomic: document.atomic ?? false,
    confirmSeconds: document.confirm ?? 0,
    isDryRun: document.dryRun ?? false,
    commands: document.commands,
  };
}

/**
 * Checks that the batch may start now.
 *
 * @throws BusError `expired` or `issued-in-future`
 */
export function checkTimes(batch: Batch, nowMs: number, limits: Limits): void {
  if (batch.expiresMs <= nowMs) throw new BusError('expired', 'The batch has expired');
  if (batch.issuedMs > nowMs + limits.maxClockSkewMs) {
    throw new BusError('issued-in-future', 'The batch was issued in the future: compare the clocks of client and host');
  }
}
