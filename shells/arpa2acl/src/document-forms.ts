import { parseDocument, type AclStore } from '@arpa2amqp/acl';
import type { Call } from '@arpa2amqp/shell';
import { refused } from './refusal.js';
import { reportEdit } from './words.js';

/** `acl export`: all lists and groups as text. */
export function exportLists(store: AclStore, call: Call<undefined>): void {
  call.print(store.exportText());
}

/** `acl import`: takes text over, as `acl export` prints it. */
export async function importLists(store: AclStore, call: Call<undefined>): Promise<void> {
  const document = parseDocument(call.stdin);
  if (document.groups.length + document.lists.length === 0) {
    throw refused('Nothing was changed: there are no lists and no groups on standard input');
  }
  const { changed } = await store.importDocument(document, {
    by: call.caller.identity,
    isForced: call.has('force'),
    mode: call.has('replace') ? 'replace' : 'merge',
  });
  reportEdit(call, store, changed);
}
