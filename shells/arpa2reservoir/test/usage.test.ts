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
