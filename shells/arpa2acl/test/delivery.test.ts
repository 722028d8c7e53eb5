import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatChangeRecord, parseRights, parseSelector, resourceOf, type AclStore, type Edit } from '@arpa2amqp/acl';
import type { Reply } from '@arpa2amqp/protocol';
import { deliver, type RemotePosition, type ReplicaHost } from '../src/delivery.js';
import { AclShell } from './acl-shell.js';

const SENDER = '+arpa2amqp@a.arpa2.test';
const zone = resourceOf('arpa2dns.zone', 'orvelte.nep');
const grant = (selector: string, rights = '%R', resource = zone): Edit => {
  return { kind: 'grant', resource, selector: parseSelector(selector), rights: parseRights(rights) };
};
/** A list of so many entries. */
const replace = (length: number, rights: string): Edit => {
  const selectors = Array.from({ length }, (_, n) => parseSelector(`user-with-a-name-${n}@arpa2.test`));
  return { kind: 'replace', resource: zone, list: new Map(selectors.map((s) => [s, parseRights(rights)])) };
};
const body = (store: AclStore): string => store.exportText().replace(/^#.*\n/, '');

/** The commands of a host, given without a network between; notes them. */
class DirectHost implements ReplicaHost {
  readonly given: string[] = [];
  readonly #shell: AclShell;
  readonly #sender: string;

  constructor(shell: AclShell, sender = SENDER) {
    this.#shell = shell;
    this.#sender = sender;
  }

  async position(origin: string): Promise<RemotePosition> {
    return (await this.#run({ do_: 'replica position', origin })) as unknown as RemotePosition;
  }

  async change(origin: string, stdin_: string): Promise<RemotePosition> {
    return (await this.#run({ do_: 'replica change', origin, stdin_ })) as unknown as RemotePosition;
  }

  async whole(command: Readonly<Record<string, string>>, stdin_: string): Promise<RemotePosition | number> {
    const reply = (await this.#run({ ...command, do_: 'replica whole', stdin_ })) as unknown;
    return (reply as { needed?: number }).needed ?? (reply as RemotePosition);
  }

  async #run(command: { readonly do_: string; readonly stdin_?: string; readonly origin?: string }): Promise<Reply> {
    this.given.push(command.do_.replace('replica ', ''));
    const reply = await this.#shell.run(command, this.#sender);
    if (reply.stderr_ !== undefined) throw new Error(reply.stderr_);
    return reply;
  }
}

describe('delivery', () => {
  let one: AclShell;
  let other: AclShell;
  let host: DirectHost;
  const send = async (): Promise<string[]> => {
    host.given.length = 0;
    await deliver(one.store, host, () => undefined);
    return [...host.given];
  };
  const change = async (...edits: Edit[]) => await one.store.update(edits, { by: 'admin@arpa2.test' });

  beforeEach(async () => {
    one = await AclShell.create();
    other = await AclShell.create();
    host = new DirectHost(other);
  });
  afterEach(async () => {
    await one[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  test('the first time everything goes, then changes in their order, then nothing', async () => {
    await change(grant('@.'));
    expect(await send()).toEqual(['position', 'whole']);
    for (const rights of ['%W', '%R', '%RW']) await change(grant('@.', rights), grant('john@x', rights));
    expect(await send()).toEqual(['position', 'change']);
    expect(body(other.store)).toBe(body(one.store));
    const { position } = other.store;
    expect(other.store.changesSince(position - 3)).toMatchObject({
      records: [2, 1, 0].map((n) => ({ position: position - n, by: `admin@arpa2.test by way of ${SENDER}` })),
    });
    expect(await send()).toEqual(['position']);
  });

  test('what was lost between, comes again, and nothing twice', async () => {
    await send();
    await change(grant('a@x'));
    await change(grant('b@x'));
    const changes = one.store.changesSince(1);
    const [first, second] = changes.isComplete ? changes.records.map(formatChangeRecord) : [];
    // Somebody delivers them in a wrong order, and again.
    for (const line of [second!, first!, first!]) await host.change(one.store.id, line);
    expect(other.store.followed).toMatchObject({ position: 2 });
    expect([...other.store.readList(zone).list.keys()]).toEqual(['a@x']);
    expect(await send()).toEqual(['position', 'change']);
    expect([...other.store.readList(zone).list.keys()]).toEqual(['a@x', 'b@x']);
  });

  test('a change that is too large goes with everything, in parts', async () => {
    await send();
    await change(replace(10_001, '%R'));
    expect(await send()).toEqual(['position', 'whole', 'whole']);
    expect(other.store.readList(zone).list.size).toBe(10_001);
    await change(replace(5000, '%R'));
    expect(one.store.changesSince(2)).toMatchObject({ isComplete: true });
    expect(await send()).toEqual(['position', 'whole']);
    expect(body(other.store)).toBe(body(one.store));
  });

  test('many changes go in several commands', async () => {
    await send();
    for (const rights of ['%R', '%W', '%C', '%D', '%K']) await change(replace(1000, rights));
    expect(await send()).toEqual(['position', 'change', 'change', 'change']);
    expect(body(other.store)).toBe(body(one.store));
  });

  test('lists that were put back from a backup and changed otherwise are found out', async () => {
    await change(grant('old@x'));
    await send();
    // The backup: the same store, which never had that change.
    await using backup = await AclShell.create();
    const { text } = backup.store.exportWhole();
    await host.whole(
      {
        origin: one.store.id,
        position: '2',
        mark: '0'.repeat(32),
        part: '1',
        parts: '1',
        digest: await digestOf(text),
      },
      text,
    );
    expect(body(other.store)).not.toContain('old@x');
    expect(await send()).toEqual(['position', 'whole']);
    expect(body(other.store)).toBe(body(one.store));
  });

  test('one that is ahead gets everything', async () => {
    const { text } = one.store.exportWhole();
    await host.whole(
      {
        origin: one.store.id,
        position: '99',
        mark: 'f'.repeat(32),
        part: '1',
        parts: '1',
        digest: await digestOf(text),
      },
      text,
    );
    expect(await send()).toEqual(['position', 'whole']);
    expect(other.store.followed).toMatchObject({ position: 1 });
  });

  test('what is local goes with everything, but for who may send lists', async () => {
    await other.run("acl add mail '' %R local@x");
    await other.run(`acl add arpa2acl.replica '' %W ${SENDER}`);
    await one.run("acl add arpa2acl.replica '' %W eve@x");
    await one.run("acl add arpa2dns.zone '' %R @.");
    await send();
    expect((await other.run('acl list')) as unknown).toEqual({
      lists: [
        expect.objectContaining({ class: 'arpa2acl' }),
        expect.objectContaining({ class: 'arpa2acl.replica' }),
        expect.objectContaining({ class: 'arpa2dns.zone' }),
      ],
    });
    expect(await other.run('acl show arpa2acl.replica')).toMatchObject({ entry: `%W ${SENDER}` });
    // An edit here stays until then, and whoever makes it is told.
    expect(await other.run("acl add mail '' %R local@x")).toEqual({
      stdout_: `The lists of this host come from ${SENDER}: change them there, or this may be replaced\n`,
    });
    await change(grant('next@x'));
    await send();
    expect(await other.run('acl show mail')).toMatchObject({ entry: '%R local@x' });
  });

  test('nothing leaves a host without an administrator', async () => {
    await send();
    await one.run("acl set arpa2acl '' force %R admin@arpa2.test");
    await expect(send()).rejects.toThrow(/leaves no user/);
    await one.run("acl set arpa2acl '' force empty");
    await expect(send()).rejects.toThrow(/leaves no user/);
    expect(other.may('admin@arpa2.test', "acl add x '' %R @.")).toBe(true);
    await one.run("acl set arpa2acl '' %A new@x");
    await expect(send()).rejects.toThrow(/leaves no user/);
  });

  test('there is one sender', async () => {
    await send();
    const { text } = one.store.exportWhole();
    const second = new DirectHost(other, '+arpa2amqp@c.arpa2.test');
    await expect(second.position(one.store.id)).rejects.toThrow(/takes over the lists that \+arpa2amqp@a/);
    await expect(second.change(one.store.id, '')).rejects.toThrow(/takes over/);
    expect(await other.run('acl hosts')).toMatchObject({ follows: { sender: SENDER, position: 1 }, hosts: [] });
    expect((await other.run('replica leave')).stdout_).toMatch(/taken over no more/);
    expect(await second.position(one.store.id)).toEqual({ position: 0, mark: '' });
    const command = { origin: one.store.id, position: '1', mark: '0'.repeat(32), digest: await digestOf(text) };
    expect(await second.whole({ ...command, part: '2', parts: '2' }, text)).toBe(1);
    await expect(second.whole({ ...command, part: '1', parts: '1', digest: '0'.repeat(64) }, text)).rejects.toThrow(
      /digest/,
    );
    expect(await second.whole({ ...command, part: '1', parts: '1' }, text)).toEqual({
      position: 1,
      mark: '0'.repeat(32),
    });
  });

  test('no user sends lists, whatever the entries say', async () => {
    await other.run("acl add arpa2acl.replica '' %W @.");
    await expect(new DirectHost(other, 'eve@x').position(one.store.id)).rejects.toThrow(/Only the service of a host/);
  });

  test('a host does not follow itself', async () => {
    await expect(new DirectHost(one).position(one.store.id)).rejects.toThrow(/of this host itself/);
    expect(one.store.followed).toBeNull();
  });

  test('a host that sends its own lists takes over none', async () => {
    const address = '/internetwide/arpa2.test/x';
    await using third = await AclShell.create({ publish: { to: [{ address, connect: 'amqp://127.0.0.1:1' }] } });
    await expect(new DirectHost(third).position(one.store.id)).rejects.toThrow(/sends its own lists/);
    // And one that takes lists over sends none.
    await send();
    expect((await other.run(`acl publish ${address}`)).stderr_).toMatch(/so it sends none/);
  });

  test.each(['{}', 'no json', '{"position":1,"at":1,"by":"x","changes":["drop everything"]}', '\u0000'])(
    'changes in another form are refused: %j',
    async (lines) => {
      await send();
      await expect(host.change(one.store.id, lines)).rejects.toThrow(/Cannot read/);
    },
  );
});

async function digestOf(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}
