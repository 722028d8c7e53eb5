import { afterAll, beforeAll, expect } from '@jest/globals';
import { openDirectory, type Change, type Directory, type Entry, type Path } from '../src/index.js';
import { KINDS, box } from './kinds.js';

export const code = (name: string): unknown => expect.objectContaining({ code: name });

/** What is in a directory, as one value: everything but ids and versions, with references as paths. */
export async function dump(directory: Directory): Promise<readonly unknown[]> {
  const entries: Entry[] = [];
  const visit = async (parent: Path): Promise<void> => {
    const above = parent.at(-1)?.[0] ?? '';
    for (const { name } of KINDS.filter(({ parents }) => parents.includes(above))) {
      for (const entry of await directory.list(parent, name)) {
        entries.push(entry);
        await visit(entry.path);
      }
    }
  };
  await visit([]);
  const paths = new Map(entries.map(({ id, path }) => [id, path]));
  return entries.map(({ path, values, references }) => {
    const targets = Object.entries(references).map(([name, ids]) => [
      name,
      ids.map((id) => paths.get(id) ?? id).sort(),
    ]);
    return { path, values, references: Object.fromEntries(targets) as unknown };
  });
}

export const add = (path: Path, more: Partial<Extract<Change, { op: 'add' }>> = {}): Change => {
  const values = path.at(-1)?.[0] === 'person' ? { name: ['Somebody'] } : {};
  return { op: 'add', path, values, ...more };
};

/** A directory of the store that is tested, for one group of tests at a time. */
export class Fixture {
  directory!: Directory;
  options: unknown;
  readonly #freshOptions: () => unknown;

  /** @param freshOptions - gives the configuration of an empty one */
  constructor(freshOptions: () => unknown) {
    this.#freshOptions = freshOptions;
  }

  /** Called in a group of tests: it has an empty directory with box a. */
  readonly fresh = (): void => {
    beforeAll(async () => {
      this.options = this.#freshOptions();
      this.directory = await openDirectory(this.options, { kinds: KINDS });
      await this.apply(add(box('a')));
    });
    afterAll(async () => await this.directory.close());
  };

  readonly apply = async (...changes: Change[]): Promise<void> => await this.directory.apply(changes);

  readonly idOf = async (path: Path): Promise<string> => (await this.directory.get(path))!.id;
}
