import {
  accessListOf,
  formatAccessList,
  formatEntrySelector,
  formatResource,
  parseAccessList,
  parseEntrySelector,
  type AclStore,
  type Edit,
  type Resource,
  type StoredList,
} from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';
import { Reach } from './reach.js';
import { refused } from './refusal.js';
import { reportEdit, resourceIn } from './words.js';

/** `acl add`: gives selectors rights. */
export async function addEntries(store: AclStore, call: Call<undefined>): Promise<void> {
  const resource = resourceIn(call);
  const list = accessListOf([call.value('rights'), ...call.all('selector')]);
  const edits = Array.from(list, ([selector, rights]): Edit => ({ kind: 'grant', resource, selector, rights }));
  await update(store, call, resource, edits);
}

/** `acl del`: takes entries out. One that is not there is told: a slip must not look like a right that was taken away. */
export async function deleteEntries(store: AclStore, call: Call<undefined>): Promise<void> {
  const resource = resourceIn(call);
  const { list } = store.readList(resource);
  const selectors = call.all('selector').map(parseEntrySelector);
  const stray = selectors.find((selector) => !list.has(selector));
  if (stray !== undefined) {
    throw refused(
      `Nothing was changed: ${formatResource(resource)} has no entry for exactly ${formatEntrySelector(stray)}`,
    );
  }
  const edits = selectors.map((selector): Edit => ({ kind: 'revoke', resource, selector }));
  await update(store, call, resource, edits);
}

/** `acl set`: replaces a list. One that has entries only as it was shown, or by force: what it says may be just another's edit. */
export async function setEntries(store: AclStore, call: Call<undefined>): Promise<void> {
  const resource = resourceIn(call);
  const list = parseAccessList(call.all('entry').join(' '));
  if (list.size === 0 && !call.has('empty')) {
    throw refused('Nothing was changed: the list is empty; to take all entries out, write "empty" instead');
  }
  const edits: readonly Edit[] = [{ kind: 'replace', resource, list }];
  if (call.has('serial') || call.has('force')) {
    await update(store, call, resource, edits);
    return;
  }
  const before = store.readList(resource);
  const isLoss = before.list.size > 0 && formatAccessList(before.list) !== formatAccessList(list);
  if (isLoss) throw refused(lossOf(store, call, before));
  // What another process does from here on is found out by the serial.
  await update(store, call, resource, edits, String(before.serial));
}

/** Longer lists are not put into a message. */
const MAX_SHOWN = 1000;

function lossOf(store: AclStore, call: Call<undefined>, { resource, serial, list }: StoredList): string {
  const entries = new Reach(store, call.caller).mayRead(resource.class) ? formatAccessList(list) : '';
  const words = entries === '' || entries.length > MAX_SHOWN ? `${list.size} in number` : entries;
  return (
    `Nothing was changed: ${formatResource(resource)} has entries that this would replace, ${words}, at serial ${serial}; ` +
    `write "serial ${serial}" in front of the new entries if you know them all, or "force" to replace whatever there is`
  );
}

async function update(
  store: AclStore,
  call: Call<undefined>,
  resource: Resource,
  edits: readonly Edit[],
  serial = call.optional('serial'),
): Promise<void> {
  const { changed } = await store.update(edits, {
    by: call.caller.identity,
    isForced: call.has('force'),
    expected: serial === undefined ? [] : [{ resource, serial: Number(serial) }],
  });
  reportEdit(call, store, changed);
}
