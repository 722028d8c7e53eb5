import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from './certificates.js';
import { requireParts } from './parts.js';
import { runProgram } from './programs.js';
import { ServerProcess, type ServerCommand } from './server-process.js';
import { slapdConfig, slapdEntries } from './slapd-files.js';

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
export class SlapdServer extends ServerProcess {
  readonly #schemas: readonly string[];
  readonly #indexes: readonly string[];
  #usedBases = 0;

  private constructor(options: SlapdServerOptions) {
    super({ program: 'slapd', prefix: 'arpa2-ldap', ports: 2 });
    this.#schemas = options.schemas ?? [ARPA2_SCHEMA];
    this.#indexes = options.indexes ?? (options.schemas === undefined ? ARPA2_INDEXES : ['objectClass eq']);
  }

  /**
   * Starts a server with an empty base entry; returns when it answers.
   * @throws Error that names the Debian package to install when slapd is missing.
   */
  static async start(options: SlapdServerOptions = {}): Promise<SlapdServer> {
    requireParts('slapd');
    return await ServerProcess.begin(new SlapdServer(options));
  }

  /** The UNIX socket, as `ldapi://%2F...`. */
  get url(): string {
    return `ldapi://${encodeURIComponent(this.socketFile('ldapi'))}`;
  }

  /** `ldap://127.0.0.1:<port>`, which offers StartTLS. */
  get tcpUrl(): string {
    return `ldap://${HOST}:${this.portAt(0)}`;
  }

  /** `ldaps://127.0.0.1:<port>`. */
  get tlsUrl(): string {
    return `ldaps://${HOST}:${this.portAt(1)}`;
  }

  /** PEM file of the authority that the server's certificate is from; the certificate is for 127.0.0.1. */
  get authority(): string {
    return this.file('certificate.pem');
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
    return this.file('password');
  }

  /** A base entry below {@link SlapdServer.base} with nothing in it, another with every call. */
  freshBase(): string {
    if (this.#usedBases === BASES) throw new RangeError(`A SlapdServer has ${BASES} fresh bases; start another one`);
    this.#usedBases += 1;
    return baseDn(this.#usedBases);
  }

  protected async setUp(): Promise<void> {
    for (const folder of ['config', 'database']) await mkdir(this.file(folder), { mode: 0o700 });
    const password = randomBytes(16).toString('hex');
    await writeFile(this.passwordFile, `${password}\n`, { mode: 0o600 });
    const key = this.file('key.pem');
    await makeCertificate({ key, certificate: this.authority }, 'slapd');
    const files = { database: this.file('database'), pidFile: this.file('slapd.pid') };
    const tls = { key, certificate: this.authority, authority: this.authority };
    const wanted = { schemas: this.#schemas, indexes: this.#indexes };
    await this.#load(0, slapdConfig({ base: BASE, adminDn: ADMIN_DN, ...files, ...tls, ...wanted }));
    const bases = Array.from({ length: BASES }, (_, index) => baseDn(index + 1));
    await this.#load(1, slapdEntries(BASE, ADMIN_DN, password, bases));
    await this.restart();
  }

  async #load(database: number, ldif: string): Promise<void> {
    const file = this.file(`${database}.ldif`);
    await writeFile(file, ldif, { mode: 0o600 });
    const config = this.file('config');
    await runProgram('slapadd', ['-n', String(database), '-F', config, '-l', file]);
  }

  protected async prepare(): Promise<ServerCommand> {
    // A socket of a slapd that was killed would be taken for one in use.
    await rm(this.socketFile('ldapi'), { force: true });
    const urls = [this.url, this.tcpUrl, this.tlsUrl].join(' ');
    return { args: ['-d', '0', '-F', this.file('config'), '-h', urls] };
  }
}

const baseDn = (number: number): string => `ou=base${number},${BASE}`;
