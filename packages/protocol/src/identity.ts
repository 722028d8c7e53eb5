import { BusError } from './bus-error.js';
import { quoted } from './quotation.js';

const MAX_IDENTITY_BYTES = 512;
/** Visible ASCII without the characters that separate the parts of a principal or an identity. */
const PART = /^[!-~]+$/;
const DOMAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;

/**
 * Maps a Kerberos principal to an ARPA2 identity: `demo@ARPA2.NET` is `demo@arpa2.net`, and
 * `svc/host.arpa2.net@ARPA2.NET` is `+svc@host.arpa2.net`.
 *
 * A service is mapped only when its host is the realm's domain or lies below it: a realm has no say over the hosts
 * of others. A user whose name begins with `+` would pose as a service and is refused.
 *
 * @param principal - as the GSS-API displays the initiator's name
 * @throws BusError `invalid-principal`
 */
export function identityOf(principal: string): string {
  const at = principal.lastIndexOf('@');
  const components = principal.slice(0, Math.max(at, 0)).split('/');
  const domain = principal.slice(at + 1).toLowerCase();
  const [first = '', host] = components;
  const isClean =
    at > 0 &&
    components.length <= 2 &&
    DOMAIN.test(domain) &&
    PART.test(first) &&
    !/[\\@/]/.test(first) &&
    !first.startsWith('+');
  if (isClean && host === undefined) return bounded(`${first.toLowerCase()}@${domain}`, principal);
  const hostName = host?.toLowerCase() ?? '';
  if (isClean && DOMAIN.test(hostName) && (hostName === domain || hostName.endsWith(`.${domain}`))) {
    return bounded(`+${first.toLowerCase()}@${hostName}`, principal);
  }
  throw new BusError('invalid-principal', `Principal ${quoted(principal)} does not map to an ARPA2 identity`);
}

function bounded(identity: string, principal: string): string {
  if (identity.length <= MAX_IDENTITY_BYTES) return identity;
  throw new BusError(
    'invalid-principal',
    `Principal ${quoted(principal)} is longer than ${MAX_IDENTITY_BYTES} characters`,
  );
}
