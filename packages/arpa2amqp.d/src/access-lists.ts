import { AclError, AclStore } from '@arpa2amqp/acl';
import { BusError, quoted } from '@arpa2amqp/protocol';
import { listsIn } from './state-directory.js';

/**
 * Opens the access control lists of the host.
 *
 * @param state - the state directory
 * @throws BusError `config` with the command that makes the lists, or why they cannot be opened
 */
export async function openLists(state: string | undefined): Promise<AclStore> {
  if (state === undefined) {
    throw new BusError(
      'config',
      'The access control lists have no directory: name it with --state DIR, and make them with "arpa2amqp.d acl init <identity> --state DIR"',
    );
  }
  try {
    return await AclStore.open(listsIn(state));
  } catch (cause) {
    if (!(cause instanceof AclError)) throw cause;
    if (cause.code !== 'acl-missing') {
      throw new BusError('config', `Cannot use the access control lists: ${cause.message} (${cause.code})`, { cause });
    }
    throw new BusError(
      'config',
      `There are no access control lists in ${quoted(state, 300)}: make them with "arpa2amqp.d acl init <identity> --state DIR"`,
      { cause },
    );
  }
}
