import { StoreError } from '@arpa2amqp/directory';
import type { ReplyCode } from '@arpa2amqp/protocol';

/** What may accompany a {@link BlobError}. */
export interface BlobErrorOptions {
  /** What whoever gave the command is told. */
  readonly told: string;
  /** Default `unavailable`. */
  readonly reply?: ReplyCode;
  readonly cause?: unknown;
}

/** The error for data that cannot be stored or read on this host. */
export class BlobError extends StoreError {
  override readonly name = 'BlobError';
  readonly told: string;
  readonly reply: ReplyCode;

  constructor(message: string, { told, reply = 'unavailable', cause }: BlobErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.told = told;
    this.reply = reply;
  }
}
