import koffi from 'koffi';
import { GssLibraryError } from '../gss-error.js';
import { Block, NULL } from './block.js';
import { lazily } from './library.js';
import { statusError } from './status.js';

// The realm of a host by [domain_realm] of krb5.conf. GSS-API has no call for it: gss_import_name does it only together with the
// canonicalisation of the host name by DNS.

const LIBRARY = 'libkrb5.so.3';
const FAILURE = (13 << 16) >>> 0;

type Krb5Function = (...args: (bigint | string)[]) => number;

const functions = lazily(() => {
  let library;
  try {
    library = koffi.load(LIBRARY);
  } catch (error) {
    throw new GssLibraryError(`${LIBRARY} cannot be opened`, error);
  }
  return {
    initContext: library.func('krb5_init_context', 'int', ['void *']) as Krb5Function,
    freeContext: library.func('krb5_free_context', 'void', ['void *']) as Krb5Function,
    getHostRealm: library.func('krb5_get_host_realm', 'int', ['void *', 'str', 'void *']) as Krb5Function,
    freeHostRealm: library.func('krb5_free_host_realm', 'int', ['void *', 'void *']) as Krb5Function,
  };
});

/** krb5_get_host_realm: the realm that krb5.conf gives the host, empty when it says nothing about it. Asks no DNS. */
export function realmOfHost(host: string): string {
  const block = new Block();
  const { initContext, freeContext, getHostRealm, freeHostRealm } = functions();
  checkKrb5(initContext(block.addressOf(1)));
  const context = block.pointer(1);
  try {
    checkKrb5(getHostRealm(context, host, block.addressOf(2)));
    const list = block.pointer(2);
    if (list === NULL) return '';
    const realm = koffi.decode(list, 'str') as string | null;
    freeHostRealm(context, list);
    return realm ?? '';
  } finally {
    freeContext(context);
  }
}

function checkKrb5(code: number): void {
  if (code !== 0) throw statusError(FAILURE, code >>> 0, 'Finding the realm of a host', 'initiate');
}
