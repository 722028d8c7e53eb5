import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDirectory } from '@arpa2amqp/directory';
import { describeWith } from '@arpa2amqp/testkit';
import { KINDS } from '../src/kinds.js';
import { Usage } from '../src/usage.js';
import { dataOf, filesOf, ReservoirShell, STORES, type TestStore, withData } from './reservoir-shell.js';

/** Room for three resources of 100 bytes. */
const MAX = 3 * (4096 + 100);
const TEXT = 'x'.repeat(100);
const TOLD = new RegExp(
  `^too-large: The resources of domain "full\\.nep" may have ${MAX} bytes on this host, each 4096 beside its data; ` +
    'nothing was stored, delete some that are not needed, or ask the operator of the host for more room$',
);

for (const kind of STORES) {
  describeWith(kind.parts, `what the domains of a reservoir in ${kind.name} use`, () => {
    let store: TestStore;
    beforeAll(async () => {
      store = await kind.start();
    });
    afterAll(async () => {
      await store[Symbol.asyncDispose]();
    });

    const add = (colluuid: string, stdin_: string) => ({
      do_: 'resource add in',
      colluuid,
      'var=val': withData(['name=x', 'type=text/plain'], stdin_),
      stdin_,
    });

    test('has a limit, which counts all their collections, and the same data as often as it is there', async () => {
      const options = { ...store.fresh(), maxDomainBytes: MAX };
      await using shell = await ReservoirShell.open(options);
      const [one, two] = [await shell.addCollection('full.nep'), await shell.addCollection('full.nep')];
      const other = await shell.addCollection('other.nep');
      const keys = [await shell.addResource(one, TEXT), await shell.addResource(two, TEXT)];
      // Of several at once as many as fit.
      const replies = await Promise.all(Array.from({ length: 6 }, async () => await shell.run(add(two, TEXT))));
      expect(replies.filter(({ error_ }) => error_ === undefined)).toHaveLength(1);
      expect(await shell.refusal(add(one, ''))).toMatch(TOLD);
      expect(filesOf(options.data)).toHaveLength(1);
      await shell.addResource(other, TEXT);

      const set = (stdin_: string) => ({ do_: 'resource set', key: keys[0]!, stdin_ });
      expect(await shell.refusal(set(`${TEXT}y`))).toMatch(TOLD);
      await shell.prepare(set(TEXT.replace('x', 'y')), set('shorter'));
      await shell.prepare(set('z'.repeat(100)));
      expect(dataOf(await shell.run(`resource get ${keys[0]!}`)).toString()).toBe('z'.repeat(100));

      // Whoever comes next counts the same.
      await using next = await ReservoirShell.open(options);
      expect(await next.refusal(add(one, ''))).toMatch(TOLD);
      await next.prepare(`resource del ${keys[1]!}`, add(one, 'y'.repeat(100)));
      expect(await next.refusal(add(one, ''))).toMatch(TOLD);
    });

    test('has a limit that replacing one resource several times at once does not move', async () => {
      await using shell = await ReservoirShell.open({ ...store.fresh(), maxDomainBytes: MAX });
      const colluuid = await shell.addCollection('full.nep');
      const large = 'x'.repeat(4000);
      const key = await shell.addResource(colluuid, large);
      const set = (stdin_: string) => ({ do_: 'resource set', key, stdin_ });
      const replies = await Promise.all(['a', 'b', 'c', 'd'].map(async (text) => await shell.run(set(text))));
      expect(replies.filter(({ error_ }) => error_ === undefined).length).toBeGreaterThan(1);
      await shell.prepare(set(large));
      // There is room for one more, of 396 bytes.
      expect(await shell.refusal(add(colluuid, 'x'.repeat(397)))).toMatch(TOLD);
      await shell.prepare(add(colluuid, TEXT), set('x'.repeat(4296)));
      expect(await shell.refusal(set('x'.repeat(4297)))).toMatch(TOLD);
    });

    test('is known while it is counted, whatever comes and goes meanwhile', async () => {
      const options = store.fresh();
      await using shell = await ReservoirShell.open(options);
      const colluuid = await shell.addCollection('full.nep');
      const keys = [await shell.addResource(colluuid, TEXT), await shell.addResource(colluuid, TEXT)];
      await using directory = await openDirectory(options.directory, { kinds: KINDS });
      let now = 0;
      const usage = new Usage(MAX, new AbortController().signal, () => now);
      const grow = async (bytes: number, work = async () => await Promise.resolve()): Promise<void> => {
        await usage.change(directory, 'full.nep', bytes, work);
      };
      const full = { code: 'too-large' };
      // Counts again.
      const isFull = async (room: number): Promise<void> => {
        now += 10_000;
        await expect(grow(room + 1)).rejects.toMatchObject(full);
      };
      const one = Usage.of(100);
      await grow(one, async () => await isFull(0));
      await isFull(one);
      await grow(-one, async () => {
        await shell.prepare(`resource del ${keys[0]!}`);
        await isFull(2 * one);
      });
      await expect(grow(2 * one + 1)).rejects.toMatchObject(full);
      const { moment } = usage;
      await shell.prepare(`resource del ${keys[1]!}`);
      await isFull(3 * one);
      usage.give('full.nep', one, moment);
      await expect(grow(3 * one + 1)).rejects.toMatchObject(full);
      // What was said to grow and does not, or more.
      await usage.change(directory, 'full.nep', one, async (correct) => {
        await correct(3 * one);
        await expect(grow(1)).rejects.toMatchObject(full);
        await correct(0);
        await grow(3 * one, async () => await Promise.reject(new Error('not stored'))).catch(() => undefined);
        await expect(correct(3 * one + 1)).rejects.toMatchObject(full);
      });
      await grow(3 * one);
    });

    test('is counted again before anything is refused, as another host may have made room', async () => {
      const options = store.fresh();
      await using shell = await ReservoirShell.open(options);
      const key = await shell.addResource(await shell.addCollection('full.nep'), TEXT);
      await using directory = await openDirectory(options.directory, { kinds: KINDS });
      let now = 0;
      const usage = new Usage(Usage.of(200), new AbortController().signal, () => now);
      const grow = async (bytes: number, end = Promise.resolve('done')): Promise<string> =>
        await usage.change(directory, 'full.nep', bytes, async () => await end);
      expect(await grow(50)).toBe('done');
      await expect(grow(20, Promise.reject(new Error('not stored')))).rejects.toThrow('not stored');
      expect(await grow(50)).toBe('done');
      await expect(grow(1)).rejects.toMatchObject({ code: 'too-large' });
      await shell.prepare(`resource del ${key}`);
      await expect(grow(1)).rejects.toMatchObject({ code: 'too-large' });
      now = 10_000;
      expect(await grow(Usage.of(200))).toBe('done');
    });
  });
}

test('whose limit is none is not begun', async () => {
  for (const maxDomainBytes of [-1, 1.5, '1' as unknown as number]) {
    await expect(ReservoirShell.open({ maxDomainBytes })).rejects.toThrow(/maxDomainBytes/);
  }
});
