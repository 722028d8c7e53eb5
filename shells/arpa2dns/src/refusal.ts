import { ShellError } from '@arpa2amqp/shell';

/** The error for a value that is wrong: nothing was sent to Knot. @param reason - a sentence that names the value and what it should be */
export function refused(reason: string): ShellError {
  return new ShellError(reason, { code: 'failed' });
}
