import { BusError, type Reply } from '@arpa2amqp/protocol';
import type { HostLink } from './host/host-link.js';
import type { ShellCatalog } from './shell-catalog.js';
import { stoppedAfter } from './within.js';

const HOST_WITHIN_MS = 5000;

/** Asked when the host names no shell, as it does to who may do nothing in any of them: each has a whoami nevertheless. */
const USUAL_SHELLS = ['arpa2acl', 'arpa2id', 'arpa2dns', 'arpa2reservoir', 'arpa2hello'];

/** What came of asking the host who the caller is: what it said, or why it said nothing. */
export type HostsAnswer = { readonly reply: Reply } | { readonly silence: string };

/**
 * Asks the host who the caller is. Only there the caller's groups and roles are known. A shell of the host has to be named for
 * it, and all give the same answer.
 *
 * @throws BusError `aborted`
 */
export async function askWhoami(
  { link, catalog }: { readonly link: HostLink; readonly catalog: ShellCatalog },
  signal: AbortSignal | undefined,
): Promise<HostsAnswer> {
  const ask = async (stop: AbortSignal): Promise<HostsAnswer> => {
    await catalog.loadNames();
    for (const shell of new Set([...(catalog.names ?? []), ...USUAL_SHELLS])) {
      const [reply] = await link.run([{ words_: [shell, 'whoami'] }], { signal: stop });
      if (reply !== undefined && reply.error_?.code !== 'unknown-shell') return { reply };
    }
    return { silence: 'none of its shells is known here' };
  };
  try {
    const answer = await stoppedAfter(HOST_WITHIN_MS, signal, ask);
    if (answer !== undefined) return answer;
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    if (signal?.aborted !== true) return { silence: `${error.message} (${error.code})` };
  }
  if (signal?.aborted === true) throw new BusError('aborted', 'Interrupted: the host was not waited for');
  return { silence: `it did not answer within ${HOST_WITHIN_MS / 1000} s` };
}
