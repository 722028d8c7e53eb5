import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DaemonProcess, KnotServer, Realm, WorkDirectory } from '@arpa2amqp/testkit';
import { stringify } from 'yaml';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const SHELLS = fileURLToPath(new URL('../../shells', import.meta.url));

/** A realm, a DNS server and the daemon, all of them private to this process and gone with it. */
export class World implements AsyncDisposable {
  readonly realm: Realm;
  readonly knot: KnotServer;
  readonly daemon: DaemonProcess;
  readonly #directory: WorkDirectory;

  private constructor(realm: Realm, knot: KnotServer, daemon: DaemonProcess, directory: WorkDirectory) {
    this.realm = realm;
    this.knot = knot;
    this.daemon = daemon;
    this.#directory = directory;
  }

  /**
   * Makes it.
   *
   * @param say - is told what is being made
   */
  static async create(say: (line: string) => void): Promise<World> {
    const directory = new WorkDirectory('arpa2amqp-demo');
    say('Kerberos: a realm ARPA2.TEST with its own krb5kdc, a user demo and the service of the host');
    const realm = await Realm.create({
      realm: 'ARPA2.TEST',
      users: ['demo'],
      services: ['arpa2amqp/reservoir.arpa2.test'],
    });
    say('Knot DNS: a private knotd');
    const knot = await KnotServer.start();
    const config = directory.file('arpa2amqp.d.yaml');
    writeFileSync(
      config,
      stringify({
        address: ADDRESS,
        keytab: realm.keytab('arpa2amqp/reservoir.arpa2.test'),
        shells: [SHELLS],
        shellOptions: { arpa2dns: { socket: knot.socket } },
        state: directory.path,
        open: true,
      }),
    );
    say(`arpa2amqp.d: the daemon for ${ADDRESS}`);
    const daemon = await DaemonProcess.start({
      args: ['--config', config, '--listen', 'amqp://127.0.0.1:0'],
      environment: realm.environment,
    });
    say('kinit: a ticket for demo@ARPA2.TEST');
    await realm.ticket('demo', { cache: realm.defaultCache });
    return new World(realm, knot, daemon, directory);
  }

  /** A directory for what programs of this world keep. */
  get directory(): string {
    return this.#directory.path;
  }

  /** What a client in this world needs to know. */
  get environment(): Readonly<Record<string, string>> {
    const { KRB5_CONFIG = '', KRB5CCNAME = '' } = this.realm.environment;
    return { KRB5_CONFIG, KRB5CCNAME, ARPA2AMQP_URL: this.daemon.url, ARPA2AMQP_TO: ADDRESS };
  }

  async close(): Promise<void> {
    await this.daemon.close();
    await this.knot.close();
    await this.realm.close();
    this.#directory.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
