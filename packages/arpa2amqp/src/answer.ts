import {
  BusError,
  REPLY_ERRORS,
  decodeBareReplies,
  decodeReplies,
  isReplyCode,
  quoted,
  type Limits,
  type Reply,
} from '@arpa2amqp/protocol';
import type { BatchDraft } from './batch-draft.js';

/**
 * Reads an answer after it was authenticated and checks that it belongs to the batch: a broker may hand the answer to
 * one batch out as the answer to another.
 *
 * @throws BusError `security-failed` when it belongs elsewhere, `unknown-outcome` when it cannot be read, and the
 *   host's own code, of exit code 2, when it refused the batch as a whole
 */
export function readAnswer(plaintext: Buffer, draft: BatchDraft, style: { isRaw: boolean; limits: Limits }): Reply[] {
  const { re, from, replies } = decode(plaintext, draft, style);
  if (re !== draft.id) throw misfit(draft, `it answers batch ${quoted(re)}`);
  if (from !== draft.to) throw misfit(draft, `it comes from ${quoted(from)}`);
  refuseWhole(replies, draft);
  if (replies.length !== draft.count) {
    throw misfit(draft, `it holds ${replies.length} replies to ${draft.count} commands`);
  }
  return replies;
}

/** A batch that the host cannot take, for instance since its limits are lower, has one reply, however many commands it holds. */
function refuseWhole(replies: readonly Reply[], draft: BatchDraft): void {
  const code = replies.length === 1 ? replies[0]?.error_?.code : undefined;
  if (code === undefined || !isReplyCode(code) || REPLY_ERRORS[code].exitCode !== 2) return;
  throw new BusError(
    code,
    `${draft.to} refuses the batch, nothing ran: ${quoted(replies[0]?.stderr_?.trimEnd() ?? '', 300)}`,
  );
}

function decode(plaintext: Buffer, draft: BatchDraft, { isRaw, limits }: { isRaw: boolean; limits: Limits }) {
  try {
    return isRaw
      ? { re: draft.id, from: draft.to, replies: decodeBareReplies(plaintext, limits) }
      : decodeReplies(plaintext, limits);
  } catch (cause) {
    if (!(cause instanceof BusError)) throw cause;
    throw new BusError(
      'unknown-outcome',
      `The answer of ${draft.to} cannot be read: ${cause.message}; whether batch ${draft.id} ran is not known`,
      { cause },
    );
  }
}

function misfit(draft: BatchDraft, why: string): BusError {
  return new BusError(
    'security-failed',
    `An answer to batch ${draft.id} was refused, ${why}: whether the batch ran is not known`,
  );
}
