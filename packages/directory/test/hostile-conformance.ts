import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openDirectory, type Change, type Directory, type Path } from '../src/index.js';
import { add, code, type Fixture } from './fixture.js';
import { HOSTILE, UNFIT_KEYS } from './hostile.js';
import { KINDS, box, person } from './kinds.js';

/** What every store must do with hostile text, and for several at the same time. */
export function hostileConformance(at: Fixture): void {
  const { fresh, apply, idOf } = at;

  describe('hostile text', () => {
    fresh();

    test('in a key names that entry and no other', async () => {
      for (const [turn, key] of HOSTILE.entries()) {
        const parent = box(`h${turn}`);
        const path: Path = [...parent, ['box', key]];
        await apply(add(parent), add([...parent, ['box', 'bystander']]));
        await apply(add(path, { values: { label: [key] } }), add([...path, ['box', 'child']]));
        const entry = (await at.directory.get(path))!;
        expect([key, entry.path, entry.values['label']]).toEqual([key, path, [key]]);
        expect(await at.directory.getById(entry.id)).toEqual(entry);
        expect((await at.directory.list(parent, 'box', { prefix: key })).map(({ id }) => id)).toEqual([entry.id]);
        expect(await at.directory.list(path, 'box')).toHaveLength(1);
        const to: Path = [...path.slice(0, -1), ['box', `${key.slice(0, 190)}2`]];
        await apply({ op: 'move', path, to }, { op: 'move', path: to, to: path });
        expect((await at.directory.get(path))?.id).toBe(entry.id);
        await apply({ op: 'move', path, to });
        await apply({ op: 'remove', path: [...to, ['box', 'child']] }, { op: 'remove', path: to });
        expect(await at.directory.list(parent, 'box')).toHaveLength(1);
      }
    });

    test.each(UNFIT_KEYS.map((key) => [key.slice(0, 20), key]))('%j is refused as a key', async (_, key) => {
      await expect(at.directory.get(box(key))).rejects.toThrow(code('directory-invalid'));
      await expect(apply(add(box(key)))).rejects.toThrow(code('directory-invalid'));
      await expect(apply({ op: 'move', path: box('a'), to: box(key) })).rejects.toThrow(code('directory-invalid'));
      await expect(at.directory.list(box(key), 'box')).rejects.toThrow(code('directory-invalid'));
    });

    test('in a value is kept as it is', async () => {
      const fit = UNFIT_KEYS.filter((text) => text !== '' && !/[\0\ud800]/.test(text));
      const path = box('a', 'values');
      await apply(add(path));
      for (const value of [...HOSTILE, ...fit]) {
        await apply({ op: 'set', path, values: { notes: [value, 'other value'] } });
        const notes = (await at.directory.get(path))?.values['notes'];
        expect(new Set(notes)).toEqual(new Set([value, 'other value']));
      }
    });

    test('of any kind is refused or kept', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
      );
      let turn = 0;
      const run = async (key: string, value: string): Promise<void> => {
        const parent = box('a', `any${(turn += 1)}`);
        const path: Path = [...parent, ['box', key]];
        await apply(add(parent));
        const error = await apply(add(path, { values: { notes: [value] } })).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        if (error !== null) expect(error).toEqual(code('directory-invalid'));
        else expect(await at.directory.get(path)).toMatchObject({ path, values: { notes: [value] } });
        expect(await at.directory.list(parent, 'box')).toHaveLength(error === null ? 1 : 0);
      };
      await fc.assert(fc.asyncProperty(text, text, run), { numRuns: 60 });
    });
  });

  describe('at the same time', () => {
    fresh();

    test('a change of what was read is found out', async () => {
      await apply(add(person('ann')));
      const { version } = (await at.directory.get(person('ann')))!;
      const expected = [{ path: person('ann'), version }];
      const rename = (name: string): Change[] => [
        add(box('a', name)),
        { op: 'set', path: person('ann'), values: { name: [name] } },
      ];
      await at.directory.apply(rename('first'), { expected });
      await expect(at.directory.apply(rename('second'), { expected })).rejects.toMatchObject({
        code: 'directory-conflict',
        by: [person('ann')],
      });
      expect(await at.directory.get(box('a', 'second'))).toBeNull();
      const gone = [{ path: person('gone'), version }];
      await expect(at.directory.apply([], { expected: gone })).rejects.toThrow(code('directory-missing'));
    });

    test('of several that change what they read, one succeeds and nothing is lost', async () => {
      await using other = await openDirectory(at.options, { kinds: KINDS });
      await apply(add(person('counter'), { values: { name: ['0'] } }));
      const path = person('counter');
      const count = async (by: Directory): Promise<void> => {
        for (let done = 0; done < 10;) {
          const { version, values } = (await by.get(path))!;
          const change: Change = { op: 'set', path, values: { name: [String(Number(values['name']![0]) + 1)] } };
          const outcome = await by.apply([change], { expected: [{ path, version }] }).catch((error: unknown) => error);
          if (outcome === undefined) done += 1;
          else expect(outcome).toEqual(code('directory-conflict'));
        }
      };
      await Promise.all([count(at.directory), count(other), count(other)]);
      expect((await at.directory.get(path))?.values['name']).toEqual(['30']);
    });

    test('one of several gets a name', async () => {
      await using other = await openDirectory(at.options, { kinds: KINDS });
      const tries = await Promise.allSettled(
        [at.directory, other, at.directory, other].map(async (by) => await by.apply([add(person('wanted'))])),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(tries.filter(({ status }) => status === 'rejected')).toContainEqual({
        status: 'rejected',
        reason: code('directory-exists'),
      });
    });

    test('nothing ever refers to what was removed', async () => {
      await using other = await openDirectory(at.options, { kinds: KINDS });
      for (let turn = 0; turn < 20; turn += 1) {
        const [target, referrer] = [person(`target${turn}`), person(`referrer${turn}`)];
        await apply(add(target), add(referrer));
        const id = await idOf(target);
        await Promise.allSettled([
          at.directory.apply([{ op: 'remove', path: target }]),
          other.apply([{ op: 'set', path: referrer, references: { friends: [id] } }]),
        ]);
        const friends = (await at.directory.get(referrer))?.references['friends'];
        expect(friends).toEqual((await at.directory.getById(id)) === null ? [] : friends);
      }
    });
  });
}
