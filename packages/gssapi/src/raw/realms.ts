import koffi from 'koffi';
import { GssLibraryError } from '../gss-error.js';
import { Block, NULL } from './block.js';
import { lazily } from './library.js';
import { statusError } from './status.js';

// Realms by [domain_realm] and [libdefaults] of krb5.conf. GSS-API has no call for them: gss_import_name finds that of a host only
// together with the canonicalisation of the host name by DNS.

const LIBRARY = 'libkrb5.so.3';
const FAILURE = (13 << 16) >>> 0;

/** profile, section, its two subsections or relations, default, result */
const STRING_PARAMETERS = ['void *', 'str', 'str', 'void *', 'void *', 'void *'];

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
    getProfile: library.func('krb5_get_profile', 'int', ['void *', 'void *']) as Krb5Function,
    releaseProfile: library.func('profile_release', 'void', ['void *']) as Krb5Function,
    getString: library.func('profile_get_string', 'long', STRING_PARAMETERS) as Krb5Function,
    releaseString: library.func('profile_release_string', 'void', ['void *']) as Krb5Function,
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

/**
 * `default_realm` of krb5.conf, empty when it has none. krb5_get_default_realm would then ask the DNS where `dns_lookup_realm` is on: an
 * answer that nobody has signed must not say which realm is the own one.
 */
export function defaultRealm(): string {
  return withContext((context, block) => {
    const { getProfile, releaseProfile, getString, releaseString } = functions();
    checkKrb5(getProfile(context, block.addressOf(2)));
    const profile = block.pointer(2);
    try {
      checkKrb5(getString(profile, 'libdefaults', 'default_realm', NULL, NULL, block.addressOf(3)));
      const text = block.pointer(3);
      if (text === NULL) return '';
      const realm = koffi.decode(text, 'char', -1) as string;
      releaseString(text);
      return realm;
    } finally {
      releaseProfile(profile);
    }
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
