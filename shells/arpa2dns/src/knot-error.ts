import { ShellError } from '@arpa2amqp/shell';
import { quoted, type ReplyCode } from '@arpa2amqp/protocol';

/**
 * Why Knot did not do what was asked: `unreachable` no conversation could be opened; `not-asked` the time was over before;
 * `no-answer` the time was over before the answer came; `lost` the conversation broke; `locked` somebody else's transaction is open; `refused` Knot said no; `garbled` what came is not Knot's;
 * `unknown-outcome` the answer to a commit never came.
 */
export type KnotErrorReason =
  'unreachable' | 'not-asked' | 'no-answer' | 'lost' | 'locked' | 'refused' | 'garbled' | 'unknown-outcome';

const CODES: Readonly<Record<KnotErrorReason, ReplyCode>> = {
  unreachable: 'unavailable',
  'not-asked': 'unavailable',
  'no-answer': 'unavailable',
  lost: 'unavailable',
  locked: 'unavailable',
  refused: 'failed',
  garbled: 'failed',
  'unknown-outcome': 'interrupted',
};

/** Thrown when Knot DNS did not do what was asked. */
export class KnotError extends ShellError {
  readonly reason: KnotErrorReason;
  /** Knot's own words, when it refused. */
  readonly knotSays: string | undefined;

  constructor(reason: KnotErrorReason, message: string, options: { cause?: unknown; knotSays?: string } = {}) {
    super(message, { code: CODES[reason], ...(options.cause === undefined ? {} : { cause: options.cause }) });
    this.reason = reason;
    this.knotSays = options.knotSays;
  }

  /** The same error with more to read. */
  extended(more: string): KnotError {
    return new KnotError(this.reason, `${this.message}; ${more}`, {
      cause: this,
      ...(this.knotSays === undefined ? {} : { knotSays: this.knotSays }),
    });
  }
}

/** Knot said no. @param action - what failed, e.g. `Deleting the record` */
export function refusal(action: string, knotSays: string): KnotError {
  return new KnotError('refused', `${action} failed: Knot says ${quoted(knotSays)}`, { knotSays });
}

/** The operating system's word on a control socket in our own, with what to do. */
export function unreachable(path: string, error: NodeJS.ErrnoException): KnotError {
  const advice = ADVICE[error.code ?? ''] ?? `${error.code ?? error.message}; check that knotd is running`;
  return new KnotError('unreachable', `Reaching Knot at ${quoted(path)} failed: ${advice}`, { cause: error });
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; check that knotd is running and that the option "socket" names its control socket',
  ECONNREFUSED: 'nobody listens on the socket; check that knotd is running',
  EACCES: 'access is denied; let the user of this shell join the group of the socket, usually "knot"',
  ENOTSOCK: 'it is not a socket; let the option "socket" name the control socket of knotd',
};
