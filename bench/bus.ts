import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type Client } from 'arpa2amqp';
import { DaemonProcess, Realm, runProgram } from '@arpa2amqp/testkit';

const SHELLS = fileURLToPath(new URL('../../shells/arpa2dns', import.meta.url));
const DAEMON = fileURLToPath(new URL('../../packages/arpa2amqp.d/dist/main.js', import.meta.url));
const SERVICE = 'arpa2amqp/reservoir.arpa2.test';

/** The address of the host that is measured. */
export const ADDRESS = '/internetwide/arpa2.test/reservoir';

/** A realm and a daemon in processes of their own, and a client in this one. */
export class Bus implements AsyncDisposable {
  readonly realm: Realm;
  readonly daemon: DaemonProcess;
  readonly client: Client;

  private constructor(realm: Realm, daemon: DaemonProcess, client: Client) {
    this.realm = realm;
    this.daemon = daemon;
    this.client = client;
  }

  /**
   * Starts them.
   *
   * @param users - who has a ticket, in a cache of their own; the first one's is used by the client
   */
  static async start(users: readonly [string, ...string[]] = ['demo']): Promise<Bus> {
    const realm = await Realm.create({ users, services: [SERVICE] });
    realm.enter();
    return await Bus.#startIn(realm, users[0], ['--open']);
  }

  static async #startIn(realm: Realm, user: string, access: readonly string[]): Promise<Bus> {
    const daemon = await DaemonProcess.start({
      args: ['--address', ADDRESS, '--keytab', realm.keytab(SERVICE), '--shells', SHELLS, ...access],
      environment: realm.environment,
    });
    const ccache = await realm.ticket(user);
    const client = await connect({ url: daemon.url, ccache, timeoutMs: 60_000 });
    return new Bus(realm, daemon, client);
  }

  /** A second daemon in the same realm, with access control lists and an audit log, and a client of it. */
  async startGuarded(): Promise<GuardedBus> {
    const state = mkdtempSync(path.join(tmpdir(), 'arpa2-bench-state-'));
    await runProgram(process.execPath, [DAEMON, 'acl', 'init', 'admin@arpa2.test', '--state', state]);
    const { daemon, client } = await Bus.#startIn(this.realm, 'demo', ['--state', state]);
    return new GuardedBus(state, daemon, client);
  }

  /** Memory of the daemon in MiB, without that of its shells' processes. */
  async daemonMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.daemon.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.daemon.close();
    await this.realm.close();
  }
}

/** A daemon with lists and an audit log, in the realm of another one. */
export class GuardedBus implements AsyncDisposable {
  readonly daemon: DaemonProcess;
  readonly client: Client;
  readonly #state: string;

  constructor(state: string, daemon: DaemonProcess, client: Client) {
    this.#state = state;
    this.daemon = daemon;
    this.client = client;
  }

  /** The audit log. */
  get auditFile(): string {
    return path.join(this.#state, 'audit.log');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.daemon.close();
    rmSync(this.#state, { recursive: true, force: true });
  }
}
