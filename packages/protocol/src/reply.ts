import { REPLY_ERRORS, type ReplyCode } from './error-catalogue.js';
import type { Reply } from './generated/reply.js';
import { parseStdout } from './stdout-parser.js';

/** What a command printed, and why it failed when it did. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the command failed or was not run; `failed` when only stderr tells so. */
  readonly code?: ReplyCode;
  /** The index of the offending word, for `syntax`. */
  readonly at?: number;
}

/**
 * Turns the output of a command into its reply. stderr, or a code, makes it an error reply, which has no stdout.
 *
 * Half a surrogate pair becomes U+FFFD: strict readers refuse JSON with one, and so all the replies of the batch.
 */
export function buildReply(output: CommandOutput): Reply {
  if (output.stderr !== '' || output.code !== undefined) {
    return errorReply(output.code ?? 'failed', output.stderr.toWellFormed(), output.at);
  }
  const { headers, members, text } = parseStdout(output.stdout.toWellFormed());
  return {
    ...members,
    ...(headers === undefined ? {} : { headers_: headers }),
    ...(text === undefined ? {} : { stdout_: text }),
  };
}

/**
 * Makes the reply of a command that failed or could not be run.
 *
 * @param code - why
 * @param message - for people; the catalogue's line when empty
 * @param at - the index of the offending word
 */
export function errorReply(code: ReplyCode, message: string, at?: number): Reply {
  return {
    stderr_: message === '' ? `${REPLY_ERRORS[code].about}\n` : message,
    error_: { code, ...(at === undefined ? {} : { at }) },
  };
}

/** The error test of the protocol: the presence of `stderr_`. */
export function isErrorReply(reply: Reply): boolean {
  return reply.stderr_ !== undefined;
}
