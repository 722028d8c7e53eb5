import { expect, test } from '@jest/globals';
import { openDirectory, type Change, type Path } from '@arpa2amqp/directory';
import type { Candidate } from '@arpa2amqp/protocol';
import { inlineHost } from '@arpa2amqp/shell';
import { describeWith, WorkDirectory } from '@arpa2amqp/testkit';
import { createShell } from '../src/index.js';
import { KINDS } from '../src/kinds.js';
import { IdShell, ShellFixture, STORES } from './id-shell.js';

const words = (candidates: readonly Candidate[]): string[] => candidates.map(({ value }) => value);

test('every word and variable of every command has a line of help', async () => {
  const { table, description } = inlineHost(await createShell());
  let seen = 0;
  for (const [index, grammar] of table.grammars.entries()) {
    if (description.commands[index]?.builtin === true) continue;
    const queue: string[][] = [[grammar.heads[0]!]];
    for (let line = queue.pop(); line !== undefined; line = queue.pop()) {
      for (const item of grammar.next(line)?.items ?? []) {
        seen += 1;
        expect([line, item]).toEqual([line, expect.objectContaining({ help: expect.stringMatching(/^\S.{5,}/) })]);
        if (line.length < 8) queue.push([...line, item.kind === 'literal' ? item.word : 'x']);
      }
    }
  }
  expect(seen).toBeGreaterThan(100);
});

for (const kind of STORES) {
  describeWith(kind.parts, `completion from ${kind.name}`, () => {
    const at = new ShellFixture(
      kind,
      'domain add orvelte.nep Orvelte',
      'domain add other.nep Others',
      'user add orvelte.nep john John Doe',
      'user add orvelte.nep mary Mary',
      'user add other.nep kim Kim',
      'alias add orvelte.nep john work',
      'alias add orvelte.nep john home',
      'group add orvelte.nep devs Developers',
      'group add orvelte.nep ops Operators',
      'group add other.nep elsewhere Elsewhere',
      'role add orvelte.nep sales Sells',
      'member add orvelte.nep devs jw john work',
      'member add orvelte.nep ops m mary',
      'occupant add orvelte.nep sales one mary',
    );

    const complete = async (line: string, partial = ''): Promise<string[]> =>
      words(await at.shell.complete(line, partial));

    test('domains, but none where one is to be added', async () => {
      expect(await at.shell.complete('user add')).toEqual([{ value: 'orvelte.nep' }, { value: 'other.nep' }]);
      for (const line of ['domain del', 'domain xfer', 'member join', 'occupant list', 'alias list']) {
        expect(await complete(line, 'ot')).toEqual(['other.nep']);
      }
      expect(await complete('domain add')).toEqual([]);
    });

    test('users, groups and roles of the domain typed before', async () => {
      expect(await complete('user del orvelte.nep')).toEqual(['john', 'mary']);
      expect(await complete('user del OTHER.nep')).toEqual(['kim']);
      expect(await complete('user del orvelte.nep', 'ma')).toEqual(['mary']);
      expect(await complete('group mov orvelte.nep')).toEqual(['devs', 'ops']);
      expect(await complete('member list other.nep')).toEqual(['elsewhere']);
      expect(await complete('role del orvelte.nep')).toEqual(['sales']);
      expect(await complete('member add orvelte.nep devs new')).toEqual(['john', 'mary']);
      expect(await complete('occupant add orvelte.nep sales new')).toEqual(['john', 'mary']);
      for (const line of ['user add orvelte.nep', 'group add orvelte.nep', 'role add orvelte.nep']) {
        expect(await complete(line)).toEqual([]);
      }
      expect(await complete('user mov orvelte.nep john')).toEqual([]);
    });

    test('what they are in words only where that is to be read', async () => {
      expect(await at.shell.complete('domain show', 'or')).toEqual([{ value: 'orvelte.nep', help: 'Orvelte' }]);
      expect(await at.shell.complete('user show orvelte.nep', 'j')).toEqual([{ value: 'john', help: 'John Doe' }]);
      expect(await at.shell.complete('member list orvelte.nep', 'd')).toEqual([{ value: 'devs', help: 'Developers' }]);
      for (const line of [
        'domain del',
        'member list',
        'user del orvelte.nep',
        'user mov orvelte.nep',
        'group del orvelte.nep',
        'member add orvelte.nep devs new',
        'member del orvelte.nep devs jw',
        'member join orvelte.nep',
        'member join orvelte.nep john',
        'occupant add orvelte.nep',
      ]) {
        const found = await at.shell.complete(line);
        expect([line, found.length > 0, found.filter(({ help }) => help !== undefined)]).toEqual([line, true, []]);
      }
    });

    test('aliases of the user typed before', async () => {
      expect(await complete('alias del orvelte.nep john')).toEqual(['home', 'work']);
      expect(await complete('alias del orvelte.nep mary')).toEqual([]);
      expect(await complete('alias add orvelte.nep john')).toEqual([]);
      expect(await complete('member add orvelte.nep ops j john')).toEqual(['home', 'work']);
      expect(await complete('member leave orvelte.nep john')).toEqual(['home', 'work']);
      // An alias, or at once the group.
      expect((await complete('member join orvelte.nep john')).sort()).toEqual(['devs', 'home', 'ops', 'work']);
      expect(await complete('member join orvelte.nep john work')).toEqual(['devs', 'ops']);
    });

    test('members and occupants, but not whom they stand for', async () => {
      expect(await complete('member del orvelte.nep devs')).toEqual(['jw']);
      expect(await complete('member add orvelte.nep devs')).toEqual([]);
      expect(await complete('member del orvelte.nep devs jw')).toEqual(['john', 'mary']);
      expect(await complete('member del orvelte.nep devs jw john')).toEqual(['home', 'work']);
      expect(await complete('occupant del orvelte.nep sales')).toEqual(['one']);
      expect(await complete('occupant del orvelte.nep sales one')).toEqual(['john', 'mary']);
      expect(await complete('occupant add orvelte.nep sales')).toEqual([]);
    });

    test('groups that there are to leave', async () => {
      expect(await complete('member leave orvelte.nep john from')).toEqual(['devs']);
      expect(await complete('member leave orvelte.nep john work from')).toEqual(['devs']);
      expect(await complete('member leave orvelte.nep john home from')).toEqual([]);
      expect(await complete('member leave orvelte.nep mary from')).toEqual(['ops']);
    });

    test('nothing for names that are none, or of nothing', async () => {
      for (const domain of ['nowhere.nep', 'no', '*', 'orvelte.nep)(uid=*', 'orvelte.nep,o=x', '\u00e9.nep', '']) {
        expect(await complete(`user del ${domain}`)).toEqual([]);
      }
      for (const partial of ['*', 'j*', ')(uid=*', 'j,associatedDomain=other.nep', '\\6a', '\u0000', 'J']) {
        expect(await complete('user del orvelte.nep', partial)).toEqual([]);
      }
      expect(await complete('alias del orvelte.nep nobody')).toEqual([]);
      expect(await complete('member leave orvelte.nep nobody from')).toEqual([]);
    });
  });
}

test('of very many the first, in time', async () => {
  const work = new WorkDirectory('arpa2id');
  const file = work.file('identities.mdb');
  const directory = await openDirectory({ file }, { kinds: KINDS });
  const domain: Path = [['domain', 'many.nep']];
  await directory.apply([
    { op: 'add', path: domain, values: { organisation: ['Many'], owner: ['nobody'] } },
    ...Array.from({ length: 3000 }, (_, index): Change => {
      return { op: 'add', path: [...domain, ['user', `u${10_000 + index}`]], values: { name: ['Name'] } };
    }),
  ]);
  await directory.close();
  await using shell = await IdShell.open({ directory: { file } });
  await shell.run('domain list');
  // More than are shown: those that the caller may not see are taken out after this.
  const found = words(await shell.complete('user del many.nep', 'u', 200));
  expect(found).toHaveLength(1000);
  expect(found[0]).toBe('u10000');
  expect(words(await shell.complete('user del many.nep', 'u1299', 200))).toHaveLength(10);
  work.remove();
});
