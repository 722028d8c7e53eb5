import koffi from 'koffi';
import { GssLibraryError } from '../gss-error.js';
import { Block, NULL } from './block.js';
import { lazily } from './library.js';
import { statusError } from './status.js';

// Realms by [domain_realm] and [libdefaults] of krb5.conf. GSS-API has no call for them: gss_import_name finds that of a host only
// together with the canonicalisation of the host name by DNS.

const LIBRARY = 'libkrb5.so.3';
const FAILURE = (13 << 16) >>> 0;
/** KRB5_CONFIG_NODEFREALM */
const NO_DEFAULT_REALM = -1765328160;

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
    getDefaultRealm: library.func('krb5_get_default_realm', 'int', ['void *', 'void *']) as Krb5Function,
    freeDefaultRealm: library.func('krb5_free_default_realm', 'void', ['void *', 'void *']) as Krb5Function,
  };
});

/** krb5_get_host_realm: the realm that krb5.conf gives the host, empty when it says nothing about it. Asks no DNS. */
export function realmOfHost(host: string): string {
  return withContext((context, block) => {
    const { getHostRealm, freeHostRealm } = functions();
    checkKrb5(getHostRealm(context, host, block.addressOf(2)));
    const list = block.pointer(2);
    if (list === NULL) return '';
    const realm = koffi.decode(list, 'str') as string | null;
    freeHostRealm(context, list);
    return realm ?? '';
  });
}

/** krb5_get_default_realm: `default_realm` of krb5.conf, empty when it has none. */
export function defaultRealm(): string {
  return withContext((context, block) => {
    const { getDefaultRealm, freeDefaultRealm } = functions();
    const code = getDefaultRealm(context, block.addressOf(2));
    if (code === NO_DEFAULT_REALM) return '';
    checkKrb5(code);
    const text = block.pointer(2);
    const realm = koffi.decode(text, 'char', -1) as string;
    freeDefaultRealm(context, text);
    return realm;
  });
}

function withContext(work: (context: bigint, block: Block) => string): string {
  const block = new Block();
  const { initContext, freeContext } = functions();
  checkKrb5(initContext(block.addressOf(1)));
  const context = block.pointer(1);
  try {
    return work(context, block);
  } finally {
    freeContext(context);
  }
}

function checkKrb5(code: number): void {
  if (code !== 0) throw statusError(FAILURE, code >>> 0, 'Finding the realm of a host', 'initiate');
}
