import {
  accessListOf,
  formatEntrySelector,
  formatResource,
  parseAccessList,
  parseEntrySelector,
  type AclStore,
  type Edit,
  type Resource,
} from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';
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

/** `acl set`: replaces a list. */
export async function setEntries(store: AclStore, call: Call<undefined>): Promise<void> {
  const resource = resourceIn(call);
  const list = parseAccessList(call.all('entry').join(' '));
  if (list.size === 0 && !call.has('empty')) {
    throw refused('Nothing was changed: the list is empty; to take all entries out, write "empty" instead');
  }
  await update(store, call, resource, [{ kind: 'replace', resource, list }]);
}

async function update(
  store: AclStore,
  call: Call<undefined>,
  resource: Resource,
  edits: readonly Edit[],
): Promise<void> {
  const serial = call.optional('serial');
  const { changed } = await store.update(edits, {
    by: call.caller.identity,
    isForced: call.has('force'),
    expected: serial === undefined ? [] : [{ resource, serial: Number(serial) }],
  });
  reportEdit(call, store, changed);
}
