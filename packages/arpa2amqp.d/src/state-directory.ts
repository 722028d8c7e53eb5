import { access, constants, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { BusError } from '@arpa2amqp/protocol';

/** Who else than its owner may write to a directory. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The state directory is made when it is missing. Nobody else may write there: who can forget the tokens that were seen, put a
 * link in the place of a file, or swap the access control lists, decides what is accepted, or overwritten, in our name.
 *
 * @throws BusError `config`
 */
export async function prepareStateDirectory(state: string): Promise<void> {
  let mode: number;
  try {
    await mkdir(state, { recursive: true, mode: 0o700 });
    await access(state, constants.W_OK | constants.X_OK);
    mode = (await stat(state)).mode;
  } catch (cause) {
    throw new BusError('config', `Cannot write to the state directory: ${(cause as Error).message}`, { cause });
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new BusError('config', 'The state directory may be written by others: take that right away (chmod go-w)');
  }
}

/** Where the tokens of raw peers are remembered. */
export function replayCacheIn(state: string): string {
  return path.join(state, 'raw-peers.rcache');
}

/** The file of the access control lists. */
export function listsIn(state: string): string {
  return path.join(state, 'acl.mdb');
}

/** The audit log, unless it is elsewhere. */
export function auditIn(state: string): string {
  return path.join(state, 'audit.log');
}

/** The end of the chain of the audit log. */
export function auditHeadIn(state: string): string {
  return path.join(state, 'audit.head');
}

/** Up to where changes of the lists were looked at for the audit log. */
export function auditedListsIn(state: string): string {
  return path.join(state, 'audit.lists');
}
