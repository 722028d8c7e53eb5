import { mkdir, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { readVariable, setVariable } from './libc-environment.js';
import { missingPackages, requireParts } from './parts.js';
import { ProgramError, runProgram } from './programs.js';
import { kdcConf, krb5Conf } from './realm-files.js';
import { ServerProcess, type ServerCommand } from './server-process.js';

/** Options of {@link Realm.create}. */
export interface RealmOptions {
  /** Realm name, upper case; default `ARPA2.TEST`. Hosts of the lower-case domain belong to it. */
  readonly realm?: string;
  /** Users that are there from the start, as by {@link Realm.addUser}. */
  readonly users?: readonly string[];
  /** Services that are there from the start, e.g. `arpa2amqp/reservoir.arpa2.test`. */
  readonly services?: readonly string[];
}

/** Options of {@link Realm.addUser}. */
export interface UserOptions {
  /** Password; without one the user has a random key, found in the keytab only. */
  readonly password?: string;
  /** Longest life of this user's tickets in seconds; default one day. */
  readonly maxLifeSeconds?: number;
}

/** Options of {@link Realm.ticket}. */
export interface TicketOptions {
  /** Life of the ticket in seconds, default 10 hours. */
  readonly lifetimeSeconds?: number;
  /** Ask for a ticket that can be delegated, default false. */
  readonly forwardable?: boolean;
  /** Time in seconds within which the ticket can be renewed; default not renewable. */
  readonly renewableSeconds?: number;
  /** Credentials cache file to write, absolute; default a fresh one. {@link Realm.defaultCache} is the one of `environment`. */
  readonly cache?: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+/-]*$/;

/**
 * A throw-away Kerberos realm: MIT's real krb5kdc as an ordinary process on a free loopback port, in a private directory. Needs no root.
 * @example
 * await using realm = await Realm.create({ users: ['demo'], services: ['arpa2amqp/reservoir.arpa2.test'] });
 * const cache = await realm.ticket('demo');
 * const keytab = realm.keytab('arpa2amqp/reservoir.arpa2.test');
 */
export class Realm extends ServerProcess {
  /** Realm name. */
  readonly realm: string;
  readonly #options: RealmOptions;
  readonly #before = new Map<string, string | null>();
  /** Realms whose services the users of this one can use. */
  readonly #neighbours: Realm[] = [];
  #caches = 0;

  private constructor(realm: string, options: RealmOptions) {
    super({ program: 'krb5kdc', prefix: 'arpa2-realm', ports: 1 });
    this.realm = realm;
    this.#options = options;
  }

  /** Whether a realm can run here, and which Debian packages are missing if not. */
  static isAvailable(): { readonly available: boolean; readonly missing: readonly string[] } {
    const missing = missingPackages('krb5kdc');
    return { available: missing.length === 0, missing };
  }

  /**
   * Makes a realm and starts its KDC; returns when the KDC answers.
   * @throws Error that names the Debian packages to install when parts are missing.
   */
  static async create(options: RealmOptions = {}): Promise<Realm> {
    requireParts('krb5kdc');
    const name = options.realm ?? 'ARPA2.TEST';
    if (!/^[A-Z0-9][A-Z0-9.-]*$/.test(name))
      throw new RangeError(`Making a realm failed: the name "${name}" is not upper case`);
    return await ServerProcess.begin(new Realm(name, options));
  }

  /** Port of the KDC on 127.0.0.1. */
  get port(): number {
    return this.portAt(0);
  }

  /** The credentials cache file that `environment` names. Nothing is in it until a ticket is written there. */
  get defaultCache(): string {
    return this.file('krb5cc');
  }

  /** A keytab file with the keys of all services. */
  get defaultKeytab(): string {
    return this.file('krb5.keytab');
  }

  /** Variables that make a child process live in this realm. */
  get environment(): Readonly<Record<string, string>> {
    return {
      KRB5_CONFIG: this.file('krb5.conf'),
      KRB5_KDC_PROFILE: this.file('kdc.conf'),
      KRB5CCNAME: `FILE:${this.defaultCache}`,
      KRB5_KTNAME: `FILE:${this.defaultKeytab}`,
      KRB5_CLIENT_KTNAME: `FILE:${this.file('client.keytab')}`,
      KRB5RCACHEDIR: this.directory,
    };
  }

  /** Full principal name of a user or service of this realm. */
  principal(name: string): string {
    return `${name}@${this.realm}`;
  }

  /** Keytab file of a user or service that was added, absolute. */
  keytab(name: string): string {
    return this.file(`keytabs/${name.replaceAll('/', '_')}.keytab`);
  }

  /** Adds a user; returns the keytab file with the user's keys. */
  async addUser(name: string, options: UserOptions = {}): Promise<string> {
    const key = options.password === undefined ? '-randkey' : `-pw ${quote(options.password)}`;
    const life = options.maxLifeSeconds === undefined ? '' : `-maxlife "${options.maxLifeSeconds} seconds" `;
    await this.#admin([`addprinc ${life}${key} ${checked(name)}`, this.#exportKeys(name, this.keytab(name))]);
    return this.keytab(name);
  }

  /** Adds a service, e.g. `arpa2amqp/reservoir.arpa2.test`; returns its keytab file. */
  async addService(name: string): Promise<string> {
    await this.#admin([
      `addprinc -randkey ${checked(name)}`,
      this.#exportKeys(name, this.keytab(name)),
      this.#exportKeys(name, this.defaultKeytab),
    ]);
    return this.keytab(name);
  }

  /** Gives a user or service a new random key. The keytabs are left as they are: the keys in them are stale then. */
  async changeKey(name: string): Promise<void> {
    await this.#admin([`change_password -randkey ${checked(name)}`]);
  }

  /** Removes a user or service from the realm. Its keytabs stay. */
  async remove(name: string): Promise<void> {
    await this.#admin([`delete_principal -force ${checked(name)}`]);
  }

  /**
   * Lets users of this realm use the services of another one: a cross-realm key, `krbtgt/OTHER@THIS`, that both have. Both must keep
   * their KDCs running.
   */
  async lead(other: Realm): Promise<void> {
    const command = `addprinc -pw ${randomBytes(16).toString('hex')} krbtgt/${other.realm}@${this.realm}`;
    await this.#admin([command]);
    await other.#admin([command]);
    this.#neighbours.push(other);
    await this.#writeConfiguration();
  }

  /** Gets a ticket for a user (kinit with the user's keytab); returns the credentials cache file. */
  async ticket(user: string, options: TicketOptions = {}): Promise<string> {
    const cache = options.cache ?? this.freshCache(user);
    const args = ['-k', '-t', this.keytab(user), '-c', `FILE:${cache}`, '-l', `${options.lifetimeSeconds ?? 36_000}s`];
    if (options.forwardable === true) args.push('-f');
    if (options.renewableSeconds !== undefined) args.push('-r', `${options.renewableSeconds}s`);
    await runProgram('kinit', [...args, this.principal(checked(user))], { environment: this.environment });
    return cache;
  }

  /** Name of a credentials cache file that does not exist yet. */
  freshCache(user = 'nobody'): string {
    return this.file(`caches/${checked(user).replaceAll('/', '_')}-${++this.#caches}`);
  }

  /**
   * Makes this process live in the realm: sets the variables of `environment` for JavaScript and for libc, so that a libkrb5 in this
   * process reads them, also under Jest. No GSS call may be running meanwhile.
   */
  enter(): void {
    for (const [name, value] of Object.entries(this.environment)) {
      if (!this.#before.has(name)) this.#before.set(name, readVariable(name));
      setVariable(name, value);
    }
  }

  /** Puts the variables back that {@link Realm.enter} set. Idempotent; close does it too. */
  leave(): void {
    for (const [name, value] of this.#before) setVariable(name, value);
    this.#before.clear();
  }

  /** Starts the KDC, on the port it had; returns when it answers. Does nothing while it runs. */
  async startKdc(): Promise<void> {
    await this.restart();
  }

  /** Stops the KDC: whoever needs a ticket now finds none reachable. Idempotent. */
  async stopKdc(): Promise<void> {
    await this.stop();
  }

  /** Stops the KDC, leaves the realm if this process is in it, and removes the directory. Idempotent. */
  override async close(): Promise<void> {
    this.leave();
    await super.close();
  }

  protected async setUp(): Promise<void> {
    const { users = [], services = [] } = this.#options;
    for (const folder of ['keytabs', 'caches']) await mkdir(this.file(folder), { mode: 0o700 });
    await this.takePorts();
    await this.#writeConfiguration();
    const master = randomBytes(16).toString('hex');
    await runProgram('kdb5_util', ['create', '-s', '-r', this.realm, '-P', master], { environment: this.environment });
    await this.#admin([
      ...users.flatMap((name) => [`addprinc -randkey ${checked(name)}`, this.#exportKeys(name, this.keytab(name))]),
      ...services.flatMap((name) => [
        `addprinc -randkey ${checked(name)}`,
        this.#exportKeys(name, this.keytab(name)),
        this.#exportKeys(name, this.defaultKeytab),
      ]),
    ]);
    await this.restart();
  }

  protected async prepare(): Promise<ServerCommand> {
    await this.#writeConfiguration();
    return { args: ['-n', '-r', this.realm], environment: this.environment };
  }

  async #writeConfiguration(): Promise<void> {
    const layout = { realm: this.realm, directory: this.directory, port: this.port };
    await writeFile(this.file('krb5.conf'), krb5Conf(layout, this.#neighbours), { mode: 0o600 });
    await writeFile(this.file('kdc.conf'), kdcConf(layout), { mode: 0o600 });
  }

  #exportKeys(name: string, keytab: string): string {
    return `ktadd -norandkey -q -k ${keytab} ${checked(name)}`;
  }

  /** One kadmin.local for many commands: each start costs 0.1 s. It exits with 0 whatever happens, so its stderr decides. */
  async #admin(commands: readonly string[]): Promise<void> {
    if (commands.length === 0) return;
    const { stderr } = await runProgram('kadmin.local', ['-r', this.realm], {
      environment: this.environment,
      input: `${commands.join('\n')}\n`,
    });
    const failures = stderr.split('\n').filter((line) => /\bwhile\b|\bUsage\b|^usage|Unknown|invalid/i.test(line));
    if (failures.length > 0) throw new ProgramError('kadmin.local', failures.join('\n'), null);
  }
}

function checked(name: string): string {
  if (!NAME.test(name))
    throw new RangeError(`Naming a principal failed: "${name}" has characters that are not allowed`);
  return name;
}

function quote(password: string): string {
  if (/["\\\n]/.test(password))
    throw new RangeError('Setting a password failed: it holds a quote, backslash or line end');
  return `"${password}"`;
}
