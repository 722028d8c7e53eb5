import type { Entry, Path, Plan } from '@arpa2amqp/directory';
import type { ReplyCode } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';
import { identityOf, kindOf } from './identity-path.js';
import { inTheWayError } from './in-the-way.js';
import type { IdentityStore, IdentityView } from './identity-store.js';
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

const MAX_REMOVED = 1000;
/** So many go in one change. That takes a tenth of a second in LMDB, in which nobody else is served, and some seconds in LDAP. */
const MAX_AT_ONCE = 1000;
/** So long a command goes on with it; the host stops one after 30 s. */
const MAX_MS = 20_000;

/** What is to be removed. */
export interface RemovalOrder {
  readonly path: Path;
  /** With everything below it and everything that refers to one of these. */
  readonly isForced: boolean;
  readonly signal: AbortSignal;
}

/**
 * Removes an entry. With it goes what is in the way when that is forced: all in one change if it is not very much, else in steps, each
 * of which leaves whole what is still there.
 *
 * @param maxMs - how long, in milliseconds, before what is left is left for another time
 * @throws ShellError that says what is in the way, when it is not forced; or how much is gone, and that there is more to remove
 */
export async function removeEntry(
  store: IdentityStore,
  { path, isForced, signal }: RemovalOrder,
  maxMs = MAX_MS,
): Promise<RemovalReply> {
  const removed: Removed[] = [];
  const end = performance.now() + maxMs;
  for (let count = 0; ;) {
    const step = await store
      .change(async (view) => await planStep(view, await view.entry(path), isForced), signal)
      .catch((error: unknown) => {
        throw count === 0 ? error : broken(store, count, { error, isAborted: signal.aborted });
      });
    count += step.count;
    removed.push(...step.removed.slice(0, MAX_REMOVED - removed.length));
    if (step.isLast) return count === removed.length ? { removed } : { removed, more: count - removed.length };
    if (performance.now() > end) throw new ShellError(unfinished(count));
  }
}

function unfinished(count: number): string {
  return `${count} entries were removed, and there are more: give the command again to remove these too`;
}

/** Tells whoever gave the command what is done, whatever the rest failed of. */
function broken(
  store: IdentityStore,
  count: number,
  { error, isAborted }: { readonly error: unknown; readonly isAborted: boolean },
): ShellError {
  const told = (why: string, code: ReplyCode): ShellError =>
    new ShellError(`${why}; ${unfinished(count)}`, { code, cause: error });
  if (error instanceof ShellError) return told(error.message, error.code);
  if (isAborted) return told('The command was interrupted', 'interrupted');
  // A host writes down the errors that are none of ours; this one becomes one.
  store.report(error);
  return told('arpa2id has a defect here; the log of its host tells more', 'internal');
}

/** A part of a removal. */
interface Step {
  readonly removed: readonly Removed[];
  readonly count: number;
  readonly isLast: boolean;
}

async function planStep(view: IdentityView, entry: Entry, isForced: boolean): Promise<Plan<Step>> {
  const inTheWay = new Map<string, Entry>();
  // All of a domain is much to look through, only to say no.
  const isDeep = isForced || kindOf(entry.path) !== 'domain';
  const isLast = await collect(view, entry, { isDeep, into: inTheWay });
  const entries = [...inTheWay.values()];
  if (!isForced && entries.length > 0) throw inTheWayError(entry, entries, isLast);
  const { changes, unchanged, result } = removalOf(isLast ? [...entries, entry] : entries);
  return { changes, unchanged: unchanged ?? [], result: { removed: result.removed, count: changes.length, isLast } };
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

/**
 * Finds what has to go first, in an order in which it can go: what is below or refers comes before what it hangs on. So whatever
 * begins the list can go without the rest of it.
 *
 * @returns whether that is all; if not, it is as much as can go at once
 */
async function collect(
  view: IdentityView,
  entry: Entry,
  { isDeep, into }: { readonly isDeep: boolean; readonly into: Map<string, Entry> },
): Promise<boolean> {
  for (const other of await dependents(view, entry)) {
    if (into.has(other.id)) continue;
    if (isDeep && !(await collect(view, other, { isDeep, into }))) return false;
    if (into.size >= MAX_AT_ONCE) return false;
    into.set(other.id, other);
  }
  return true;
}

/** What is below an entry or refers to it. Of each kind one more than can go at once: with that many, it is known not to be all. */
async function dependents(view: IdentityView, entry: Entry): Promise<readonly Entry[]> {
  const kind = kindOf(entry.path);
  const found = isReferable(kind) ? [...(await view.referrers(entry))] : [];
  for (const child of KINDS.filter(({ parents }) => parents.some((parent) => parent === kind))) {
    found.push(...(await view.children(entry.path, child.name, MAX_AT_ONCE + 1)));
  }
  return found;
}

function isReferable(kind: string): boolean {
  return KINDS.some(({ references }) =>
    Object.values(references).some(({ to }) => to.some((target: string) => target === kind)),
  );
}
