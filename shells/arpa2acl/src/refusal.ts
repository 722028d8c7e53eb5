import { AclError, type AclErrorCode } from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';
import { ShellError, type Call } from '@arpa2amqp/shell';

const UNAVAILABLE: ReadonlySet<AclErrorCode> = new Set([
  'acl-missing',
  'acl-damaged',
  'acl-full',
  'acl-unavailable',
  'acl-closed',
]);

/** What the caller is told when the lists, or the rules for addresses, refuse something; any other error stays as it is. */
function refusalOf(error: unknown): unknown {
  if (error instanceof BusError) return new ShellError(error.message, { cause: error });
  if (!(error instanceof AclError)) return error;
  const code = UNAVAILABLE.has(error.code) ? 'unavailable' : 'failed';
  return new ShellError(error.message, { code, cause: error });
}

/** The error for a wrong value: nothing was changed. @param reason - a sentence that names it and what it should be */
export function refused(reason: string): ShellError {
  return new ShellError(reason);
}

/** The error for what the lists keep the caller from, as the daemon denies a command. @param reason - a sentence */
export function denied(reason: string): ShellError {
  return new ShellError(reason, { code: 'denied' });
}

/** What a command does, with the refusals of the lists in the words of the shell. */
export function answering(run: (call: Call<undefined>) => Promise<void>): (call: Call<undefined>) => Promise<void> {
  return async (call) => {
    try {
      await run(call);
    } catch (error) {
      throw refusalOf(error);
    }
  };
}
