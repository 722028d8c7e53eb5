import { BusError } from './bus-error.js';
import { quoted } from './quotation.js';

/** A canonical address `/internetwide/<domain>/<host>`, taken apart. */
export interface HostAddress {
  /** The whole address as it is written. */
  readonly address: string;
  readonly domain: string;
  readonly host: string;
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ADDRESS = new RegExp(`^/internetwide/(${LABEL}(?:\\.${LABEL})*)/(${LABEL}(?:\\.${LABEL})*)$`);
const MAX_ADDRESS_BYTES = 200;

/**
 * Parses a canonical address: lower case, no empty segment, at most 200 bytes.
 *
 * @throws BusError `invalid-address`
 */
export function parseAddress(text: string): HostAddress {
  const match = text.length <= MAX_ADDRESS_BYTES ? ADDRESS.exec(text) : null;
  const [, domain, host] = match ?? [];
  if (domain === undefined || host === undefined) {
    throw new BusError(
      'invalid-address',
      `Address ${quoted(text)} is not canonical: write /internetwide/<domain>/<host> in lower case, at most ${MAX_ADDRESS_BYTES} bytes`,
    );
  }
  return { address: text, domain, host };
}

/** The service part of every host's GSS-API target unless overridden. */
export const DEFAULT_SERVICE = 'arpa2amqp';

/** A host-based service, `<service>@<host>` in GSS-API and `<service>/<host>` in Kerberos. */
export interface ServiceName {
  readonly service: string;
  readonly host: string;
}

/** The host-based service that answers at an address. No DNS is asked. */
export function serviceOf(address: HostAddress): ServiceName {
  return { service: DEFAULT_SERVICE, host: `${address.host}.${address.domain}` };
}

const SERVICE = /^([a-z0-9_-]{1,64})[@/]([a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?)$/i;

/**
 * Parses an override such as `arpa2amqp@host.example.com` (or with a slash).
 *
 * @throws BusError `usage`
 */
export function parseService(text: string): ServiceName {
  const [, service, host] = SERVICE.exec(text) ?? [];
  if (service === undefined || host === undefined) {
    throw new BusError('usage', `Service ${quoted(text)} is not of the form <service>@<host>`);
  }
  return { service, host };
}
