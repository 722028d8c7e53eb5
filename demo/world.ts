import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DaemonProcess, KnotServer, Realm, runProgram, WorkDirectory } from '@arpa2amqp/testkit';
import { stringify } from 'yaml';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const SHELLS = fileURLToPath(new URL('../../shells', import.meta.url));
const DAEMON = fileURLToPath(new URL('../../packages/arpa2amqp.d/dist/main.js', import.meta.url));

/** What the first administrator gives to `demo`: everything but the right to delete, on one zone; and to see which zones there are. */
const GRANTS = [
  ['arpa2dns.zone', 'orvelte.nep', '%CRWK', 'demo@arpa2.test'],
  ['arpa2dns.zone', '%K', '@arpa2.test'],
];

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
    say('Kerberos: a realm ARPA2.TEST with its own krb5kdc, users demo and admin and the service of the host');
    const realm = await Realm.create({
      realm: 'ARPA2.TEST',
      users: ['demo', 'admin'],
      services: ['arpa2amqp/reservoir.arpa2.test'],
    });
    say('Knot DNS: a private knotd');
    const knot = await KnotServer.start();
    const state = directory.file('state');
    const config = directory.file('arpa2amqp.d.yaml');
    writeFileSync(
      config,
      stringify({
        address: ADDRESS,
        keytab: realm.keytab('arpa2amqp/reservoir.arpa2.test'),
        shells: [SHELLS],
        shellOptions: { arpa2dns: { socket: knot.socket } },
        state,
      }),
    );
    mkdirSync(state, { mode: 0o700 });
    const onHost = async (...words: readonly string[]): Promise<void> => {
      say(`arpa2amqp.d ${words.join(' ')}`);
      await runProgram(process.execPath, [DAEMON, ...words, '--state', state]);
    };
    await onHost('acl', 'init', 'admin@arpa2.test');
    for (const words of GRANTS) await onHost('acl', 'grant', ...words);
    say(`arpa2amqp.d: the daemon for ${ADDRESS}`);
    const daemon = await DaemonProcess.start({
      args: ['--config', config, '--listen', 'amqp://127.0.0.1:0'],
      environment: realm.environment,
    });
    say('kinit: tickets for demo@ARPA2.TEST and admin@ARPA2.TEST');
    await realm.ticket('demo', { cache: realm.defaultCache });
    await realm.ticket('admin', { cache: directory.file('admin.krb5cc') });
    return new World(realm, knot, daemon, directory);
  }

  /** A directory for what programs of this world keep. */
  get directory(): string {
    return this.#directory.path;
  }

  /** The credentials cache with the ticket of the administrator. */
  get administratorCache(): string {
    return `FILE:${this.#directory.file('admin.krb5cc')}`;
  }

  /** The lines of the audit log about a command, by its first words. */
  async auditLines(...words: readonly string[]): Promise<readonly string[]> {
    const text = await readFile(this.#directory.file('state/audit.log'), 'utf8');
    return text.split('\n').filter((line) => {
      if (line === '') return false;
      const record = JSON.parse(line) as { words?: readonly string[] };
      return words.every((word, index) => record.words?.[index] === word);
    });
  }

  /** Checks the audit log as its readers do. @returns what `arpa2amqp.d audit verify` says */
  async verifyAudit(): Promise<string> {
    const { stdout } = await runProgram(process.execPath, [
      DAEMON,
      'audit',
      'verify',
      '--state',
      this.#directory.file('state'),
    ]);
    return stdout.trim();
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
