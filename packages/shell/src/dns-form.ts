import { DNS_TYPES } from './dns-types.js';

// What names of DNS are in access control lists: in lower case, without the last dot. A shell whose commands take such names reads
// them in the same way, or a list would be asked about another thing than the one that is changed; arpa2dns tests that it does.

const LABEL = /^[a-z0-9_-]{1,63}$/;
const TELEPHONE = /^\+\d+(?:[.-]\d+)*$/;
const MAX_NUMBER_DIGITS = 15;
/** RFC 1035, section 2.3.4: 255 octets on the wire are 253 characters without the last dot. */
const MAX_CHARACTERS = 253;

/**
 * Types whose data begin with a priority of 16 bits, some call it preference: RFC 1035 (MX), 2230 (KX), 2782 (SRV), 6742 (NID, L32,
 * L64, LP), 7553 (URI), 9460 (SVCB, HTTPS).
 */
const WITH_PRIORITY: ReadonlySet<string> = new Set([
  ...['mx', 'kx', 'srv', 'nid', 'l32', 'l64', 'lp', 'uri', 'svcb', 'https'],
]);
const MAX_PRIORITY = 65_535;
/** RFC 3597: data of any type in hexadecimal, behind their length. */
const GENERIC = '\\#';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(DNS_TYPES).map(([name, number]) => [number, name]));

/** A zone, written with or without last dot, or as a telephone number, which stands for its ENUM zone (RFC 6116). */
export function dnsZone(text: string): string | null {
  if (!text.startsWith('+')) return named(withoutDot(text), false);
  const digits = TELEPHONE.test(text) ? text.replaceAll(/\D/g, '') : '';
  if (digits === '' || digits.length > MAX_NUMBER_DIGITS) return null;
  return `${Array.from(digits).reverse().join('.')}.e164.arpa`;
}

/** The owner of a record in a zone: `@`, absolute, ending in the name of the zone, or relative to it. */
export function dnsName(text: string, zoneText: string): string | null {
  const zone = dnsZone(zoneText);
  if (zone === null) return null;
  if (text === '@') return zone;
  const lower = text.toLowerCase();
  if (lower.endsWith('.@')) return inside(named(`${lower.slice(0, -1)}${zone}`, true), zone);
  const isAbsolute = lower.endsWith('.') || isInside(lower, zone);
  return inside(named(isAbsolute ? withoutDot(lower) : `${lower}.${zone}`, true), zone);
}

/** A name as in {@link dnsName}; of a wildcard the name behind it. */
export function dnsHost(text: string, zoneText: string): string | null {
  return dnsName(text, zoneText)?.replace(/^\*\./, '') ?? null;
}

/** The label of a port or a protocol: `443` is `_443`, `tcp` and `_TCP` are `_tcp`, and `*` is for all. */
export function dnsLabel(text: string): string | null {
  if (text === '*') return text;
  const label = `_${text.toLowerCase().replace(/^_/, '')}`;
  return LABEL.test(label) ? label : null;
}

/** A record type by its usual name, `type65400` for one without; `a` is written `aaaa`, so that one entry is for all addresses. */
export function dnsType(text: string): string | null {
  const name = text.toUpperCase();
  const digits = /^TYPE(\d{1,5})$/.exec(name)?.[1];
  const number = digits === undefined ? (Object.hasOwn(DNS_TYPES, name) ? DNS_TYPES[name] : undefined) : Number(digits);
  if (number === undefined) return null;
  const known = (NAMES.get(number) ?? `TYPE${number}`).toLowerCase();
  return known === 'a' ? 'aaaa' : known;
}

/** A record type as in {@link dnsType}, followed by the priority for those whose data begin with one: `mx 10`. */
export function dnsRecord(text: string, data: string): string | null {
  const type = dnsType(text);
  if (type === null || !WITH_PRIORITY.has(type)) return type;
  const priority = priorityOf(data);
  return priority === null ? null : `${type} ${priority}`;
}

/** One number has one name, also where it is written with leading zeros or in hexadecimal. */
function priorityOf(data: string): number | null {
  const [first = '', _length, ...digits] = data.split(/ +/);
  if (first === GENERIC) {
    const bytes = /^[0-9a-f]{4}/i.exec(digits.join(''))?.[0];
    return bytes === undefined ? null : Number.parseInt(bytes, 16);
  }
  const priority = /^\d{1,5}$/.test(first) ? Number(first) : Number.NaN;
  return priority <= MAX_PRIORITY ? priority : null;
}

function named(text: string, mayBeWildcard: boolean): string | null {
  const name = text.toLowerCase();
  const [first, ...others] = name.split('.');
  const labels = mayBeWildcard && first === '*' && others.length > 0 ? others : [first ?? '', ...others];
  return name.length <= MAX_CHARACTERS && labels.every((label) => LABEL.test(label)) ? name : null;
}

function inside(name: string | null, zone: string): string | null {
  return name !== null && isInside(name, zone) ? name : null;
}

function isInside(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
