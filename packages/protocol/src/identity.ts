import { BusError } from './bus-error.js';
import { quoted } from './quotation.js';

const MAX_IDENTITY_BYTES = 512;
/** Visible ASCII: what else there is may become ASCII when its case is changed. */
const PART = /^[!-~]+$/;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
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
 * of others. Where the domains of several realms hold the host, that of the nearest one counts. A user whose name begins with `+`
 * would pose as a service and is refused.
 *
 * A realm that is neither the own one nor named in the rules is trusted by Kerberos alone. Its name must be in upper case, as names of
 * realms are (RFC 4120 6.1), since they are told apart by case and domains are not; and it has no say over what lies in the domain
 * of the own realm or of one that is named: neither over its services nor, when that is where its own domain lies, over users.
 *
 * @param principal - as the GSS-API displays the initiator's name
 * @param realms - to which domains realms belong, where that is not the realm in lower case
 * @param ownRealm - of this host, in any case; null or left out: not known
 * @throws BusError `invalid-principal`
 */
export function identityOf(principal: string, realms: RealmRules = {}, ownRealm: string | null = null): string {
  const at = principal.lastIndexOf('@');
  const components = principal.slice(0, Math.max(at, 0)).split('/');
  const realm = principal.slice(at + 1);
  const domain = domainOf(realm, realms);
  if (domain === false) throw refusal(principal, 'is of a realm that is not let in here');
  const [first = '', host] = components;
  const isClean =
    at > 0 &&
    components.length <= 2 &&
    DOMAIN.test(domain) &&
    [realm, ...components].every((part) => PART.test(part)) &&
    !/[\\@/]/.test(first) &&
    LOCAL.test(first);
  const isForeign = realm !== ownRealm && !Object.hasOwn(realms, realm);
  const others = domainsOfOthers(realm, realms, ownRealm);
  if (isForeign && isClean) checkForeign(principal, realm, others);
  if (isClean && host === undefined) return bounded(`${first.toLowerCase()}@${domain}`, principal);
  const hostName = host?.toLowerCase() ?? '';
  if (!isClean || !DOMAIN.test(hostName) || !holds(domain, hostName)) {
    throw refusal(principal, 'does not map to an ARPA2 identity');
  }
  const nearer = others.find((other) => holds(other, hostName) && (isForeign || other.length > domain.length));
  if (nearer === undefined) return bounded(`+${first.toLowerCase()}@${hostName}`, principal);
  throw refusal(principal, `names a service of ${nearer}, which is the domain of another realm`);
}

/** Rules are what an administrator has thought about: what they name may be spelled, and may share a domain, as it likes. */
function checkForeign(principal: string, realm: string, others: readonly string[]): void {
  if (realm !== realm.toUpperCase()) {
    throw refusal(principal, 'is of a realm that is not in upper case: let it in by its name under "realms"');
  }
  const holder = others.find((other) => holds(other, realm.toLowerCase()));
  if (holder === undefined) return;
  throw refusal(
    principal,
    `is of a realm in ${holder}, which is the domain of another realm: let it in by its name under "realms"`,
  );
}

function domainOf(realm: string, realms: RealmRules): string | false {
  const rule = Object.hasOwn(realms, realm) ? realms[realm] : Object.hasOwn(realms, '*') ? realms['*'] : undefined;
  return rule ?? realm.toLowerCase();
}

/** The domains of the own realm and of those that are named, but for one realm. One that is not let in keeps its own from others. */
function domainsOfOthers(realm: string, realms: RealmRules, ownRealm: string | null): readonly string[] {
  const known = new Set([...Object.keys(realms), ...(ownRealm === null ? [] : [ownRealm])]);
  known.delete(realm);
  known.delete('*');
  return [...known].map((other) => domainOf(other, realms) || other.toLowerCase());
}

const holds = (domain: string, host: string): boolean => host === domain || host.endsWith(`.${domain}`);

function refusal(principal: string, why: string): BusError {
  return new BusError('invalid-principal', `Principal ${quoted(principal)} ${why}`);
}

function bounded(identity: string, principal: string): string {
  if (identity.length <= MAX_IDENTITY_BYTES) return identity;
  throw refusal(principal, `is longer than ${MAX_IDENTITY_BYTES} characters`);
}
