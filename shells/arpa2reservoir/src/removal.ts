import type { Change, Entry, Plan } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import { refused } from './refusal.js';
import { keyOf, type ReservoirView } from './reservoir-view.js';

const MAX_TOLD = 20;
/** Removing so many takes about a second in LMDB, in which nobody else is served. */
const MAX_AT_ONCE = 10_000;

/**
 * Plans the removal of domains or collections, with the names in their index, of all or none.
 * @throws ShellError that says what is in the way: collections, resources, or names in other indexes that refer to them
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
      throw refused(`Cannot delete ${inWords(entry)}: an index has a name for it, ${told(others)}; delete that first`);
    }
  }
  // Names first: they refer to what goes after them.
  const changes = [...names, ...leaving.values()].map(({ path }): Change => ({ op: 'remove', path }));
  return { changes, unchanged: [...leaving.values()], result: undefined };
}

async function refuseFull(view: ReservoirView, entry: Entry): Promise<void> {
  const kind = isCollection(entry) ? 'resource' : 'collection';
  // One more than is told of: there may be very many.
  const within = await view.children(entry.path, kind, MAX_TOLD + 1);
  if (within.length === 0) return;
  const keys = within.slice(0, MAX_TOLD).map((other) => keyOf(other, kind));
  const more = within.length > MAX_TOLD ? ' and more' : '';
  throw refused(`Cannot delete ${inWords(entry)}: it has ${kind}s, ${keys.join(', ')}${more}; delete them first`);
}

function told(names: readonly Entry[]): string {
  const texts = names.slice(0, MAX_TOLD).map((name) => {
    return `${quoted(keyOf(name, 'name'))} of ${inWords({ path: name.path.slice(0, -1) })}`;
  });
  const more = names.length - texts.length;
  return `${texts.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

function isCollection({ path }: Pick<Entry, 'path'>): boolean {
  return path.at(-1)?.[0] === 'collection';
}

function inWords(entry: Pick<Entry, 'path'>): string {
  return isCollection(entry) ? `collection ${keyOf(entry, 'collection')}` : `domain ${quoted(keyOf(entry, 'domain'))}`;
}
