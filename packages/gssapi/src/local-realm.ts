import { defaultRealm, realmOfHost } from './raw/realms.js';

/**
 * The realm that krb5.conf gives a host: by `[domain_realm]`, else `default_realm`. Asks no KDC, and no DNS either, also where krb5.conf
 * has `dns_lookup_realm`: who answers there must not say which realm is the own one.
 *
 * @param host - in lower case; without it, `default_realm`
 * @returns null when krb5.conf says neither
 * @throws GssError `gss-bad-configuration` when krb5.conf cannot be read; GssLibraryError
 */
export function localRealm(host?: string): string | null {
  const realm = (host === undefined ? '' : realmOfHost(host)) || defaultRealm();
  return realm === '' ? null : realm;
}
