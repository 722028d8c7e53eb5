import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { makeCertificate, type CertificateFiles } from './certificates.js';
import { requireParts } from './parts.js';
import type { Realm } from './realm.js';
import { ServerProcess, type ServerCommand } from './server-process.js';

/** Options of {@link BrokerServer.start}. Without any, everyone may log in (ANONYMOUS). */
export interface BrokerServerOptions {
  /** Passwords by name, for SASL PLAIN. */
  readonly users?: Readonly<Record<string, string>>;
  /** Whose tickets log in by SASL GSSAPI; the broker's service is added to it. */
  readonly realm?: Realm;
  /** TLS, and SASL EXTERNAL for {@link BrokerServer.client}. Default false. */
  readonly isEncrypted?: boolean;
}

const PROGRAM = fileURLToPath(new URL('../programs/broker.py', import.meta.url));
const HOST = 'localhost';
const SERVICE = `amqp/${HOST}`;
/** Debian's own interpreter: another python3 earlier in PATH does not see Debian's modules. */
const PYTHON = '/usr/bin/python3';

/**
 * A private message broker on Proton, an AMQP implementation other than ours, with queues, dynamic nodes and an anonymous relay.
 * What is in its queues is gone when it ends.
 * @example
 * await using broker = await BrokerServer.start({ users: { host: 'secret' } });
 * await connect({ url: broker.url, sasl: { mechanism: 'PLAIN', username: 'host', password: 'secret' } });
 */
export class BrokerServer extends ServerProcess {
  readonly #options: BrokerServerOptions;

  private constructor(options: BrokerServerOptions) {
    super({ program: PYTHON, prefix: 'arpa2-broker', ports: 1 });
    this.#options = options;
  }

  /**
   * Starts a broker; returns when it accepts connections.
   * @throws Error that names the Debian packages to install when Proton is missing.
   */
  static async start(options: BrokerServerOptions = {}): Promise<BrokerServer> {
    requireParts('python-peers');
    return await ServerProcess.begin(new BrokerServer(options));
  }

  /** `amqp://` or `amqps://` URL, without credentials. */
  get url(): string {
    return `${this.#options.isEncrypted === true ? 'amqps' : 'amqp'}://${HOST}:${this.portAt(0)}`;
  }

  /** PEM file of the authority that the broker's certificate is from. */
  get authority(): string {
    return this.file('certificate.pem');
  }

  /** Who may log in by SASL EXTERNAL. */
  get client(): CertificateFiles {
    return { key: this.file('client-key.pem'), certificate: this.file('client.pem') };
  }

  /** All logins so far, each as `PLAIN host`. */
  get logins(): readonly string[] {
    return this.log.split('\n').flatMap((line) => /^login (.*)$/.exec(line)?.slice(1) ?? []);
  }

  protected async setUp(): Promise<void> {
    const { users, realm, isEncrypted } = this.#options;
    if (users !== undefined) {
      const lines = Object.entries(users).map((pair) => `${pair.join(' ')}\n`);
      await writeFile(this.file('users'), lines.join(''), { mode: 0o600 });
    }
    if (isEncrypted === true) {
      await makeCertificate({ key: this.file('key.pem'), certificate: this.authority }, HOST);
      await makeCertificate(this.client, 'client');
    }
    await realm?.addService(SERVICE);
    await this.restart();
  }

  protected prepare(): ServerCommand {
    const { users, realm, isEncrypted } = this.#options;
    const tls = { certificate: this.authority, key: this.file('key.pem'), clients: this.client.certificate };
    return {
      args: [
        ...['-B', PROGRAM, '--port', String(this.portAt(0))],
        ...(users === undefined ? [] : ['--users', this.file('users')]),
        ...(realm === undefined ? [] : ['--gssapi']),
        ...(isEncrypted === true ? Object.entries(tls).flatMap(([name, file]) => [`--${name}`, file]) : []),
      ],
      ...(realm === undefined ? {} : { environment: { ...realm.environment, KRB5_KTNAME: realm.keytab(SERVICE) } }),
    };
  }
}
