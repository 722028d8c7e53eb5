import { BusError } from './bus-error.js';
import { quoted } from './quotation.js';

const MAX_IDENTITY_BYTES = 512;
/** Visible ASCII without the characters that separate the parts of a principal or an identity. */
const PART = /^[!-~]+$/;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;
/** Neither a service nor an alias without a name. */
const LOCAL = /^[^+]+(?:\+[^+]+)*$/;

/**
 * To which domain the principals of a realm belong; `false`: to none, they are nobody. Realms are compared exactly. One that is not
 * named belongs to the domain of its own name in lower case, unless there is `'*': false`.
 */
export type RealmRules = Readonly<Record<string, string | false>>;

/**
 * Maps a Kerberos principal to an ARPA2 identity: `demo@ARPA2.NET` is `demo@arpa2.net`, and
 * `svc/host.arpa2.net@ARPA2.NET` is `+svc@host.arpa2.net`.
 *
 * A service is mapped only when its host is the realm's domain or lies below it: a realm has no say over the hosts
 * of others. A user whose name begins with `+` would pose as a service and is refused.
 *
 * @param principal - as the GSS-API displays the initiator's name
 * @param realms - to which domains realms belong, where that is not the realm in lower case
 * @throws BusError `invalid-principal`
 */
export function identityOf(principal: string, realms: RealmRules = {}): string {
  const at = principal.lastIndexOf('@');
  const components = principal.slice(0, Math.max(at, 0)).split('/');
  const domain = domainOf(principal.slice(at + 1), realms);
  if (domain === false) {
    throw new BusError('invalid-principal', `Principal ${quoted(principal)} is of a realm that is not let in here`);
  }
  const [first = '', host] = components;
  const isClean =
    at > 0 &&
    components.length <= 2 &&
    DOMAIN.test(domain) &&
    PART.test(first) &&
    !/[\\@/]/.test(first) &&
    LOCAL.test(first);
  if (isClean && host === undefined) return bounded(`${first.toLowerCase()}@${domain}`, principal);
  const hostName = host?.toLowerCase() ?? '';
  if (isClean && DOMAIN.test(hostName) && (hostName === domain || hostName.endsWith(`.${domain}`))) {
    return bounded(`+${first.toLowerCase()}@${hostName}`, principal);
  }
  throw new BusError('invalid-principal', `Principal ${quoted(principal)} does not map to an ARPA2 identity`);
}

function domainOf(realm: string, realms: RealmRules): string | false {
  const rule = Object.hasOwn(realms, realm) ? realms[realm] : Object.hasOwn(realms, '*') ? realms['*'] : undefined;
  return rule ?? realm.toLowerCase();
}

function bounded(identity: string, principal: string): string {
  if (identity.length <= MAX_IDENTITY_BYTES) return identity;
  throw new BusError(
    'invalid-principal',
    `Principal ${quoted(principal)} is longer than ${MAX_IDENTITY_BYTES} characters`,
  );
}
