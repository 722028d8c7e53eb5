import { GssError, type GssErrorCode } from '@arpa2amqp/gssapi';
import { BusError, isFrameErrorReason, type FrameErrorReason } from '@arpa2amqp/protocol';

/** What may accompany a {@link Refusal}. */
interface RefusalOptions {
  readonly cause?: unknown;
  readonly token?: Buffer | undefined;
  readonly isSilent?: boolean;
}

/** Why a message is not accepted. The message of the error is for the log, the reason for the peer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: FrameErrorReason;
  /** The mechanism's own error token, when it made one. */
  readonly token: Buffer | undefined;
  /** The peer gets no hint. */
  readonly isSilent: boolean;

  constructor(reason: FrameErrorReason, detail: string, options: RefusalOptions = {}) {
    super(detail, { cause: options.cause });
    this.reason = reason;
    this.token = options.token;
    this.isSilent = options.isSilent ?? false;
  }
}

// A context with sequencing but without replay detection reports a repeated message as out of sequence.
const REASONS: Partial<Record<GssErrorCode, FrameErrorReason>> = {
  'gss-duplicate-token': 'replayed',
  'gss-old-token': 'replayed',
  'gss-unsequenced-token': 'replayed',
  'gss-context-expired': 'context-unknown',
  'gss-no-context': 'context-unknown',
  'gss-disposed': 'context-unknown',
};

/** Turns whatever an acceptor met into a refusal. The peer learns one opaque reason, the log the library's words. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof GssError) {
    const reason = REASONS[error.code] ?? 'authentication-failed';
    return new Refusal(reason, error.message, { cause: error, token: error.token });
  }
  if (error instanceof BusError && isFrameErrorReason(error.code)) {
    return new Refusal(error.code, error.message, { cause: error });
  }
  const detail = error instanceof Error ? error.message : 'Opening a message failed';
  return new Refusal('authentication-failed', detail, { cause: error });
}
