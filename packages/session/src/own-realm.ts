import { localRealm } from '@arpa2amqp/gssapi';
import type { ServiceName } from '@arpa2amqp/protocol';
import { busErrorOf } from './gss-failure.js';

/**
 * The realm of this host as krb5.conf has it: that of the host of its service by `[domain_realm]`, else `default_realm`. Asks no KDC.
 *
 * @param service - that of this host; null when it is not known
 * @returns null when krb5.conf says neither
 * @throws BusError `security-failed` when the GSS-API library is missing or krb5.conf cannot be read
 */
export function ownRealm(service: ServiceName | null): string | null {
  try {
    return localRealm(service?.host);
  } catch (error) {
    throw busErrorOf(error);
  }
}
