import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Candidate } from '@arpa2amqp/protocol';
import { describeWith, WorkDirectory } from '@arpa2amqp/testkit';
import { ReservoirShell, STORES, type TestStore } from './reservoir-shell.js';

const words = (candidates: readonly Candidate[]): string[] => candidates.map(({ value }) => value);

test('every word and variable of every command has a line of help', async () => {
  await using shell = await ReservoirShell.open();
  const { table, description } = shell.host;
  let seen = 0;
  for (const [index, grammar] of table.grammars.entries()) {
    if (description.commands[index]?.builtin === true) continue;
    expect(grammar.help.get(grammar.heads[0]!)).toMatch(/^\S.{5,}/);
    const queue: string[][] = [[grammar.heads[0]!]];
    for (let line = queue.pop(); line !== undefined; line = queue.pop()) {
      for (const item of grammar.next(line)?.items ?? []) {
        seen += 1;
        expect([line, item]).toEqual([line, expect.objectContaining({ help: expect.stringMatching(/^\S.{5,}/) })]);
        const word = item.kind === 'literal' ? item.word : item.name === 'var=val' ? 'name=x' : '1';
        if (line.length < 8) queue.push([...line, word]);
      }
    }
  }
  expect(seen).toBeGreaterThan(50);
});

test('no folder is made to say that there is nothing', async () => {
  const folder = new WorkDirectory('arpa2reservoir');
  await using shell = await ReservoirShell.open({
    directory: { file: folder.file('reservoir.mdb') },
    data: folder.file('data'),
  });
  expect(await shell.complete('resource get')).toEqual([]);
  expect(existsSync(folder.file('data'))).toBe(false);
  folder.remove();
});

for (const kind of STORES) {
  describeWith(kind.parts, `completion from ${kind.name}`, () => {
    let store: TestStore;
    let shell: ReservoirShell;
    let a: string;
    let b: string;
    let other: string;
    let key: string;

    beforeAll(async () => {
      store = await kind.start();
      shell = await ReservoirShell.open(store.fresh());
      [a, b] = [await shell.addCollection('one.nep', 'First'), await shell.addCollection('one.nep', 'Second')];
      other = await shell.addCollection('two.nep', 'Elsewhere');
      key = await shell.addResource(a, 'x', 'name=Some text', 'type=text/plain');
      await shell.prepare(`index add in domain one.nep ${other} docs`, `index add in collection ${a} ${b} next`);
    });
    afterAll(async () => {
      await shell[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    });

    test('domains, but not for a new one', async () => {
      expect(words(await shell.complete('domain del'))).toEqual(['one.nep', 'two.nep', 'one.nep', 'two.nep']);
      expect(words(await shell.complete('index list in domain', 't'))).toEqual(['two.nep']);
      expect(words(await shell.complete('collection add'))).toEqual(['one.nep', 'two.nep']);
      expect(await shell.complete('domain add')).toEqual([]);
    });

    test('UUIDs, with what they stand for', async () => {
      const candidate = { value: a, help: 'First (one.nep)' };
      expect(await shell.complete('index collection', a.slice(0, 20))).toEqual([candidate]);
      expect(words(await shell.complete('resource list in')).sort()).toEqual([a, b, other].sort());
      expect(words(await shell.complete('index add in domain two.nep')).sort()).toEqual([a, b, other].sort());
      expect(words(await shell.complete('index list in collection')).sort()).toEqual([a, b, other].sort());
      // No others than what can be deleted there.
      expect(words(await shell.complete('collection del two.nep'))).toEqual([other, other]);
      expect(await shell.complete(`resource get in ${a}`)).toEqual([{ value: key, help: 'Some text, text/plain' }]);
      expect(await shell.complete(`resource get in ${b}`)).toEqual([]);
      expect(words(await shell.complete('resource get'))).toEqual([key]);
      expect(await shell.complete('resource get', 'no-hex')).toEqual([]);
    });

    test('names of the index that the line names', async () => {
      expect(await shell.complete('index del in domain one.nep')).toEqual([{ value: 'docs' }]);
      expect(await shell.complete(`index del in collection ${a.toUpperCase()}`)).toEqual([{ value: 'next' }]);
      expect(await shell.complete('index del in domain two.nep')).toEqual([]);
      expect(await shell.complete('index del in domain nowhere.nep')).toEqual([]);
      expect(await shell.complete('index del')).toEqual([]);
      expect(await shell.complete('index path')).toEqual([]);
    });

    test('variables of a resource', async () => {
      expect(words(await shell.complete(`resource add in ${a}`, 'enc'))).toEqual(['encoding=base64', 'encoding=text']);
      expect(words(await shell.complete(`resource set in ${a} ${key}`, 'type=text/p'))).toEqual(['type=text/plain']);
    });
  });
}
