import { isIP } from 'node:net';
import { DocumentValidator, quoted } from '@arpa2amqp/protocol';
import { DirectoryError } from './directory-error.js';
import { parseDn } from './ldap-name.js';

/** The directory is a file. */
export interface LmdbOptions {
  readonly store?: 'lmdb';
  /** Absolute path; default: where the host puts it. */
  readonly file?: string;
}

/** The directory is on a server. */
export interface LdapOptions {
  readonly store: 'ldap';
  /** `ldapi://%2Fpath%2Fto%2Fsocket`, `ldaps://host`, or `ldap://host`: StartTLS, but for a loopback address without `ca`. */
  readonly url: string;
  /** DN of the entry that all others are below. */
  readonly base: string;
  /** Who to be, by a password in a file of mode 0600. Absent: who the UNIX socket says we are (SASL EXTERNAL). */
  readonly bind?: { readonly dn: string; readonly passwordFile: string };
  /** PEM file of the authorities that the server's certificate may be from; default: those of Node.js. */
  readonly ca?: string;
  /** How long the server may take for one answer, default 5000. */
  readonly timeoutMs?: number;
}

/** How a directory is configured. */
export type DirectoryOptions = LmdbOptions | LdapOptions;

/** Where a directory server is. */
export type LdapServer =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'plain' | 'starttls' | 'tls'; readonly host: string; readonly port: number };

const FILE = { type: 'string', pattern: '^/[^\\u0000]+$' };
const TEXT = { type: 'string', minLength: 1, maxLength: 1024 };

const LMDB = new DocumentValidator<LmdbOptions>(
  { type: 'object', additionalProperties: false, properties: { store: { enum: ['lmdb', 'ldap'] }, file: FILE } },
  'config',
);
const LDAP = new DocumentValidator<LdapOptions>(
  {
    type: 'object',
    additionalProperties: false,
    required: ['url', 'base'],
    properties: {
      store: { enum: ['ldap'] },
      url: TEXT,
      base: TEXT,
      bind: {
        type: 'object',
        additionalProperties: false,
        required: ['dn', 'passwordFile'],
        properties: { dn: TEXT, passwordFile: FILE },
      },
      ca: FILE,
      timeoutMs: { type: 'integer', minimum: 100, maximum: 600_000 },
    },
  },
  'config',
);

/** sun_path of a UNIX socket holds 108 bytes with its closing NUL. */
const MAX_SOCKET_BYTES = 107;
const DEFAULT_PORTS = { ldap: 389, ldaps: 636 };

/**
 * Checks the configuration of a directory without opening it.
 *
 * @param options - from a configuration file; null and undefined are the defaults
 * @throws DirectoryError `directory-config` that names what is wrong
 */
export function checkDirectoryOptions(options: unknown): DirectoryOptions {
  const document = options ?? {};
  const isLdap = (document as { store?: unknown }).store === 'ldap';
  const validator = isLdap ? LDAP : LMDB;
  if (!validator.accepts(document)) throw wrong(`is not valid: ${validator.explain()}`);
  if (document.store === 'ldap') checkLdap(document);
  return Object.freeze({ ...document });
}

function checkLdap(options: LdapOptions): void {
  const server = ldapServerOf(options);
  if (parseDn(options.base) === null) throw wrong(`is not valid: ${quoted(options.base)} in base is no DN`);
  if (options.bind !== undefined && parseDn(options.bind.dn) === null) {
    throw wrong(`is not valid: ${quoted(options.bind.dn)} in bind.dn is no DN`);
  }
  if (server.kind === 'unix' && options.ca !== undefined)
    throw wrong('names "ca", but a UNIX socket has no certificate');
  if (server.kind !== 'unix' && options.bind === undefined) {
    throw wrong('lacks "bind": without it, only an ldapi URL tells the server who we are');
  }
}

/** @throws DirectoryError `directory-config` */
export function ldapServerOf({ url, ca }: LdapOptions): LdapServer {
  const [, scheme = '', rest = ''] = /^(ldapi|ldaps?):\/\/([^/?#@]*)\/?$/i.exec(url) ?? [];
  if (scheme.toLowerCase() === 'ldapi') return { kind: 'unix', path: socketOf(rest, url) };
  if (scheme === '' || rest === '') {
    throw wrong(
      `is not valid: ${quoted(url)} in url is none of ldapi://%2Fpath, ldaps://host:port and ldap://host:port`,
    );
  }
  const [, host = '', port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(rest) ?? [];
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  const isTls = scheme.toLowerCase() === 'ldaps';
  const number = Number(port ?? (isTls ? DEFAULT_PORTS.ldaps : DEFAULT_PORTS.ldap));
  if (bare === '' || number < 1 || number > 65_535) throw wrong(`is not valid: no host and port in ${quoted(url)}`);
  const isPlain = isLoopback(bare) && ca === undefined;
  return { kind: isTls ? 'tls' : isPlain ? 'plain' : 'starttls', host: bare, port: number };
}

function socketOf(encoded: string, url: string): string {
  let path = '';
  try {
    path = decodeURIComponent(encoded);
  } catch {
    // As an empty path below.
  }
  const isPath = path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) <= MAX_SOCKET_BYTES;
  if (!isPath)
    throw wrong(`is not valid: no path of a socket in ${quoted(url)}; write it as ldapi://%2Frun%2Fslapd%2Fldapi`);
  return path;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function wrong(what: string): DirectoryError {
  return new DirectoryError('directory-config', `The configuration of the directory ${what}`);
}
