import { quoted } from '@arpa2amqp/protocol';
import { ownerName } from './domain-name.js';
import { refused } from './refusal.js';

// DANE: RFC 6698 as updated by RFC 7671; the words are those of the seed.

/** What a certificate is matched against, and how it is trusted. */
export const USAGES = { 'ca-root': 0, 'pkix-end': 1, 'trust-root': 2, 'any-end': 3 } as const;
/** The part of the certificate that is matched. */
export const SELECTORS = { cert: 0, pubkey: 1 } as const;
/** The form in which it is matched. */
export const MATCHINGS = { full: 0, sha256: 1, sha512: 2 } as const;

/** How the TLSA records of a session are made. */
export interface DaneSettings {
  readonly usage: keyof typeof USAGES;
  readonly selector: keyof typeof SELECTORS;
  readonly matching: keyof typeof MATCHINGS;
}

/** `3 1 1`, what RFC 7671, section 5.1, recommends; not 0 0 0 as the original, which asks for a whole CA certificate. */
export const DEFAULT_DANE: DaneSettings = { usage: 'any-end', selector: 'pubkey', matching: 'sha256' };

const HASH_BYTES = { sha256: 32, sha512: 64 } as const;
const PROTOCOLS: ReadonlySet<string> = new Set(['_tcp', '_udp', '_sctp']);
const MAX_PORT = 65_535;
/** As hexadecimal digits it has to fit into one item of the control socket, beside the three numbers. */
const MAX_DATA_BYTES = 32_000;

/**
 * The owner of the TLSA record of a service.
 * @param port - 1 to 65535, or `*` for every port
 * @param owner - as in {@link ownerName}
 * @throws ShellError for a wrong protocol, port or owner
 */
export function serviceOwner(protocol: string, port: string, owner: string, zone: string): string {
  const label = serviceLabel(protocol);
  if (!PROTOCOLS.has(label)) throw refused(`The protocol ${quoted(protocol)} is not _tcp, _udp or _sctp`);
  if (port !== '*' && !(/^[1-9]\d{0,4}$/.test(port) && Number(port) <= MAX_PORT)) {
    throw refused(`The port ${quoted(port)} is not 1 to ${MAX_PORT}, nor *`);
  }
  const host = ownerName(owner, zone);
  if (host.startsWith('*')) throw refused(`The owner ${quoted(owner)} is a wildcard, which DANE cannot look up`);
  // Once more through the check: the two labels in front may make it too long.
  return ownerName(`${port === '*' ? '*' : `_${port}`}.${label}.${host}`, zone);
}

/** The label of a protocol: `tcp` is `_tcp`. */
export function serviceLabel(protocol: string): string {
  return protocol.startsWith('_') ? protocol.toLowerCase() : `_${protocol.toLowerCase()}`;
}

/**
 * TLSA data for what has to match.
 * @param toBeMatched - hexadecimal, with or without colons, or base64
 * @throws ShellError when it is neither, or not of the size that the matching type has; for `full` when it is not one DER sequence
 */
export function associationData(settings: DaneSettings, toBeMatched: string): string {
  const bytes =
    settings.matching === 'full'
      ? fullData(toBeMatched)
      : hashData(toBeMatched, settings.matching, HASH_BYTES[settings.matching]);
  const { usage, selector, matching } = settings;
  return `${USAGES[usage]} ${SELECTORS[selector]} ${MATCHINGS[matching]} ${bytes.toString('hex')}`;
}

function hashData(text: string, matching: string, size: number): Buffer {
  // No text is both: as many characters of base64 would be half as many bytes again.
  const bytes = [fromHex(text), fromBase64(text)].find((candidate) => candidate?.length === size);
  if (bytes === undefined) {
    throw refused(
      `The data to be matched is not a ${matching} value: ${size * 2} hexadecimal digits, or ${Math.ceil(size / 3) * 4} characters of base64`,
    );
  }
  return bytes;
}

function fullData(text: string): Buffer {
  const bytes = [fromHex(text), fromBase64(text)].find(
    (candidate) => candidate !== undefined && isDerSequence(candidate),
  );
  if (bytes === undefined) {
    throw refused('The data to be matched is not a certificate or public key in DER, as hexadecimal or base64');
  }
  if (bytes.length > MAX_DATA_BYTES) {
    throw refused(`The data to be matched has ${bytes.length} bytes, more than ${MAX_DATA_BYTES}; use sha256 instead`);
  }
  return bytes;
}

function fromHex(text: string): Buffer | undefined {
  const digits = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$/.test(text) ? text.replaceAll(':', '') : text;
  return /^(?:[0-9A-Fa-f]{2})+$/.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is not base64; only what comes back the same was.
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}

/** Whether these bytes are exactly one SEQUENCE (X.690, section 8.1.3), as certificates and public keys are. */
function isDerSequence(bytes: Buffer): boolean {
  const [tag, first] = bytes;
  if (tag !== 0x30 || first === undefined) return false;
  if (first < 0x80) return bytes.length === 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 3 || bytes.length < 2 + count) return false;
  return bytes.length === 2 + count + bytes.readUIntBE(2, count);
}
