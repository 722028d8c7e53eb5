import {
  BusError,
  REPLY_ERRORS,
  decodeBareReplies,
  decodeReplies,
  isReplyCode,
  quoted,
  type Limits,
  type Reply,
  type ReplyCode,
} from '@arpa2amqp/protocol';
import type { BatchDraft } from './batch-draft.js';

/** Codes of the one reply to a batch that the host could not take as a batch, for instance since its limits are lower. */
const REFUSAL_CODES: ReadonlySet<string> = new Set<ReplyCode>([
  'not-utf8',
  'not-json',
  'too-deep',
  'duplicate-key',
  'invalid-batch',
  'too-many-commands',
]);

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
  const refusal = batchRefusal(replies);
  if (refusal !== null) throw refusal;
  if (replies.length !== draft.count) {
    throw misfit(draft, `it holds ${replies.length} replies to ${draft.count} commands`);
  }
  return replies;
}

/** A batch that the host cannot read has one reply, however many commands it holds. */
function refuseWhole(replies: readonly Reply[], draft: BatchDraft): void {
  const code = replies.length === 1 && draft.count !== 1 ? replies[0]?.error_?.code : undefined;
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

function batchRefusal(replies: readonly Reply[]): BusError | null {
  const [reply] = replies;
  const code = reply?.error_?.code ?? '';
  if (replies.length !== 1 || !isReplyCode(code) || !REFUSAL_CODES.has(code)) return null;
  return new BusError(code, `The host refused the batch: ${quoted(reply?.stderr_?.trim() ?? '')}`);
}

function misfit(draft: BatchDraft, why: string): BusError {
  return new BusError(
    'security-failed',
    `An answer to batch ${draft.id} was refused, ${why}: whether the batch ran is not known`,
  );
}
