import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect, type Client } from 'arpa2amqp';
import { DaemonProcess, Realm, WorkDirectory } from '@arpa2amqp/testkit';

/** The address of the host that the tests of this folder talk to. */
export const ADDRESS = '/internetwide/arpa2.test/reservoir';
/** The service that answers there. */
export const SERVICE = 'arpa2amqp/reservoir.arpa2.test';

/**
 * Writes an executable shell, a sh script in which `$input` is the JSON command.
 *
 * @param needs - of all its commands; open to everyone unless told
 */
export function writeShell(
  folder: string,
  name: string,
  commands: Readonly<Record<string, string>>,
  needs?: object,
): void {
  const own = path.join(folder, name);
  mkdirSync(own, { recursive: true });
  const cases = Object.entries(commands).map(
    ([spec, script]) => `*'"do_":["${name}","${spec.split(' ')[0] ?? ''}"'*) ${script} ;;`,
  );
  const program = path.join(own, 'run.sh');
  writeFileSync(
    program,
    `#!/bin/sh\ninput=$(cat)\ncase "$input" in\n${cases.join('\n')}\n*) echo "unexpected: $input" >&2 ;;\nesac\n`,
  );
  chmodSync(program, 0o755);
  const manifest = {
    name,
    kind: 'executable',
    program: ['./run.sh'],
    version: '1.0',
    intro: 'A shell of the tests.',
    commands: Object.keys(commands).map((spec) => ({
      spec,
      summary: 'A command of the tests.',
      effect: 'change',
      ...(needs === undefined ? { open: true } : { needs }),
    })),
  };
  writeFileSync(path.join(own, 'shell.json'), JSON.stringify(manifest));
}

/** A realm with the user demo, a directory of shells, and daemons for it. */
export class BusWorld implements AsyncDisposable {
  readonly realm: Realm;
  readonly directory = new WorkDirectory('arpa2amqp-test');
  readonly #daemons: DaemonProcess[] = [];
  readonly #clients: Client[] = [];

  private constructor(realm: Realm) {
    this.realm = realm;
  }

  /** Makes the realm and enters it with this process; `demo` gets a ticket in the default cache. */
  static async create(): Promise<BusWorld> {
    const realm = await Realm.create({ users: ['demo'], services: [SERVICE] });
    realm.enter();
    await realm.ticket('demo', { cache: realm.defaultCache });
    return new BusWorld(realm);
  }

  /** A directory for shells. */
  get shells(): string {
    const folder = this.directory.file('shells');
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** The arguments of a daemon that can start. */
  get args(): string[] {
    return ['--address', ADDRESS, '--keytab', this.realm.keytab(SERVICE), '--shells', this.shells, '--open'];
  }

  async startDaemon(args: readonly string[] = this.args): Promise<DaemonProcess> {
    const daemon = await DaemonProcess.start({ args, environment: this.realm.environment });
    this.#daemons.push(daemon);
    return daemon;
  }

  async connect(daemon: DaemonProcess): Promise<Client> {
    const client = await connect({ url: daemon.url, ccache: `FILE:${this.realm.defaultCache}` });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await Promise.all(this.#daemons.map(async (daemon) => await daemon.close()));
    this.directory.remove();
    await this.realm.close();
  }
}
