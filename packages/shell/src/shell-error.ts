import { REPLY_ERRORS, type ReplyCode } from '@arpa2amqp/protocol';

/**
 * Thrown by a command to fail with words for the caller: the message goes to `stderr_`, the code to `error_`.
 * Any other error is a defect of the shell: the caller learns only that (`internal`), the log gets the message.
 */
export class ShellError extends Error {
  override readonly name = 'ShellError';
  /** Why the command failed; default `failed`, also for a code that says that nothing of the batch ran. */
  readonly code: ReplyCode;

  constructor(message: string, options: { readonly code?: ReplyCode; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'failed';
  }

  /** True when the same command may succeed later without a change. */
  get retryable(): boolean {
    return REPLY_ERRORS[this.code].retryable;
  }
}
