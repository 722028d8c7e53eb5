/**
 * One connection to a directory server, for as long as it lasts.
 *
 * ldapts connects again by itself when a connection was lost, without TLS and without a bind: so it is given one socket, ever.
 * Whoever uses this opens another connection instead.
 */
import { readFileSync, statSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Client, ResultCodeError, type Entry, type SearchOptions } from 'ldapts';
import { quoted } from '@arpa2amqp/protocol';
import { DirectoryError } from './directory-error.js';
import { ldapError } from './ldap-failure.js';
import { ldapServerOf, type LdapOptions, type LdapServer } from './options.js';

const DEFAULT_TIMEOUT_MS = 5000;
const PAGE_SIZE = 500;

export class LdapConnection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #pages: Promise<unknown> = Promise.resolve();

  private constructor(client: Client, socket: Socket, timeoutMs: number) {
    this.#client = client;
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Connects, sets TLS up, and says who we are.
   *
   * @throws DirectoryError `directory-unavailable`, `directory-denied`, `directory-config`
   */
  static async open(options: LdapOptions): Promise<LdapConnection> {
    const server = ldapServerOf(options);
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const password = options.bind && readPassword(options.bind.passwordFile);
    const tls = { ...tlsOptionsOf(options.ca), ...nameOf(server) };
    const socket =
      server.kind === 'unix'
        ? connect(server.path)
        : server.kind === 'tls'
          ? connectTls({ ...server, ...tls })
          : connect(server);
    // Until ldapts listens, and after it has stopped.
    socket.on('error', () => undefined);
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs).unref();
    try {
      await ready(socket, server.kind === 'tls' ? 'secureConnect' : 'connect');
      const client = clientOn(socket, timeoutMs);
      if (server.kind === 'starttls') await closedOr(socket, client.startTLS(tls));
      if (options.bind === undefined) await client.bind('EXTERNAL');
      else await client.bind(options.bind.dn, password);
      return new LdapConnection(client, socket, timeoutMs);
    } catch (error) {
      socket.destroy();
      throw connectError(error, server, options.url);
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** In seconds, for searches. */
  get timeLimit(): number {
    return Math.ceil(this.#timeoutMs / 1000);
  }

  /**
   * Does something with the server. When that ends without an answer, the connection is given up.
   *
   * @throws DirectoryError; `ResultCodeError` when the server answered with a failure
   */
  async run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(this.#client);
    } catch (error) {
      if (error instanceof ResultCodeError) throw error;
      this.destroy();
      throw error;
    }
  }

  /**
   * Searches in pages, one search at a time: slapd keeps the place of one for each connection.
   *
   * @param take - gets one page after the other
   * @param signal - whoever has given up does not get another page, for which others would wait
   */
  async searchPaged(
    dn: string,
    options: SearchOptions,
    take: (page: readonly Entry[]) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const turn = this.#pages.then(async () => {
      signal?.throwIfAborted();
      const pages = this.#client.searchPaginated(dn, { ...options, paged: { pageSize: PAGE_SIZE } });
      for (;;) {
        const page = await this.run(async () => await pages.next());
        if (page.done === true) return;
        take(page.value.searchEntries);
        signal?.throwIfAborted();
      }
    });
    this.#pages = turn.catch(() => undefined);
    await turn;
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
    this.destroy();
  }

  /** Hangs up; what waits for an answer fails. */
  destroy(): void {
    this.#socket.destroy();
  }
}

function clientOn(socket: Socket, timeoutMs: number): Client {
  let isTaken = false;
  const take = (): Socket => {
    if (isTaken) throw new Error('the connection was lost');
    isTaken = true;
    return socket;
  };
  return new Client({ url: 'ldap://server', timeout: timeoutMs, createConnection: take });
}

async function ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server hung up')));
  });
}

/** ldapts waits for ever when the other end hangs up in the middle of setting TLS up. */
async function closedOr<T>(socket: Socket, work: Promise<T>): Promise<T> {
  const closed = new Promise<never>((_, reject) => socket.once('close', () => reject(new Error('the server hung up'))));
  return await Promise.race([work, closed]);
}

function nameOf(server: LdapServer): ConnectionOptions {
  if (server.kind === 'unix') return {};
  return isIP(server.host) === 0 ? { servername: server.host } : { host: server.host };
}

function tlsOptionsOf(ca: string | undefined): ConnectionOptions {
  const options: ConnectionOptions = { minVersion: 'TLSv1.2', rejectUnauthorized: true };
  if (ca === undefined) return options;
  try {
    return { ...options, ca: readFileSync(ca) };
  } catch (error) {
    throw new DirectoryError(
      'directory-config',
      `Cannot read the authorities in ${quoted(ca)}: correct the path or its rights`,
      { cause: error },
    );
  }
}

/** The password in a file that nobody but its owner may read. */
function readPassword(file: string): string {
  const wrong = (what: string, cause?: unknown): Error =>
    new DirectoryError('directory-config', `Cannot take the password of the directory from ${quoted(file)}: ${what}`, {
      cause,
    });
  let password: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw wrong('others may read it; set its mode to 0600');
    password = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    throw wrong('correct the path or its rights', error);
  }
  // A bind without one succeeds, as nobody (RFC 4513, section 5.1.2).
  if (password === '') throw wrong('it is empty; write the password to it');
  return password;
}

function connectError(error: unknown, server: LdapServer, url: string): DirectoryError {
  const { code = '' } = error as { code?: unknown };
  const isTls = server.kind !== 'unix' && server.kind !== 'plain';
  const isCertificate = typeof code === 'string' && /CERT|SIGNATURE|ISSUER|ALTNAME|SELF_SIGNED|^ERR_SSL/.test(code);
  if (isTls && isCertificate) {
    const words = 'its certificate is not accepted; name its authority in "ca", and the server as in its certificate';
    return new DirectoryError(
      'directory-config',
      `Cannot connect to ${quoted(url)}: ${words} (${quoted((error as Error).message)})`,
      { cause: error },
    );
  }
  return ldapError(error, `connect to ${quoted(url)}`);
}
