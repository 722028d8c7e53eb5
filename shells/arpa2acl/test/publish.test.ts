import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AclStore, parseIdentity, parseRights, parseSelector, REPLICATION } from '@arpa2amqp/acl';
import { DaemonProcess, describeWith, findFreePort, Realm, waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import { connect, type Client, type Reply } from 'arpa2amqp';

const SHELL = fileURLToPath(new URL('..', import.meta.url));
const ADMIN = parseIdentity('admin@arpa2.test');
const PATIENT = { timeoutMs: 20_000 };

/** One host: a daemon with its lists. */
class Host implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly store: AclStore;
  readonly #world: World;
  #daemon: DaemonProcess | undefined;
  #client: Client | undefined;
  #port = 0;

  constructor(name: string, store: AclStore, world: World) {
    this.name = name;
    this.address = `/internetwide/arpa2.test/${name}`;
    this.store = store;
    this.#world = world;
  }

  get url(): string {
    return `amqp://127.0.0.1:${this.#port}`;
  }

  get log(): string {
    return this.#daemon?.log ?? '';
  }

  /** Starts the daemon, where it was before. */
  async start(shellOptions: object = {}): Promise<void> {
    if (this.#port === 0) this.#port = await findFreePort();
    const { realm, folder } = this.#world;
    const config = folder.file(`${this.name}.yaml`);
    writeFileSync(
      config,
      JSON.stringify({
        address: this.address,
        listen: this.url,
        keytab: realm.keytab(`arpa2amqp/${this.name}.arpa2.test`),
        state: folder.file(this.name),
        shells: [SHELL],
        shellOptions: { arpa2acl: shellOptions },
      }),
    );
    const args = ['--config', config, '--listen', this.url];
    this.#daemon = await DaemonProcess.start({ args, environment: realm.environment });
  }

  async stop(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
    await this.#daemon?.close();
    this.#daemon = undefined;
  }

  /** Gives a command as the administrator, JSON without the name of the shell. */
  async run(command: { readonly do_: string } & Readonly<Record<string, string | readonly string[]>>): Promise<Reply> {
    this.#client ??= await connect({ url: this.url, ccache: this.#world.ccache });
    const [reply] = await this.#client.run(this.address, [{ ...command, do_: `arpa2acl ${command.do_}` }]);
    return reply!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.store.close();
  }
}

interface World {
  readonly realm: Realm;
  readonly folder: WorkDirectory;
  readonly ccache: string;
}

const body = (store: AclStore): string => store.exportText().replace(/^#.*\n|^acl arpa2acl\.replica.*\n/gm, '');
const add = (selector: string, name = 'x') => ({ do_: 'acl add', class: name, instance: '', rights: '%R', selector });

describeWith(['krb5kdc'], 'two hosts', () => {
  let world: World;
  let a: Host;
  let b: Host;
  const same = async (): Promise<void> => {
    await waitUntil(() => body(b.store) === body(a.store), { ...PATIENT, what: 'the lists of the other host' });
  };
  /** Automatic, and soon. */
  const publishing = () => ({ publish: { to: [{ address: b.address, connect: b.url }], pollMs: 50, retryMs: 400 } });

  beforeAll(async () => {
    const services = ['arpa2amqp/a.arpa2.test', 'arpa2amqp/b.arpa2.test'];
    const realm = await Realm.create({ users: ['admin'], services });
    realm.enter();
    world = { realm, folder: new WorkDirectory('arpa2acl-hosts'), ccache: `FILE:${await realm.ticket('admin')}` };
    const [first, second] = await Promise.all(
      ['a', 'b'].map(async (name) => {
        mkdirSync(world.folder.file(name), { mode: 0o700 });
        const store = await AclStore.create(path.join(world.folder.file(name), 'acl.mdb'), ADMIN);
        return new Host(name, store, world);
      }),
    );
    a = first!;
    b = second!;
    await b.start();
    await a.start(publishing());
  });
  afterAll(async () => {
    await a[Symbol.asyncDispose]();
    await b[Symbol.asyncDispose]();
    world.folder.remove();
    await world.realm.close();
  });

  test('a host that does not grant it denies to be sent lists, and is sent them as soon as it does', async () => {
    expect(await a.run(add('early@arpa2.test'))).toEqual({ stdout_: '' });
    const refused = /no right W \(write\) on arpa2acl\.replica.*tried again by itself/;
    expect((await a.run({ do_: 'acl publish' })).stderr_).toMatch(refused);
    expect(body(b.store)).not.toContain('early');
    const entry = { selector: parseSelector('+arpa2amqp@a.arpa2.test'), rights: parseRights('%W') };
    await b.store.update([{ kind: 'grant', resource: REPLICATION, ...entry }], { by: 'host' });
    await same();
    expect(await a.run({ do_: 'acl publish' })).toEqual({ hosts: [{ address: b.address, position: 2, pending: 0 }] });
    expect(await b.run({ do_: 'acl hosts' })).toMatchObject({ follows: { sender: '+arpa2amqp@a.arpa2.test' } });
  });

  test('changes come by themselves, in order, with their author', async () => {
    for (const name of ['one', 'two', 'three']) await a.run(add(`${name}@arpa2.test`));
    await a.run({ do_: 'group add', group: 'staff@arpa2.test' });
    await same();
    const { position } = b.store;
    expect(b.store.changesSince(position - 4)).toMatchObject({
      isComplete: true,
      records: ['one', 'two', 'three', null].map((name) => ({
        by: `${ADMIN} by way of +arpa2amqp@a.arpa2.test`,
        changes: [name === null ? { kind: 'add-group' } : { kind: 'grant', selector: `${name}@arpa2.test` }],
      })),
    });
  });

  test('a host that was away catches up, also when the sender was started anew meanwhile', async () => {
    await b.stop();
    await a.run(add('missed@arpa2.test'));
    await waitUntil(async () => JSON.stringify(await a.run({ do_: 'acl hosts' })).includes('cannot-reach'), PATIENT);
    expect(await a.run({ do_: 'acl hosts' })).toMatchObject({
      position: a.store.position,
      hosts: [{ address: b.address, pending: 1, error: expect.stringMatching(/cannot-reach/) }],
    });
    await a.stop();
    await a.start(publishing());
    await a.run(add('later@arpa2.test'));
    await b.start();
    await same();
    expect(b.store.followed?.position).toBe(a.store.position);
  });

  test('a gap is closed with everything', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => parseSelector(`user${n}@some.where.arpa2.test`));
    await b.store.update(
      [{ kind: 'grant', resource: { class: 'local', instance: '' }, selector: many[0]!, rights: parseRights('%R') }],
      { by: 'host' },
    );
    const list = new Map(many.map((selector) => [selector, parseRights('%R')]));
    await a.store.update([{ kind: 'replace', resource: { class: 'x', instance: '' }, list }], { by: 'host' });
    await same();
    expect(b.store.readList(REPLICATION).list.size).toBe(1);
  });

  test('a change that would leave the other without an administrator is refused there', async () => {
    await a.run({ do_: 'acl set force', class: 'arpa2acl', instance: '', entry: ['%R', ADMIN] });
    await waitUntil(() => /publish-failed.*leaves no user|leaves no user.*publish-failed/.test(a.log), PATIENT);
    expect(await b.run(add('still@arpa2.test', 'local'))).toMatchObject({ stdout_: expect.anything() });
  });
});
