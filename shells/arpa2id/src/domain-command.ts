import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES, type Entry } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { DOMAIN, DOMAIN_CLASS, HELP, USER_CLASS, type IdCommand } from './access.js';
import { domainPath, keyOf } from './identity-path.js';
import type { IdentityStore } from './identity-store.js';
import { printList } from './listing.js';
import { callerName, domainName, freeText, ownerIdentity } from './names.js';
import { removeEntry } from './removal.js';

/** `domain`: which domains there are, and whose they are. */
export function domainCommand(store: IdentityStore): IdCommand {
  return {
    spec:
      'domain ( add <domain> <organisation...> | del <domain> [force] | xfer <domain> <owner> | ' +
      `show <domain> | list ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete, show or list domains, or hand one over to another owner',
    effect: 'change',
    needs: [
      { with: ['add'], rights: 'C', class: DOMAIN_CLASS, instances: [DOMAIN] },
      { with: ['del', 'xfer'], rights: 'D', class: DOMAIN_CLASS, instances: [DOMAIN] },
      { with: ['force'], rights: 'D', class: USER_CLASS, instances: [DOMAIN] },
      { with: ['show'], rights: 'R', class: DOMAIN_CLASS, instances: [DOMAIN] },
      { with: ['list'], rights: 'K', class: DOMAIN_CLASS },
    ],
    reads: ['show', 'list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      domain: 'Domains that identities are under',
      add: 'Add a domain; who does it is its owner',
      del: 'Delete a domain that has nothing under it',
      xfer: 'Hand a domain over to another owner',
      show: 'Print the organisation and the owner of a domain',
      list: 'Print all domains',
      force: 'Remove all users, groups and roles of the domain too',
      '<domain>': HELP.domain,
      '<organisation>': 'Whose domain it is, in words',
      '<owner>': 'Identity of the new owner, such as mary@example.com',
    },
    run: async (call) => {
      if (call.has('list')) await listDomains(store, call);
      else if (call.has('show')) await showDomain(store, call);
      else if (call.has('add')) await addDomain(store, call);
      else if (call.has('xfer')) await handOver(store, call);
      else {
        const path = domainPath(domainName(call.value('domain')));
        call.json(await removeEntry(store, { path, isForced: call.has('force'), signal: call.signal }));
      }
    },
  };
}

async function addDomain(store: IdentityStore, call: Call): Promise<void> {
  const domain = domainName(call.value('domain'));
  const path = domainPath(domain);
  const organisation = freeText(call.all('organisation'), 'organisation');
  const owner = callerName(call.caller.identity);
  await store.change(async (view) => {
    await view.free(path);
    return {
      changes: [{ op: 'add', path, values: { organisation: [organisation], owner: [owner] } }],
      result: undefined,
    };
  }, call.signal);
  call.json({ domain, owner });
}

async function handOver(store: IdentityStore, call: Call): Promise<void> {
  const domain = domainName(call.value('domain'));
  const path = domainPath(domain);
  const owner = ownerIdentity(call.value('owner'));
  const before = await store.change(async (view) => {
    const entry = await view.entry(path);
    const result = entry.values['owner']?.[0] ?? null;
    return { changes: [{ op: 'set', path, values: { owner: [owner] } }], unchanged: [entry], result };
  }, call.signal);
  call.json({ domain, owner, before });
}

async function showDomain(store: IdentityStore, call: Call): Promise<void> {
  const path = domainPath(domainName(call.value('domain')));
  call.json(rowOf(await store.read(async (view) => await view.entry(path), call.signal)));
}

async function listDomains(store: IdentityStore, call: Call): Promise<void> {
  const rowsOf = (entries: readonly Entry[]): readonly object[] => entries.map(rowOf);
  await printList(store, call, { parent: [], kind: 'domain', plural: 'domains', rowsOf, nameOf: domainName });
}

function rowOf({ path, values }: Pick<Entry, 'path' | 'values'>): Readonly<Record<string, unknown>> {
  return { domain: keyOf(path), organisation: values['organisation']?.[0], owner: values['owner']?.[0] };
}
