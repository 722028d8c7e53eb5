import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Change, DirectoryError, Path } from '../src/index.js';
import { add, code, dump, Fixture } from './fixture.js';
import { hostileConformance } from './hostile-conformance.js';
import { box, person, team } from './kinds.js';

/** What every store must do. `freshOptions` gives the configuration of an empty one. */
export function conformance(freshOptions: () => unknown): void {
  const at = new Fixture(freshOptions);
  const { fresh, apply, idOf } = at;

  describe('entries', () => {
    fresh();

    test('are read as they were added', async () => {
      const id = randomUUID();
      await apply(
        add(person('ann'), { id, values: { name: ['Ann  A. '], notes: ['b', ' a\n', 'é'] } }),
        add(box('a', 'b'), { references: { see: [id] } }),
      );
      const ann = await at.directory.get(person('ann'));
      expect(ann).toEqual({
        id,
        path: person('ann'),
        version: expect.any(String),
        values: { name: ['Ann  A. '], notes: [' a\n', 'b', 'é'] },
        references: { friends: [] },
      });
      expect(await at.directory.getById(id)).toEqual(ann);
      const b = (await at.directory.get(box('a', 'b')))!;
      expect(b).toMatchObject({ values: { label: [], notes: [] }, references: { see: [id] } });
      expect(await at.directory.getById(b.id)).toEqual(b);
      expect(await at.directory.referrers(id)).toEqual([b]);
    });

    test('that are not there are null, and nothing is below them', async () => {
      expect(await at.directory.get(person('nobody'))).toBeNull();
      expect(await at.directory.get(person('ann', 'elsewhere'))).toBeNull();
      expect(await at.directory.get(person('Ann'))).toBeNull();
      expect(await at.directory.get(team('ann'))).toBeNull();
      expect(await at.directory.getById(randomUUID())).toBeNull();
      expect(await at.directory.list(box('elsewhere'), 'person')).toEqual([]);
      expect(await at.directory.list(box('A'), 'person')).toEqual([]);
      expect(await at.directory.referrers(randomUUID())).toEqual([]);
      await expect(at.directory.getById('*')).rejects.toThrow(code('directory-invalid'));
      await expect(at.directory.referrers('*')).rejects.toThrow(code('directory-invalid'));
    });

    test('are found by many ids at once, each as it is found alone', async () => {
      const people = Array.from({ length: 230 }, (_, index) => ({
        id: randomUUID(),
        path: person(`p${index}`, 'many'),
      }));
      await apply(add(box('many')), ...people.map(({ id, path }) => add(path, { id })));
      const ids = people.map(({ id }) => id);
      const found = await at.directory.getByIds([...ids, randomUUID(), ids[0]!]);
      expect(found.size).toBe(people.length);
      for (const { id, path } of people) expect(found.get(id)).toMatchObject({ id, path });
      for (const id of [ids[0]!, ids.at(-1)!]) expect(found.get(id)).toEqual(await at.directory.getById(id));
      expect(await at.directory.getByIds([])).toEqual(new Map());
      await expect(at.directory.getByIds([ids[0]!, '*)(uid=*'])).rejects.toThrow(code('directory-invalid'));
    });

    test('are listed by key, in the order of code points, from a prefix and up to a limit', async () => {
      await apply(add(box('list')));
      const keys = ['b', 'ab', 'B1', 'a', 'aé', 'a-b', '\u{1F600}', '\uAC00', 'z', 'x\u0301', 'c d'];
      for (const key of keys) await apply(add(person(key, 'list')));
      const list = async (more: object = {}): Promise<string[]> =>
        (await at.directory.list(box('list'), 'person', more)).map(({ path }) => path[1]![1]);
      expect(await list()).toEqual(['B1', 'a', 'a-b', 'ab', 'aé', 'b', 'c d', 'x\u0301', 'z', '\uAC00', '\u{1F600}']);
      expect(await list({ prefix: 'c ' })).toEqual(['c d']);
      expect(await list({ prefix: 'x' })).toEqual(['x\u0301']);
      expect(await list({ prefix: 'x\u0301' })).toEqual(['x\u0301']);
      expect(await list({ prefix: 'ae' })).toEqual([]);
      expect(await list({ prefix: 'a\u0301' })).toEqual([]);
      expect(await list({ prefix: 'a' })).toEqual(['a', 'a-b', 'ab', 'aé']);
      expect(await list({ prefix: 'b' })).toEqual(['b']);
      expect(await list({ prefix: 'a', limit: 2 })).toEqual(['a', 'a-b']);
      expect(await list({ limit: 0 })).toEqual([]);
      expect(await list({ after: 'b' })).toEqual(['c d', 'x\u0301', 'z', '\uAC00', '\u{1F600}']);
      expect(await list({ after: 'b', limit: 2 })).toEqual(['c d', 'x\u0301']);
      expect(await list({ after: 'a', prefix: 'a', limit: 2 })).toEqual(['a-b', 'ab']);
      // Not there, and before and behind what begins so.
      expect(await list({ after: 'aa', prefix: 'a', limit: 5 })).toEqual(['ab', 'aé']);
      expect(await list({ after: 'A', prefix: 'a', limit: 1 })).toEqual(['a']);
      expect(await list({ after: 'b', prefix: 'a', limit: 5 })).toEqual([]);
      expect(await list({ after: '\u{1F600}' })).toEqual([]);
      await expect(list({ after: '' })).rejects.toThrow(code('directory-invalid'));
      await expect(list({ after: 'a\tb' })).rejects.toThrow(code('directory-invalid'));
      for (let part: string[] = ['B1'], seen = part; ; seen = [...seen, ...part]) {
        part = await list({ after: part.at(-1), limit: 3 });
        if (part.length > 0) continue;
        expect(seen).toEqual(await list());
        break;
      }
      for (const prefix of ['*', 'a*', ')(uid=', '\0', '\t', 'a\\', ' ', '\ud800', 'x'.repeat(10_240)]) {
        expect([prefix, await list({ prefix })]).toEqual([prefix, []]);
      }
      expect(await at.directory.list(box('list'), 'team')).toEqual([]);
    });

    test('have names of their own among siblings', async () => {
      await apply(add(team('crew')), add(box('a', 'crew')));
      const inTheWay = { code: 'directory-exists', by: [team('crew')] };
      await expect(apply(add(person('crew')))).rejects.toMatchObject(inTheWay);
      await expect(apply(add(team('crew')))).rejects.toMatchObject(inTheWay);
      await expect(apply(add(person('CREW')))).rejects.toMatchObject(inTheWay);
      const id = await idOf(team('crew'));
      await expect(apply(add(person('other'), { id }))).rejects.toMatchObject(inTheWay);
      expect(await at.directory.get(person('other'))).toBeNull();
    });

    test('need an entry above them, of the kind that is said', async () => {
      await expect(apply(add(person('x', 'none')))).rejects.toMatchObject({
        code: 'directory-missing',
        by: [box('none')],
      });
      await apply(add(person('holder')), add(team('t')));
      const references = { holder: [await idOf(person('holder'))] };
      await expect(apply(add([...person('t'), ['seat', 's']], { references }))).rejects.toMatchObject({
        by: [person('t')],
      });
      await apply(add([...team('t'), ['seat', 's']], { references }));
      expect(await at.directory.get([...person('t'), ['seat', 's']])).toBeNull();
      expect(await at.directory.list(person('t'), 'seat')).toEqual([]);
      expect(await at.directory.list(team('t'), 'seat')).toHaveLength(1);
      const [referrer] = await at.directory.referrers(references.holder[0]!);
      expect(referrer?.path).toEqual([...team('t'), ['seat', 's']]);
    });
  });

  describe('changes', () => {
    fresh();

    test('set, add to and take away attributes, and make another version', async () => {
      await apply(add(person('ann')));
      const before = (await at.directory.get(person('ann')))!;
      await apply({ op: 'set', path: person('ann'), values: { notes: ['1', '2'] } });
      const after = (await at.directory.get(person('ann')))!;
      expect(after).toMatchObject({ id: before.id, values: { name: ['Somebody'], notes: ['1', '2'] } });
      expect(after.version).not.toBe(before.version);
      await apply(add([...person('ann'), ['seat', 'x']], { references: { holder: [before.id] } }));
      expect((await at.directory.get(person('ann')))!.version).toBe(after.version);
      await apply({ op: 'set', path: person('ann'), values: { notes: [] }, references: { friends: [before.id] } });
      expect(await at.directory.get(person('ann'))).toMatchObject({
        values: { notes: [] },
        references: { friends: [before.id] },
      });
      const nobody: Change = { op: 'set', path: person('nobody') };
      await expect(apply(nobody)).rejects.toThrow(code('directory-missing'));
      await expect(apply(nobody)).rejects.toThrow('There is no person "nobody" of box "a"');
    });

    test.each<[string, Change]>([
      ['a required attribute that is missing', { op: 'add', path: person('x') }],
      ['a required attribute that is taken away', { op: 'set', path: person('ann'), values: { name: [] } }],
      ['two values of one', { op: 'set', path: person('ann'), values: { name: ['a', 'b'] } }],
      ['a value twice', { op: 'set', path: person('ann'), values: { notes: ['a', 'a'] } }],
      ['a value that differs in case only', { op: 'set', path: person('ann'), values: { notes: ['a', 'A'] } }],
      ['an empty value', { op: 'set', path: person('ann'), values: { notes: [''] } }],
      ['a value with a NUL', { op: 'set', path: person('ann'), values: { notes: ['a\0'] } }],
      ['a value that is too long', { op: 'set', path: person('ann'), values: { name: ['é'.repeat(65)] } }],
      ['half a character', { op: 'set', path: person('ann'), values: { name: ['\udc00'] } }],
      ['a reference that is no id', { op: 'set', path: person('ann'), references: { friends: ['*'] } }],
      ['an id that is none', { op: 'add', path: box('x'), id: 'x' }],
      ['a move below itself', { op: 'move', path: box('a'), to: box('a', 'b', 'c') }],
    ])('are refused for %s', async (_, change) => {
      await expect(at.directory.apply([change])).rejects.toThrow(code('directory-invalid'));
    });

    test.each<[string, () => Promise<unknown>]>([
      ['a kind', async () => await at.directory.get([['cat', 'x']])],
      ['a place for the kind', async () => await at.directory.list([], 'person')],
      ['an attribute', async () => await apply({ op: 'set', path: box('a'), values: { __proto__x: [] } })],
      ['the kind of a move', async () => await apply({ op: 'move', path: person('ann'), to: team('ann') })],
      ['the root', async () => await apply({ op: 'remove', path: [] })],
    ])('%s that was never declared is a mistake of the program', async (_, call) => {
      await expect(call()).rejects.toThrow(TypeError);
    });

    test('move an entry with what is below it; ids and references stay', async () => {
      await apply(add(box('from')), add(box('to')), add(person('bob', 'from')));
      const bob = await idOf(person('bob', 'from'));
      const seat = (path: Path): Path => [...path, ['seat', '1']];
      await apply(add(seat(person('bob', 'from')), { references: { holder: [bob] } }), add(team('rob', 'to')));
      const before = (await at.directory.get(person('bob', 'from')))!;
      await apply({ op: 'move', path: person('bob', 'from'), to: person('robert', 'to') });
      const after = (await at.directory.get(person('robert', 'to')))!;
      expect(after).toMatchObject({ id: bob, values: before.values });
      expect(after.version).not.toBe(before.version);
      expect(await at.directory.get(person('bob', 'from'))).toBeNull();
      expect((await at.directory.referrers(bob)).map(({ path }) => path)).toEqual([seat(person('robert', 'to'))]);
      expect((await at.directory.list(box('to'), 'person')).map(({ id }) => id)).toEqual([bob]);
      const inTheWay = { code: 'directory-exists', by: [team('rob', 'to')] };
      await expect(apply({ op: 'move', path: person('robert', 'to'), to: person('rob', 'to') })).rejects.toMatchObject(
        inTheWay,
      );
      await expect(apply({ op: 'move', path: person('robert', 'to'), to: person('x', 'no') })).rejects.toMatchObject({
        code: 'directory-missing',
        by: [box('no')],
      });
      await expect(apply({ op: 'move', path: person('bob', 'from'), to: person('b', 'to') })).rejects.toThrow(
        code('directory-missing'),
      );
      await apply({ op: 'move', path: person('robert', 'to'), to: person('robert', 'to') });
      await apply({ op: 'move', path: person('robert', 'to'), to: person('Robert', 'to') });
      expect((await at.directory.get(person('Robert', 'to')))?.id).toBe(bob);
      await apply({ op: 'move', path: box('to'), to: box('from', 'inner') });
      expect((await at.directory.getById(bob))?.path).toEqual([...box('from', 'inner'), ['person', 'Robert']]);
    });

    test('remove what holds nothing and is not referred to', async () => {
      await apply(add(box('full')), add(person('eve', 'full')), add(box('full', 'x')), add(person('pal')));
      const eve = await idOf(person('eve', 'full'));
      await apply({ op: 'set', path: person('pal'), references: { friends: [eve] } });
      await apply({ op: 'set', path: person('eve', 'full'), references: { friends: [eve] } });
      const remove = async (path: Path): Promise<DirectoryError | null> =>
        await apply({ op: 'remove', path }).then(
          () => null,
          (error: unknown) => error as DirectoryError,
        );
      const full = (await remove(box('full')))!;
      expect(full).toMatchObject({ code: 'directory-not-empty', retryable: false });
      expect([...full.by!].sort()).toEqual([box('full', 'x'), person('eve', 'full')]);
      expect(await remove(person('eve', 'full'))).toMatchObject({ code: 'directory-referenced', by: [person('pal')] });
      await apply({ op: 'set', path: person('pal'), references: { friends: [] } });
      expect(await remove(person('eve', 'full'))).toBeNull();
      expect(await remove(person('eve', 'full'))).toMatchObject({ code: 'directory-missing' });
      expect(await remove(box('full', 'x'))).toBeNull();
      expect(await remove(box('full'))).toBeNull();
      expect(await at.directory.getById(eve)).toBeNull();
    });

    test('refer to what is there, and of the right kind', async () => {
      await apply(add(team('band')), add(person('kim')));
      const [band, kim] = [await idOf(team('band')), await idOf(person('kim'))];
      const refer = (...friends: string[]): Change => ({ op: 'set', path: person('kim'), references: { friends } });
      await expect(apply(refer(kim, randomUUID()))).rejects.toThrow(code('directory-missing'));
      await expect(apply(refer(kim, band))).rejects.toMatchObject({ code: 'directory-invalid', by: [team('band')] });
      expect((await at.directory.get(person('kim')))?.references['friends']).toEqual([]);
      const id = randomUUID();
      await apply(add(person('self'), { id, references: { friends: [id, kim] } }));
      expect((await at.directory.get(person('self')))?.references['friends']).toEqual([id, kim].sort());
    });

    test('are all made or none', async () => {
      await apply(add(box('whole')), add(person('old', 'whole'), { values: { name: ['Old'], notes: ['x', 'y'] } }));
      await apply(add(team('gone', 'whole')), add(person('mover', 'whole')), add(box('whole', 'in')));
      const before = await dump(at.directory);
      const changes: Change[] = [
        add(person('new', 'whole')),
        { op: 'set', path: person('old', 'whole'), values: { name: ['New'], notes: [] } },
        { op: 'remove', path: team('gone', 'whole') },
        { op: 'move', path: person('mover', 'whole'), to: [...box('whole', 'in'), ['person', 'moved']] },
        { op: 'move', path: box('whole'), to: box('part') },
      ];
      await expect(apply(...changes, { op: 'remove', path: person('nobody') })).rejects.toMatchObject({
        code: 'directory-missing',
        message: expect.not.stringContaining('undone'),
      });
      expect(await dump(at.directory)).toEqual(before);
      await expect(apply(...changes, add(box('a')))).rejects.toThrow(code('directory-exists'));
      expect(await dump(at.directory)).toEqual(before);
      await apply(...changes);
      expect(await at.directory.list([...box('part'), ['box', 'in']], 'person')).toHaveLength(1);
      expect(await at.directory.get(person('old', 'part'))).toMatchObject({ values: { name: ['New'], notes: [] } });
    });
  });

  hostileConformance(at);

  describe('the end', () => {
    fresh();

    test('of a wait comes with its signal, of everything with close', async () => {
      const reason = new Error('enough');
      const signal = AbortSignal.abort(reason);
      await expect(at.directory.get(box('a'), { signal })).rejects.toBe(reason);
      await expect(at.directory.list([], 'box', { signal })).rejects.toBe(reason);
      await expect(at.directory.apply([add(box('never'))], { signal })).rejects.toBe(reason);
      expect(await at.directory.get(box('never'))).toBeNull();
      await Promise.all([at.directory.close(), at.directory.close()]);
      await expect(at.directory.get(box('a'))).rejects.toThrow(code('directory-closed'));
      await expect(at.directory.apply([])).rejects.toThrow(code('directory-closed'));
      at.directory.destroy();
    });
  });
}
