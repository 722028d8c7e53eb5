import type { Entry, Plan } from '@arpa2amqp/directory';
import { ShellError } from '@arpa2amqp/shell';
import { identityOf, inWords, kindOf } from './identity-path.js';
import type { IdentityView } from './identity-store.js';
import { KINDS } from './kinds.js';

/** An entry that is no more. */
export interface Removed {
  readonly kind: string;
  readonly identity: string;
}

/** What a command answers that has removed something. */
export interface RemovalReply extends Record<string, unknown> {
  /** In the order in which they went, not more than a thousand. */
  readonly removed: readonly Removed[];
  /** How many more went; absent when none did. */
  readonly more?: number;
}

const MAX_IN_THE_WAY = 20;
const MAX_REMOVED = 1000;
/** Removing so many takes about a second in LMDB, in which nobody else is served. */
const MAX_AT_ONCE = 10_000;

/**
 * Plans the removal of an entry, with everything below it and everything that refers to one of these when it is forced.
 * @throws ShellError that says what is in the way, when it is not forced, or is too much
 */
export async function planRemoval(
  view: IdentityView,
  entry: Entry,
  { isForced }: { readonly isForced: boolean },
): Promise<Plan<RemovalReply>> {
  // All of a domain is much to look through, only to say no.
  const isDeep = isForced || kindOf(entry.path) !== 'domain';
  const inTheWay = new Map<string, Entry>();
  await collect(view, entry, { isDeep, into: inTheWay });
  const entries = [...inTheWay.values()];
  if (!isForced && entries.length > 0) throw await refusal(view, entry, entries);
  return removalOf([...entries, entry]);
}

/** Removes entries in the order given, if nothing has changed them. */
export function removalOf(entries: readonly Entry[]): Plan<RemovalReply> {
  const removed = entries.slice(0, MAX_REMOVED).map(({ path }) => ({ kind: kindOf(path), identity: identityOf(path) }));
  const more = entries.length - removed.length;
  return {
    changes: entries.map(({ path }) => ({ op: 'remove', path })),
    unchanged: entries,
    result: more === 0 ? { removed } : { removed, more },
  };
}

/** Finds what has to go first, in an order in which it can go: what is below or refers comes before what it hangs on. */
async function collect(
  view: IdentityView,
  entry: Entry,
  { isDeep, into }: { readonly isDeep: boolean; readonly into: Map<string, Entry> },
): Promise<void> {
  const kind = kindOf(entry.path);
  const found = isReferable(kind) ? [...(await view.referrers(entry))] : [];
  for (const child of KINDS.filter(({ parents }) => parents.some((parent) => parent === kind))) {
    found.push(...(await view.children(entry.path, child.name)));
  }
  if (isDeep && into.size + found.length > MAX_AT_ONCE) {
    throw new ShellError(
      `More than ${MAX_AT_ONCE} entries would go too, which is too much for one change: delete users, groups or roles before`,
    );
  }
  for (const other of found) {
    if (into.has(other.id)) continue;
    if (isDeep) await collect(view, other, { isDeep, into });
    into.set(other.id, other);
  }
}

function isReferable(kind: string): boolean {
  return KINDS.some(({ references }) =>
    Object.values(references).some(({ to }) => to.some((target: string) => target === kind)),
  );
}

async function refusal(view: IdentityView, entry: Entry, entries: readonly Entry[]): Promise<ShellError> {
  const named = entries.slice(0, MAX_IN_THE_WAY);
  const texts: string[] = [];
  for (const other of named) texts.push(await explained(view, other));
  const more = entries.length - texts.length;
  const list = `${texts.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
  const advice = 'remove them before, or add the word force to remove them too';
  return new ShellError(`The ${inWords(entry.path)} stays, because of ${list}: ${advice}`);
}

/** A member says for whom it stands. */
async function explained(view: IdentityView, entry: Entry): Promise<string> {
  if (entry.references['identity'] === undefined) return inWords(entry.path);
  const path = await view.standsFor(entry);
  return `${inWords(entry.path)} (${path === null ? 'nobody' : identityOf(path)})`;
}
