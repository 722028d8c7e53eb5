import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AclStore, parseIdentity, parseRights, parseSelector, REPLICATION } from '@arpa2amqp/acl';
import { DaemonProcess, findFreePort, Realm, WorkDirectory } from '@arpa2amqp/testkit';
import { connect, type Client, type ConnectOptions, type Reply } from 'arpa2amqp';

const SHELL = fileURLToPath(new URL('..', import.meta.url));

/** The administrator of every host. */
export const ADMIN = parseIdentity('admin@arpa2.test');

/** What hosts have in common. */
export class HostWorld implements AsyncDisposable {
  readonly realm: Realm;
  readonly folder = new WorkDirectory('arpa2acl-hosts');
  readonly ccache: string;
  readonly #hosts: Host[] = [];

  private constructor(realm: Realm, ccache: string) {
    this.realm = realm;
    this.ccache = ccache;
  }

  /** Makes a realm with an administrator and the services of these hosts, and enters it. */
  static async create(...names: readonly string[]): Promise<HostWorld> {
    const services = names.map((name) => `arpa2amqp/${name}.arpa2.test`);
    const realm = await Realm.create({ users: ['admin'], services });
    realm.enter();
    return new HostWorld(realm, `FILE:${await realm.ticket('admin')}`);
  }

  /** Makes a host with lists of its own; it is not started yet. */
  async host(name: string): Promise<Host> {
    mkdirSync(this.folder.file(name), { mode: 0o700 });
    const store = await AclStore.create(path.join(this.folder.file(name), 'acl.mdb'), ADMIN);
    const host = new Host(name, store, this);
    this.#hosts.push(host);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host[Symbol.asyncDispose]();
    this.folder.remove();
    await this.realm.close();
  }
}

/** How a host is reached, as in the configuration of its daemon; and how the test reaches it. */
export interface HostTransport {
  readonly config: Readonly<Record<string, unknown>>;
  readonly client: ConnectOptions;
}

/** One host: a daemon with its lists. */
export class Host implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly store: AclStore;
  readonly #world: HostWorld;
  #daemon: DaemonProcess | undefined;
  #client: Client | undefined;
  #port = 0;
  #reach: ConnectOptions = {};

  constructor(name: string, store: AclStore, world: HostWorld) {
    this.name = name;
    this.address = `/internetwide/arpa2.test/${name}`;
    this.store = store;
    this.#world = world;
  }

  /** Where it listens, when it does. */
  get url(): string {
    return `amqp://127.0.0.1:${this.#port}`;
  }

  get log(): string {
    return this.#daemon?.log ?? '';
  }

  /** Its audit log. */
  get audit(): string {
    return readFileSync(path.join(this.#world.folder.file(this.name), 'audit.log'), 'utf8');
  }

  /** Lets another host send its lists here. */
  async follow(other: Host): Promise<void> {
    const entry = { selector: parseSelector(`+arpa2amqp@${other.name}.arpa2.test`), rights: parseRights('%W') };
    await this.store.update([{ kind: 'grant', resource: REPLICATION, ...entry }], { by: 'host' });
  }

  /** Its lists as text, but for who may send some. */
  get lists(): string {
    return this.store.exportText().replace(/^#.*\n|^acl arpa2acl\.replica.*\n/gm, '');
  }

  /** The way of a daemon that listens itself, on the same port each time. @param at - in its URL */
  async listening(at = '127.0.0.1'): Promise<HostTransport> {
    if (this.#port === 0) this.#port = await findFreePort();
    const url = `amqp://${at}:${this.#port}`;
    return { config: { listen: url }, client: { url } };
  }

  /**
   * Starts the daemon.
   *
   * @param transport - it listens, where it did before, unless told
   */
  async start(shellOptions: object = {}, transport?: HostTransport): Promise<void> {
    const { realm, folder } = this.#world;
    const { config, client } = transport ?? (await this.listening());
    const file = folder.file(`${this.name}.yaml`);
    writeFileSync(
      file,
      JSON.stringify({
        address: this.address,
        keytab: realm.keytab(`arpa2amqp/${this.name}.arpa2.test`),
        state: folder.file(this.name),
        shells: [SHELL],
        shellOptions: { arpa2acl: shellOptions },
        ...config,
      }),
    );
    // On the command line too: DaemonProcess adds a way of transport of its own when it sees none there.
    const { connect: broker } = config;
    const way = typeof broker === 'string' ? ['--connect', broker] : ['--listen', client.url ?? ''];
    this.#daemon = await DaemonProcess.start({ args: ['--config', file, ...way], environment: realm.environment });
    this.#reach = client;
  }

  /** Ends the daemon by a signal, SIGTERM unless told. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
    if (signal !== 'SIGTERM') this.#daemon?.signal(signal);
    await this.#daemon?.close();
    this.#daemon = undefined;
  }

  /** Gives a command as the administrator, JSON without the name of the shell. */
  async run(command: { readonly do_: string } & Readonly<Record<string, string | readonly string[]>>): Promise<Reply> {
    this.#client ??= await connect({ ...this.#reach, ccache: this.#world.ccache });
    const [reply] = await this.#client.run(this.address, [{ ...command, do_: `arpa2acl ${command.do_}` }]);
    return reply!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.store.close();
  }
}

/** The command that gives somebody a right. */
export const adding = (selector: string, name = 'x') => ({
  do_: 'acl add',
  class: name,
  instance: '',
  rights: '%R',
  selector,
});
