/**
 * Every code an {@link AmqpError} may have. Data, so that a test can compare it with documents and thrown codes.
 * `retryable`: the same call may well succeed later, without anything being changed.
 */
export const AMQP_ERROR_CODES = {
  'amqp-refused': { retryable: true, meaning: 'nothing listens at that host and port' },
  'amqp-unreachable': { retryable: true, meaning: 'the host cannot be found or reached' },
  'amqp-timeout': { retryable: true, meaning: 'the peer did not answer in time' },
  'amqp-not-amqp': { retryable: false, meaning: 'the peer does not speak AMQP 1.0, or only one end uses TLS' },
  'amqp-tls': { retryable: false, meaning: 'TLS failed: certificate, name or version' },
  'amqp-sasl-refused': { retryable: false, meaning: 'the peer refused the login, or no mechanism is shared' },
  'amqp-sasl-unavailable': { retryable: true, meaning: 'the peer cannot check logins at the moment' },
  'amqp-protocol': { retryable: true, meaning: 'the peer broke the rules of AMQP and was dropped' },
  'amqp-limit': { retryable: true, meaning: 'a limit on connections, sessions, links or idle time was hit' },
  'amqp-peer-closed': { retryable: true, meaning: 'the peer closed the connection and told why' },
  'amqp-connection-lost': {
    retryable: true,
    meaning: 'the connection was lost; what became of the message is not known',
  },
  'amqp-outcome-unknown': { retryable: true, meaning: 'the peer settled the message without telling an outcome' },
  'amqp-not-found': { retryable: false, meaning: 'the peer knows no such address' },
  'amqp-link-refused': { retryable: false, meaning: 'the peer refused a link to that address' },
  'amqp-queue-full': { retryable: true, meaning: 'too many messages wait for credit' },
  'amqp-too-large': { retryable: false, meaning: 'the message is larger than the limit' },
  'amqp-bad-message': { retryable: false, meaning: 'the message cannot be encoded or decoded' },
  'amqp-bad-reply-to': { retryable: false, meaning: 'the reply address is none that may be answered' },
  'amqp-bad-options': { retryable: false, meaning: 'the options contradict one another or are not safe' },
  'amqp-address-in-use': { retryable: true, meaning: 'the port to listen on is taken' },
  'amqp-listen': { retryable: false, meaning: 'cannot listen at that address' },
  'amqp-closed': { retryable: false, meaning: 'this end was closed' },
} as const satisfies Record<`amqp-${string}`, { retryable: boolean; meaning: string }>;

/** A code of {@link AMQP_ERROR_CODES}. */
export type AmqpErrorCode = keyof typeof AMQP_ERROR_CODES;

/** What went wrong on the AMQP side. Carries no payload and no secret. */
export class AmqpError extends Error {
  override readonly name = 'AmqpError';
  /** What happened, for programs. */
  readonly code: AmqpErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** The AMQP error condition the peer gave, such as `amqp:not-found`. */
  readonly condition: string | undefined;

  /**
   * @param code what happened
   * @param message what failed and what to do about it
   * @param options the AMQP condition and the error underneath
   */
  constructor(code: AmqpErrorCode, message: string, options: { condition?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = AMQP_ERROR_CODES[code].retryable;
    this.condition = options.condition;
  }
}

const QUOTE_LIMIT = 100;

/** A string of a peer, quoted, its control characters escaped, and cut to 100 characters. */
export function quoted(text: unknown): string {
  const whole = typeof text === 'string' ? text : String(text);
  return JSON.stringify(whole.length > QUOTE_LIMIT ? `${whole.slice(0, QUOTE_LIMIT)}...` : whole);
}

/** The error as an {@link AmqpError}; one of another class becomes the cause of one with this code. */
export function asAmqpError(error: unknown, code: AmqpErrorCode, message: string): AmqpError {
  return error instanceof AmqpError ? error : new AmqpError(code, message, { cause: error });
}
