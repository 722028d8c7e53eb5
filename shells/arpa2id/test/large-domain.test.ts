import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openDirectory, type Change, type Path } from '@arpa2amqp/directory';
import type { Reply } from '@arpa2amqp/protocol';
import { WorkDirectory } from '@arpa2amqp/testkit';
import { IdentityStore } from '../src/identity-store.js';
import { KINDS } from '../src/kinds.js';
import { resolveOptions } from '../src/options.js';
import { removeEntry } from '../src/removal.js';
import { IdShell, KeptLog, refusal } from './id-shell.js';

describe('a large domain', () => {
  const work = new WorkDirectory('arpa2id');
  afterAll(() => {
    work.remove();
  });
  const domain: Path = [['domain', 'big.nep']];

  /** Makes a file with a domain and so many users, all of them members of a group. */
  async function fill(name: string, count: number, text: string): Promise<object> {
    const directory = { file: work.file(name) };
    const ids = Array.from({ length: count }, () => randomUUID());
    const users = ids.map((id, index): Change => {
      return { op: 'add', path: [...domain, ['user', `u${10_000 + index}`]], id, values: { name: [text] } };
    });
    const group: Path = [...domain, ['group', 'all']];
    const members = ids.map((id, index): Change => {
      return { op: 'add', path: [...group, ['member', `m${10_000 + index}`]], references: { identity: [id] } };
    });
    await using opened = await openDirectory(directory, { kinds: KINDS });
    const values = { organisation: ['Big'], owner: ['demo@arpa2.test'] };
    await opened.apply([{ op: 'add', path: domain, values }, ...users]);
    await opened.apply([{ op: 'add', path: group, values: { name: ['All'] } }, ...members]);
    return { directory };
  }

  test('is listed in parts that an answer can hold, and as a whole not at all', async () => {
    await using shell = await IdShell.open(await fill('parts.mdb', 4000, 'x'.repeat(250)));
    expect(refusal(await shell.run('user list big.nep'))).toBe(
      'too-large: The list of users is larger than an answer can be: ask for a part of it, such as limit 1000',
    );
    const seen: string[] = [];
    for (let line: string | undefined = 'user list big.nep limit 50000'; line !== undefined;) {
      const reply = (await shell.run(line)) as Reply & { users: { uid: string }[]; more?: { after: string } };
      expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(1024 * 1024);
      seen.push(...reply.users.map(({ uid }) => uid));
      line = reply.more && `user list big.nep limit 50000 after ${reply.more.after}`;
    }
    expect(seen).toEqual(Array.from({ length: 4000 }, (_, index) => `u${10_000 + index}`));
    expect(await shell.run('user list big.nep prefix u1399')).toHaveProperty('users.length', 10);
    // The rest of it is small enough again.
    expect(await shell.run('user list big.nep limit 5000 after u12000')).toHaveProperty('users.length', 1999);
    expect(await shell.run('member list big.nep all limit 9 after m13998')).toEqual({
      members: [{ member: 'm13999', uid: 'u13999' }],
    });
  });

  test('goes in steps, between which others are served', async () => {
    await using shell = await IdShell.open(await fill('steps.mdb', 2500, 'Name'));
    expect(refusal(await shell.run('domain del big.nep'))).toMatch(/ because of at least 1000 users: /);
    expect(refusal(await shell.run('group del big.nep all'))).toMatch(/ because of at least 1000 members: /);
    let served = 0;
    let isRemoved = false;
    const serve = async (): Promise<void> => {
      for (; !isRemoved; served += 1) await shell.run('domain show big.nep');
    };
    const serving = serve();
    const reply = (await shell.run('domain del big.nep force')) as unknown as { removed: object[]; more: number };
    isRemoved = true;
    await serving;
    expect([reply.removed.length, reply.more]).toEqual([1000, 4002]);
    expect(served).toBeGreaterThan(10);
    expect(await shell.run('domain list')).toEqual({ domains: [] });
  });

  test('that takes too long to remove goes in part, and the next command goes on', async () => {
    const { directory } = resolveOptions(await fill('long.mdb', 700, 'Name'));
    const store = new IdentityStore(directory, {});
    const order = { path: domain, isForced: true, signal: new AbortController().signal };
    await expect(removeEntry(store, order, 0)).rejects.toThrow(
      '1000 entries were removed, and there are more: give the command again to remove these too',
    );
    // Whoever is left is whole: no member stands for nobody.
    await using shell = await IdShell.open({ directory });
    const { members } = (await shell.run('member list big.nep all')) as unknown as { members: { uid?: string }[] };
    expect(members.filter(({ uid }) => uid === undefined)).toEqual([]);
    expect(await removeEntry(store, order, 0)).toHaveProperty('removed.length', 402);
    await expect(removeEntry(store, order)).rejects.toThrow('There is no domain big.nep');
    await store.close();
  });

  test('that cannot be removed to its end is told to be gone in part', async () => {
    const { directory } = resolveOptions(await fill('broken.mdb', 1600, 'Name'));
    const { lines, logger } = new KeptLog();
    /** Something happens between its first change and the second one. */
    class BreakingStore extends IdentityStore {
      readonly #happen: (store: IdentityStore) => void | Promise<void>;
      #changes = 0;

      constructor(happen: (store: IdentityStore) => void | Promise<void>) {
        super(directory, { logger });
        this.#happen = happen;
      }

      override async change<T>(...change: Parameters<typeof IdentityStore.prototype.change<T>>): Promise<T> {
        this.#changes += 1;
        if (this.#changes === 2) await this.#happen(this);
        return await super.change(...change);
      }
    }
    const controller = new AbortController();
    const { signal } = controller;
    const failures: [string, (store: IdentityStore) => void | Promise<void>][] = [
      ['unavailable', async (store) => await store.close()],
      [
        'internal',
        () => {
          throw new TypeError('only for the log');
        },
      ],
      ['interrupted', () => controller.abort(new Error('the host ends'))],
    ];
    for (const [code, happen] of failures) {
      const store = new BreakingStore(happen);
      const message = expect.stringMatching(/; 1000 entries were removed, and there are more: give the command again /);
      await expect(removeEntry(store, { path: domain, isForced: true, signal })).rejects.toMatchObject({
        code,
        message,
      });
      await store.close();
    }
    // What a caller is not told.
    expect(lines).toEqual([[{ error: expect.stringContaining('only for the log') }, 'change-broke']]);
    await using shell = await IdShell.open({ directory });
    expect(await shell.run('domain del big.nep force')).toHaveProperty('removed.length', 202);
  });
});
