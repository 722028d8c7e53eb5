import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith, SlapdServer } from '@arpa2amqp/testkit';
import fc from 'fast-check';
import { openDirectory, type Change, type Directory, type DirectoryError, type Path } from '../src/index.js';
import { conformance } from './conformance.js';
import { dump } from './fixture.js';
import { INDEXES, KINDS, SCHEMAS, box } from './kinds.js';

const folder = mkdtempSync(join(tmpdir(), 'arpa2-directory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const freshFile = (): unknown => ({ file: join(folder, `${(files += 1)}.mdb`) });

describe('a directory in LMDB', () => conformance(freshFile));

describeWith(['slapd'], 'a directory in LDAP', () => {
  let slapd: SlapdServer;
  beforeAll(async () => {
    slapd = await SlapdServer.start({ schemas: SCHEMAS, indexes: INDEXES });
  });
  afterAll(async () => await slapd.close());
  const freshBase = (): unknown => ({ store: 'ldap', url: slapd.url, base: slapd.freshBase() });

  conformance(freshBase);

  test('does what the one in LMDB does, whatever is asked of them', async () => {
    await fc.assert(fc.asyncProperty(fc.array(batch, { minLength: 8, maxLength: 20 }), compareStores), { numRuns: 12 });
  });

  async function compareStores(batches: readonly (readonly Change[])[]): Promise<void> {
    await using lmdb = await openDirectory(freshFile(), { kinds: KINDS });
    await using ldap = await openDirectory(freshBase(), { kinds: KINDS });
    for (const changes of batches) {
      const [one, other] = [await outcome(lmdb, changes), await outcome(ldap, changes)];
      expect([changes, other]).toEqual([changes, one]);
      expect(await dump(ldap)).toEqual(await dump(lmdb));
    }
  }
});

/** Ids are counted, so that both stores can be told to refer to the same entry. */
const idFor = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const key = fc.constantFrom('a', 'b', 'B', 'a,b', '*');
const boxPath = fc.array(key, { minLength: 1, maxLength: 2 }).map((keys): Path => box(...keys));
const path = fc.oneof(
  boxPath,
  fc
    .tuple(boxPath, fc.constantFrom('person', 'team'), fc.constantFrom('a', 'b'))
    .map(([above, kind, name]): Path => [...above, [kind, name]]),
);
const id = fc.integer({ min: 1, max: 6 }).map(idFor);
const ids = fc.uniqueArray(id, { maxLength: 2 });

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(path, id, ids).map(([at, own, targets]) => adding(at, own, targets)) },
  {
    weight: 2,
    arbitrary: fc.tuple(path, ids).map(([at, targets]): Change => ({ op: 'set', path: at, ...referring(at, targets) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(path, path)
      .filter(([from, to]) => from.at(-1)![0] === to.at(-1)![0])
      .map(([from, to]): Change => ({ op: 'move', path: from, to })),
  },
  { weight: 2, arbitrary: path.map((at): Change => ({ op: 'remove', path: at })) },
);
const batch = fc.array(change, { minLength: 1, maxLength: 3 });

function adding(at: Path, own: string, targets: string[]): Change {
  const values = at.at(-1)![0] === 'person' ? { name: ['N'] } : {};
  return { op: 'add', path: at, id: own, values, ...referring(at, targets) };
}

function referring(at: Path, targets: string[]): { references: Record<string, string[]> } {
  const name = { box: 'see', person: 'friends' }[at.at(-1)![0]];
  return { references: name === undefined ? {} : { [name]: targets } };
}

async function outcome(directory: Directory, changes: readonly Change[]): Promise<unknown> {
  try {
    await directory.apply(changes);
    return 'done';
  } catch (error) {
    const { code, message } = error as DirectoryError;
    return [code, message.includes('undone')];
  }
}
