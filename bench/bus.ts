import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect, type Client } from 'arpa2amqp';
import { DaemonProcess, Realm } from '@arpa2amqp/testkit';

const SHELLS = fileURLToPath(new URL('../../shells', import.meta.url));

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
    const service = 'arpa2amqp/reservoir.arpa2.test';
    const realm = await Realm.create({ users, services: [service] });
    realm.enter();
    const daemon = await DaemonProcess.start({
      args: ['--address', ADDRESS, '--keytab', realm.keytab(service), '--shells', SHELLS, '--open'],
      environment: realm.environment,
    });
    const ccache = await realm.ticket(users[0]);
    const client = await connect({ url: daemon.url, ccache, timeoutMs: 60_000 });
    return new Bus(realm, daemon, client);
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
