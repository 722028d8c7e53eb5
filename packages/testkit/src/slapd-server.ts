import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort, isListening } from './conditions.js';
import { requireParts } from './parts.js';
import { SupervisedProcess, WorkDirectory } from './processes.js';
import { runProgram } from './programs.js';
import { slapdConfig, slapdEntries } from './slapd-files.js';

// Life cycle: start -> (stop/restart, pause/resume any number of times) -> close. The server owns its directory and its slapd;
// both end with this process however it ends (processes.ts).

/** Options of {@link SlapdServer.start}. */
export interface SlapdServerOptions {
  /** Schema files (LDIF, absolute paths) beside core, cosine and inetorgperson; default `schemas/ldap/arpa2.ldif`. */
  readonly schemas?: readonly string[];
  /** Values of `olcDbIndex`, such as `arpa2EntryId eq`; default those of docs/ldap.md when the default schema is used. */
  readonly indexes?: readonly string[];
}

const HOST = '127.0.0.1';
const BASE = 'o=test';
const ADMIN_DN = `cn=admin,${BASE}`;
const BASES = 200;
const CLASHES_ALLOWED = 5;
/** sun_path holds 108 bytes. */
const MAX_SOCKET_BYTES = 107;
const ARPA2_SCHEMA = fileURLToPath(new URL('../../../schemas/ldap/arpa2.ldif', import.meta.url));
const ARPA2_INDEXES = [
  'objectClass eq',
  'associatedDomain,uid,cn eq,sub',
  'arpa2Alias,arpa2Member,arpa2Occupant,arpa2Collection,arpa2Resource,arpa2Sha256 eq,sub',
  'arpa2EntryId,arpa2StandsFor,arpa2RefersTo,arpa2Data eq',
];

/**
 * A private directory server: the real slapd as an ordinary process, on a UNIX socket and on free ports of 127.0.0.1, in a
 * directory of its own (mode 0700). Needs no root. On the UNIX socket this process may change everything without a password.
 * @example
 * await using slapd = await SlapdServer.start();
 * const options = { store: 'ldap', url: slapd.url, base: slapd.freshBase() };
 */
export class SlapdServer implements AsyncDisposable {
  readonly #directory = new WorkDirectory('arpa2-ldap');
  readonly #schemas: readonly string[];
  readonly #indexes: readonly string[];
  #slapd: SupervisedProcess | null = null;
  #ports: readonly [plain: number, tls: number] = [0, 0];
  #usedBases = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: SlapdServerOptions) {
    this.#schemas = options.schemas ?? [ARPA2_SCHEMA];
    this.#indexes = options.indexes ?? (options.schemas === undefined ? ARPA2_INDEXES : ['objectClass eq']);
  }

  /**
   * Starts a server with an empty base entry; returns when it answers.
   * @throws Error that names the Debian package to install when slapd is missing.
   */
  static async start(options: SlapdServerOptions = {}): Promise<SlapdServer> {
    requireParts('slapd');
    const server = new SlapdServer(options);
    try {
      await server.#setUp();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Private directory of the server, removed by close. */
  get directory(): string {
    return this.#directory.path;
  }

  /** The UNIX socket, as `ldapi://%2F...`. */
  get url(): string {
    return `ldapi://${encodeURIComponent(this.#directory.file('ldapi'))}`;
  }

  /** `ldap://127.0.0.1:<port>`, which offers StartTLS. */
  get tcpUrl(): string {
    return `ldap://${HOST}:${this.#ports[0]}`;
  }

  /** `ldaps://127.0.0.1:<port>`. */
  get tlsUrl(): string {
    return `ldaps://${HOST}:${this.#ports[1]}`;
  }

  /** PEM file of the authority that the server's certificate is from; the certificate is for 127.0.0.1. */
  get authority(): string {
    return this.#directory.file('certificate.pem');
  }

  /** The base entry of all. */
  get base(): string {
    return BASE;
  }

  /** May change everything, by the password in {@link SlapdServer.passwordFile}. */
  get adminDn(): string {
    return ADMIN_DN;
  }

  /** File (0600) with the administrator's password. */
  get passwordFile(): string {
    return this.#directory.file('password');
  }

  /** What slapd has logged so far. */
  get log(): string {
    return this.#slapd?.log ?? '';
  }

  /** A base entry below {@link SlapdServer.base} with nothing in it, another with every call. */
  freshBase(): string {
    if (this.#usedBases === BASES) throw new RangeError(`A SlapdServer has ${BASES} fresh bases; start another one`);
    this.#usedBases += 1;
    return baseDn(this.#usedBases);
  }

  /** Process id of slapd. */
  get pid(): number {
    return Number.parseInt(readFileSync(this.#directory.file('slapd.pid'), 'utf8'), 10);
  }

  /** Stops slapd's process where it is (SIGSTOP), so that it accepts but never answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Lets a paused slapd go on (SIGCONT). */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends slapd (SIGTERM) and waits until it is gone; what it holds stays for {@link SlapdServer.restart}. */
  async stop(): Promise<void> {
    const slapd = this.#slapd;
    this.#slapd = null;
    await slapd?.stop();
  }

  /** Starts slapd again after {@link SlapdServer.stop}, on the same ports unless someone else took one. Does nothing while it runs. */
  async restart(): Promise<void> {
    for (let clashes = 0; this.#slapd === null; clashes++) {
      if (clashes > 0 || this.#ports[0] === 0) this.#ports = [await findFreePort(), await findFreePort()];
      // A socket of a slapd that was killed would be taken for one in use.
      await rm(this.#directory.file('ldapi'), { force: true });
      const urls = [this.url, this.tcpUrl, this.tlsUrl].join(' ');
      const slapd = new SupervisedProcess('slapd', ['-d', '0', '-F', this.#directory.file('config'), '-h', urls], {
        directory: this.directory,
        logFile: this.#directory.file('slapd.log'),
      });
      try {
        await slapd.waitUntilReady(
          async () => (await isListening(this.#ports[0])) && (await isListening(this.#ports[1])),
        );
        this.#slapd = slapd;
      } catch (error) {
        await slapd.stop();
        // Someone took a port between finding and binding it: take others.
        if (clashes === CLASHES_ALLOWED) throw error;
      }
    }
  }

  /** Stops slapd and removes the directory. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.stop();
    this.#directory.remove();
  }

  async #setUp(): Promise<void> {
    const socket = this.#directory.file('ldapi');
    if (Buffer.byteLength(socket) > MAX_SOCKET_BYTES) {
      throw new RangeError(
        `Starting slapd failed: the path of its socket, ${socket}, is too long; set TMPDIR to a shorter one`,
      );
    }
    await chmod(this.directory, 0o700);
    for (const folder of ['config', 'database']) await mkdir(this.#directory.file(folder), { mode: 0o700 });
    const password = randomBytes(16).toString('hex');
    await writeFile(this.passwordFile, `${password}\n`, { mode: 0o600 });
    await this.#makeCertificate();
    const files = { database: this.#directory.file('database'), pidFile: this.#directory.file('slapd.pid') };
    const tls = { key: this.#directory.file('key.pem'), certificate: this.authority, authority: this.authority };
    const wanted = { schemas: this.#schemas, indexes: this.#indexes };
    await this.#load(0, slapdConfig({ base: BASE, adminDn: ADMIN_DN, ...files, ...tls, ...wanted }));
    const bases = Array.from({ length: BASES }, (_, index) => baseDn(index + 1));
    await this.#load(1, slapdEntries(BASE, ADMIN_DN, password, bases));
    await this.restart();
  }

  async #load(database: number, ldif: string): Promise<void> {
    const file = this.#directory.file(`${database}.ldif`);
    await writeFile(file, ldif, { mode: 0o600 });
    const config = this.#directory.file('config');
    await runProgram('slapadd', ['-n', String(database), '-F', config, '-l', file]);
  }

  async #makeCertificate(): Promise<void> {
    const [key, certificate] = [this.#directory.file('key.pem'), this.authority];
    await runProgram('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=slapd', '-addext', `subjectAltName=IP:${HOST}`, '-keyout', key, '-out', certificate],
    ]);
  }
}

const baseDn = (number: number): string => `ou=base${number},${BASE}`;
