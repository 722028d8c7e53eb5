import { GssError } from './gss-error.js';
import { Handle } from './handle.js';
import { displayName, importName, namesAreEqual, releaseName } from './raw/names.js';
import type { NameType } from './raw/names.js';
import { realmOfHost } from './raw/realms.js';

const MAX_BYTES = 1024;
const SERVICE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const REALM = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The handle of a name, for the other files of this package. */
let handleOfName: (name: Name) => Handle;
export { handleOfName };

/** Name of a user or service, as the library holds it. Dispose it when done; contexts and credentials made with it live on. */
export class Name {
  readonly #handle: Handle;
  readonly #text: string;

  static {
    handleOfName = (name) => name.#handle;
  }

  private constructor(pointer: bigint) {
    this.#handle = new Handle(pointer, 'name', releaseName);
    this.#text = withoutReferralRealm(displayName(pointer));
  }

  /**
   * Reads a name (gss_import_name).
   *
   * `hostbased-service` (`service@host`) lets libkrb5 look the host up in DNS first, unless krb5.conf has `dns_canonicalize_hostname =
   * false`: whoever answers the query then chooses the service. Use {@link Name.service}, which never does.
   * @param text - `service@host`, a user, or a principal such as `demo@ARPA2.NET`; 1 to 1024 bytes.
   * @throws GssError with code `gss-bad-name`.
   */
  static import(text: string, type: NameType): Name {
    const action = `Reading the name ${quoted(text)}`;
    if (/\p{Cc}/u.test(text) || Buffer.byteLength(text) > MAX_BYTES || text === '') {
      throw new GssError('gss-bad-name', action);
    }
    return new Name(importName(text, type, action));
  }

  /**
   * Name of a service on a host, exactly as written: no DNS, no canonicalisation. It is the Kerberos principal `service/host` in the
   * realm given, else in the realm of `[domain_realm]` in krb5.conf, else in the one where the KDC of the client's realm or, failing
   * that, the domain of the host leads to.
   * @param service - First part of the principal, e.g. `arpa2amqp`.
   * @param host - Full host name; upper case and a final dot are dropped.
   * @throws GssError with code `gss-bad-name`, or `gss-bad-configuration` when krb5.conf cannot be read.
   * @example
   * using target = Name.service('arpa2amqp', 'reservoir.arpa2.net');
   */
  static service(service: string, host: string, realm?: string): Name {
    const canonical = host.toLowerCase().replace(/\.$/, '');
    if (!SERVICE.test(service) || !HOST.test(canonical) || (realm !== undefined && !REALM.test(realm))) {
      throw new GssError('gss-bad-name', `Naming the service ${quoted(`${service}@${host}`)}`);
    }
    // An empty realm after the @ is MIT's referral realm; without the @ it would be the default realm.
    return Name.import(`${service}/${canonical}@${realm ?? realmOfHost(canonical)}`, 'principal');
  }

  /** The name as a Kerberos principal (gss_display_name), without an @ while its realm is not known yet. */
  toString(): string {
    return this.#text;
  }

  /** Whether both are the same name (gss_compare_name). */
  equals(other: Name): boolean {
    return namesAreEqual(this.#handle, other.#handle);
  }

  /** Frees the name (gss_release_name). Idempotent. */
  dispose(): void {
    this.#handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The principal of a service whose realm the KDC will find ends in an @ with nothing behind it. */
export function withoutReferralRealm(principal: string): string {
  return principal.replace(/(?<!\\)@$/, '');
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
