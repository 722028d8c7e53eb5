import type { Change, Entry, Plan } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { refused } from './refusal.js';
import { keyOf, type ReservoirView } from './reservoir-view.js';

/** More are not counted. */
const MAX_COUNTED = 1000;
/** Removing so many takes about a second in LMDB, in which nobody else is served. */
const MAX_AT_ONCE = 10_000;

/**
 * Plans the removal of domains or collections, with the names in their index, of all or none.
 * @throws ShellError that counts what is in the way: collections, resources, or names in other indexes that refer to them. Who may
 *   delete something need not be one who may know these.
 */
export async function planRemoval(view: ReservoirView, entries: readonly Entry[]): Promise<Plan<undefined>> {
  const leaving = new Map(entries.map((entry) => [entry.id, entry]));
  const names: Entry[] = [];
  for (const entry of leaving.values()) {
    await refuseFull(view, entry);
    names.push(...(await view.children(entry.path, 'name', MAX_AT_ONCE + 1)));
    if (names.length > MAX_AT_ONCE) {
      throw refused(`Cannot delete ${inWords(entry)}: more than ${MAX_AT_ONCE} names would go too; delete some first`);
    }
  }
  const leavingNames = new Set(names.map(({ id }) => id));
  for (const entry of leaving.values()) {
    const others = (await view.referrers(entry)).filter(({ id }) => !leavingNames.has(id));
    if (others.length > 0) {
      const what = others.length === 1 ? '1 name in an index is' : `${others.length} names in indexes are`;
      throw refused(`Cannot delete ${inWords(entry)}: ${what} for it; delete what index list shows of it first`);
    }
  }
  // Names first: they refer to what goes after them.
  const changes = [...names, ...leaving.values()].map(({ path }): Change => ({ op: 'remove', path }));
  return { changes, unchanged: [...leaving.values()], result: undefined };
}

async function refuseFull(view: ReservoirView, entry: Entry): Promise<void> {
  const kind = isCollection(entry) ? 'resource' : 'collection';
  const { length } = await view.children(entry.path, kind, MAX_COUNTED + 1);
  if (length === 0) return;
  const count = length > MAX_COUNTED ? `more than ${MAX_COUNTED}` : String(length);
  const what = length === 1 ? kind : `${kind}s`;
  throw refused(`Cannot delete ${inWords(entry)}: it has ${count} ${what}; delete what ${kind} list shows of it first`);
}

function isCollection({ path }: Pick<Entry, 'path'>): boolean {
  return path.at(-1)?.[0] === 'collection';
}

function inWords(entry: Pick<Entry, 'path'>): string {
  return isCollection(entry) ? `collection ${keyOf(entry, 'collection')}` : `domain ${quoted(keyOf(entry, 'domain'))}`;
}
