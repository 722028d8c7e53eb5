import { randomUUID } from 'node:crypto';
import {
  ListBudget,
  listTooLarge,
  PART_HELP,
  PART_SPEC,
  PART_TYPES,
  partRequest,
  type Entry,
  type ListPart,
} from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import {
  COLLECTION,
  COLLECTION_CLASS,
  DOMAIN,
  DOMAIN_CLASS,
  HELP,
  WHOLE_CLASS,
  type ReservoirCommand,
} from './access.js';
import { MAX_DESCRIPTION } from './kinds.js';
import { domainName, lineOfText, uuid } from './names.js';
import { planRemoval } from './removal.js';
import type { Reservoir } from './reservoir.js';
import { keyOf, valueOf, type ReservoirView } from './reservoir-view.js';

/** `collection`: the collections of domains. */
export function collectionCommand(reservoir: Reservoir): ReservoirCommand {
  return {
    spec:
      `collection ( list <domain> ${PART_SPEC} | list:list-all | add <domain> <descr...> | ` +
      'del <domain> <colluuid> | del:del-several <domain> <colluuids> [...] )',
    summary: 'List the collections of a domain, add one, or delete one or several',
    effect: 'change',
    needs: [
      { with: ['list'], rights: 'R', class: DOMAIN_CLASS, instances: [DOMAIN] },
      { with: ['list-all'], rights: 'R', class: WHOLE_CLASS },
      { with: ['add'], rights: 'C', class: COLLECTION_CLASS, instances: [DOMAIN] },
      { with: ['del'], rights: 'D', class: COLLECTION_CLASS, instances: [COLLECTION, DOMAIN] },
      { with: ['del-several'], rights: 'D', class: WHOLE_CLASS },
    ],
    reads: ['list', 'list-all'],
    types: PART_TYPES,
    help: {
      ...PART_HELP,
      collection: 'Collections of resources',
      list: 'Print UUIDs and descriptions, of one domain or of all',
      add: 'Add a collection; the reply has its UUID',
      del: 'Delete a collection without resources, and its index',
      '<domain>': HELP.domain,
      '<descr>': 'What the collection is for, in words',
      '<colluuid>': HELP.colluuid,
      '<colluuids>': HELP.colluuid,
    },
    run: async (call) => {
      if (call.has('list') || call.has('list-all')) await listCollections(reservoir, call);
      else if (call.has('add')) await addCollection(reservoir, call);
      else await deleteCollections(reservoir, call);
    },
  };
}

async function listCollections(reservoir: Reservoir, call: Call): Promise<void> {
  const given = call.optional('domain');
  const { rows, ...more } = await reservoir.read(
    async (view) => (given === undefined ? await allCollections(view) : await collectionsOf(view, call, given)),
    call.signal,
  );
  call.json({ collections: rows, ...more });
}

type Row = Readonly<Record<string, unknown>>;

async function collectionsOf(view: ReservoirView, call: Call, domain: string): Promise<ListPart<Row>> {
  const request = partRequest(call, (text) => uuid(text, 'collection'));
  const { path } = await view.domain(domainName(domain));
  return await view.part(path, 'collection', request, row);
}

/** By domain and then by UUID. */
async function allCollections(view: ReservoirView): Promise<ListPart<Row>> {
  const budget = new ListBudget();
  const rows: Row[] = [];
  for (const { path } of await view.children([], 'domain')) {
    for (const one of (await view.part(path, 'collection', {}, row)).rows) {
      if (!budget.holds(one)) throw listTooLarge('collection', 'ask for those of one domain');
      rows.push(one);
    }
  }
  return { rows };
}

function row(entry: Entry): Row {
  return {
    domain: keyOf(entry, 'domain'),
    colluuid: keyOf(entry, 'collection'),
    description: valueOf(entry, 'description'),
  };
}

async function addCollection(reservoir: Reservoir, call: Call): Promise<void> {
  const name = domainName(call.value('domain'));
  const description = lineOfText(call.all('descr').join(' '), 'description', MAX_DESCRIPTION);
  const id = randomUUID();
  await reservoir.change(async (view) => {
    const { path } = await view.domain(name);
    return {
      changes: [{ op: 'add', path: [...path, ['collection', id]], id, values: { description: [description] } }],
      result: undefined,
    };
  }, call.signal);
  call.header('Collection', id);
}

async function deleteCollections(reservoir: Reservoir, call: Call): Promise<void> {
  const name = domainName(call.value('domain'));
  const ids = [...call.all('colluuid'), ...call.all('colluuids')].map((text) => uuid(text, 'collection'));
  await reservoir.change(async (view) => {
    await view.domain(name);
    const collections: Entry[] = [];
    for (const id of ids) collections.push(await view.collection(id, name));
    return await planRemoval(view, collections);
  }, call.signal);
}
