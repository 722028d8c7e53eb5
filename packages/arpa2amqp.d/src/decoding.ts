import {
  BusError,
  batchIdOf,
  batchOf,
  errorReply,
  readBatchJson,
  type Batch,
  type Limits,
  type Reply,
  type ReplyCode,
} from '@arpa2amqp/protocol';

/** What of the message outside the seal must be as it is inside, and what names a bare array of commands. */
export interface Envelope {
  /** Our own canonical address. */
  readonly address: string;
  /** The reply-to of the message. */
  readonly replyTo: string | undefined;
  /** Gives the hex digest of the sealed body; made only when it is asked for. */
  readonly sealed: { readonly digest: string };
}

/** A batch for us, or the reason why a broker aimed it elsewhere, or the reply to a batch that cannot be read. */
export type Decoded =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'misdirected'; readonly reason: 'wrong-address' | 'wrong-reply-to' }
  | {
      readonly kind: 'unreadable';
      /** What the batch says its id is. */
      readonly id: string | null;
      /** It was a bare array, or nothing at all that could be told. */
      readonly isBare: boolean;
      readonly reply: Reply;
    };

/** Step 3, decode: validates the batch against its schema and checks that it is addressed to us. */
export function decodeMessage(plaintext: Buffer, envelope: Envelope, limits: Limits): Decoded {
  let json: unknown;
  let batch: Batch;
  try {
    json = readBatchJson(plaintext, limits);
    batch = batchOf(json, limits, () => ({ id: idFromDigest(envelope.sealed.digest), nowMs: Date.now() }));
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    const reply = errorReply(error.code as ReplyCode, `${error.message}\n`);
    return { kind: 'unreadable', id: batchIdOf(json), isBare: Array.isArray(json), reply };
  }
  if (batch.to !== null && batch.to !== envelope.address) return { kind: 'misdirected', reason: 'wrong-address' };
  if (batch.replyTo !== null && batch.replyTo !== envelope.replyTo) {
    return { kind: 'misdirected', reason: 'wrong-reply-to' };
  }
  return { kind: 'batch', batch };
}

/** A bare array has no id. The same sealed body delivered twice must have the same one. */
function idFromDigest(digest: string): string {
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
