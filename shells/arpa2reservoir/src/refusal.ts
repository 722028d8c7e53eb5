import { ShellError } from '@arpa2amqp/shell';

/** The error for a value that is wrong, or does not fit what is there: nothing was changed. @param reason - names the value and says what to do */
export function refused(reason: string): ShellError {
  return new ShellError(reason);
}
