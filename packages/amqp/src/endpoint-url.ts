import { isIP } from 'node:net';
import { AmqpError, quoted } from './errors.js';

/** Where an AMQP container is. */
export interface Endpoint {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  /** Name and password of the URL, for PLAIN. */
  readonly credentials: { readonly username: string; readonly password: string } | null;
}

/**
 * Reads an `amqp://` or `amqps://` URL.
 *
 * @throws AmqpError `amqp-bad-options`; the URL is not repeated, as it may hold a password
 */
export function parseEndpoint(url: string): Endpoint {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new AmqpError('amqp-bad-options', 'Read an AMQP URL: expected amqp://HOST:PORT or amqps://HOST:PORT', {
      cause,
    });
  }
  const { protocol, hostname, port, username, password, pathname, search, hash } = parsed;
  if (protocol !== 'amqp:' && protocol !== 'amqps:') {
    throw new AmqpError(
      'amqp-bad-options',
      `Read an AMQP URL: its scheme is ${quoted(protocol)}, expected amqp: or amqps:`,
    );
  }
  if (hostname === '') throw new AmqpError('amqp-bad-options', 'Read an AMQP URL: it names no host');
  if ((pathname !== '' && pathname !== '/') || search !== '' || hash !== '') {
    throw new AmqpError('amqp-bad-options', 'Read an AMQP URL: nothing may follow the port');
  }
  const isTls = protocol === 'amqps:';
  return {
    isTls,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isTls ? 5671 : 5672) : Number(port),
    credentials:
      username === '' ? null : { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}

/** The URL of an endpoint, without credentials. */
export function formatEndpoint(endpoint: Pick<Endpoint, 'isTls' | 'host' | 'port'>): string {
  const host = isIP(endpoint.host) === 6 ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.isTls ? 'amqps' : 'amqp'}://${host}:${endpoint.port}`;
}

/** Whether a host can only be this machine. Other names are not resolved: they may mean anything tomorrow. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  if (host.startsWith('::ffff:')) return isLoopback(host.slice('::ffff:'.length));
  return isIP(host) === 4 && host.startsWith('127.');
}
