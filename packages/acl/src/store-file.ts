/** The file of a store, and its failures in words. */
import { dirname } from 'node:path';
import { createRecordFile, failureOf, openRecordFile, type Records } from '@arpa2amqp/lmdb-file';
import { quoted } from '@arpa2amqp/protocol';
import { AclError, type AclErrorCode } from './acl-error.js';
import { ABOUT_KEY, decodeAbout } from './records.js';

/**
 * Makes the file of a new store.
 *
 * @param fill - writes its first records
 * @throws AclError `acl-exists`, `acl-missing`, `acl-full`, `acl-unavailable`
 */
export async function createStoreFile(path: string, fill: (records: Records) => void): Promise<void> {
  try {
    await createRecordFile(path, fill);
  } catch (error) {
    throw storeError(error, `make the store ${quoted(path)}`, path);
  }
}

/**
 * Checks the file of a store and opens it.
 *
 * @throws AclError `acl-missing`, `acl-damaged`, `acl-unavailable`
 */
export function openStoreFile(path: string): Records {
  try {
    return openRecordFile(path, { key: ABOUT_KEY, decode: decodeAbout });
  } catch (error) {
    throw storeError(error, `open the store ${quoted(path)}`, path);
  }
}

/**
 * Turns what Node and LMDB throw into an error of this package; one of this package stays as it is.
 *
 * @param action - what failed, as in "open the store"
 */
export function storeError(error: unknown, action: string, path: string): Error {
  if (error instanceof AclError) return error;
  const [as, advice] = classified(error, path);
  return new AclError(as, `Cannot ${action}: ${advice}`, { cause: error });
}

function classified(error: unknown, path: string): [AclErrorCode, string] {
  const { kind, words } = failureOf(error);
  switch (kind) {
    case 'damaged':
      return [
        'acl-damaged',
        `${words}; restore it from a backup, or move it away, make a new store and import the last export`,
      ];
    case 'missing':
      return ['acl-missing', `there is no such file; make it with "arpa2amqp.d acl init", or correct the path`];
    case 'exists':
      return ['acl-exists', `${words}; open it, or remove it first`];
    case 'full':
      return ['acl-full', `${words}; free some space around ${quoted(dirname(path))}`];
    case 'refused':
      return ['acl-unavailable', `${words}; run as the user of the daemon`];
    case 'other':
      return ['acl-unavailable', words];
  }
}
