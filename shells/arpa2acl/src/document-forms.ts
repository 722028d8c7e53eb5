import { parseDocument, type AclDocument, type AclStore } from '@arpa2amqp/acl';
import { quoted } from '@arpa2amqp/protocol';
import type { Call } from '@arpa2amqp/shell';
import { leftOutWords, Reach } from './reach.js';
import { denied, refused } from './refusal.js';
import { reportEdit } from './words.js';

/** `acl export`: groups, and the lists of all classes that the caller may read, as text. */
export function exportLists(store: AclStore, call: Call<undefined>): void {
  const hidden = new Set(new Reach(store, call.caller).excepted('R', store.listClasses()));
  if (hidden.size === 0) {
    call.print(store.exportText());
    return;
  }
  call.print(`# ${leftOutWords(hidden.size)}`);
  call.print(store.exportText((className) => !hidden.has(className)));
}

/** `acl import`: takes text over, as `acl export` prints it. */
export async function importLists(store: AclStore, call: Call<undefined>): Promise<void> {
  const document = parseDocument(call.stdin);
  if (document.groups.length + document.lists.length === 0) {
    throw refused('Nothing was changed: there are no lists and no groups on standard input');
  }
  const mode = call.has('replace') ? 'replace' : 'merge';
  checkReach(store, call, document, mode);
  const { changed } = await store.importDocument(document, {
    by: call.caller.identity,
    isForced: call.has('force'),
    mode,
  });
  reportEdit(call, store, changed);
}

/** What no single edit of the caller may touch, all lists at once do not either. */
function checkReach(store: AclStore, call: Call<undefined>, { lists }: AclDocument, mode: 'merge' | 'replace'): void {
  const reach = new Reach(store, call.caller);
  const [given] = reach.excepted('W', new Set(lists.map(({ resource }) => resource.class)));
  if (given !== undefined) {
    throw denied(`Nothing was changed: you may not edit the lists of ${quoted(given)}; take them out of the text`);
  }
  if (mode === 'merge') return;
  // Also one that may be edited unread: an export of this caller does not have it.
  const [other] = reach.exceptedForEdits(store.listClasses());
  if (other === undefined) return;
  throw denied(
    `Nothing was changed: "replace" is about the lists of ${quoted(other)} as well, which you may not read or not edit; import without it`,
  );
}
