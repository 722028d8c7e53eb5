import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES, partRequest, type Entry, type Path } from '@arpa2amqp/directory';
import { quoted } from '@arpa2amqp/protocol';
import type { Call, Need } from '@arpa2amqp/shell';
import {
  COLLECTION,
  COLLECTION_CLASS,
  DOMAIN,
  DOMAIN_CLASS,
  HELP,
  WHOLE_CLASS,
  type ReservoirCommand,
} from './access.js';
import { domainName, indexName, uuid } from './names.js';
import { refused } from './refusal.js';
import type { ReservoirSession } from './reservoir-session.js';
import type { Reservoir } from './reservoir.js';
import { keyOf, type ReservoirView } from './reservoir-view.js';

type IndexCall = Call<ReservoirSession>;

/** The collection whose index is meant; another variable than the collection that a name is for. */
const PARENT = '<parent:lower>';

const NEEDS: readonly Need[] = [
  { with: ['domain'], rights: 'K', class: DOMAIN_CLASS, instances: [DOMAIN] },
  { with: ['collection'], rights: 'K', class: COLLECTION_CLASS, instances: [COLLECTION] },
  { with: ['path', 'list-here'], rights: 'R', class: WHOLE_CLASS },
  { with: ['read-domain'], rights: 'R', class: DOMAIN_CLASS, instances: [DOMAIN] },
  { with: ['read-collection'], rights: 'R', class: COLLECTION_CLASS, instances: [PARENT] },
  { with: ['add-here', 'del-here'], rights: 'W', class: WHOLE_CLASS },
  { with: ['edit-domain'], rights: 'W', class: DOMAIN_CLASS, instances: [DOMAIN] },
  { with: ['edit-collection'], rights: 'W', class: COLLECTION_CLASS, instances: [PARENT] },
  // A name can be made for what one knows only: it keeps the collection from being deleted.
  { with: ['add', 'add-here'], rights: 'K', class: COLLECTION_CLASS, instances: [COLLECTION] },
];

/** `index`: names for collections, in the index of a domain or of another collection. */
export function indexCommand(reservoir: Reservoir): ReservoirCommand {
  return {
    spec:
      'index ( dn | domain <domain> | collection <colluuid> | path <name> [...] | ' +
      `list in ( domain:read-domain <domain> | collection:read-collection <parent> ) ${NAMED_PART_SPEC} | ` +
      `list:list-here ${NAMED_PART_SPEC} | ` +
      'add in ( domain:edit-domain <domain> | collection:edit-collection <parent> ) <colluuid> <newname> | ' +
      'add:add-here <colluuid> <newname> | ' +
      'del in ( domain:edit-domain <domain> | collection:edit-collection <parent> ) <name> | del:del-here <name> )',
    summary: 'Choose the current index, and list, add or delete names in it or in the one named',
    effect: 'change',
    open: ['dn'],
    needs: NEEDS,
    types: PART_TYPES,
    reads: ['dn', 'domain', 'collection', 'path', 'list', 'list-here'],
    session: ['domain', 'collection', 'path'],
    help: {
      ...NAMED_PART_HELP,
      index: 'Names for collections',
      dn: 'Print which index is the current one',
      domain: 'The index of a domain',
      collection: 'The index of a collection',
      path: 'Go to a collection by its names, from the index chosen with domain or collection',
      list: 'Print the names, and the collections they are for',
      add: 'Add a name for a collection',
      del: 'Delete a name; the collection stays',
      in: 'Say which index, and do not use the current one',
      '<domain>': HELP.domain,
      '<colluuid>': HELP.colluuid,
      '<parent>': 'UUID of the collection whose index is meant',
      '<name>': 'Name in the index',
      '<newname>': 'New name: letters, digits, - and _, perhaps parted by dots',
    },
    run: async (call) => await reservoir.read(async (view) => await run(reservoir, view, call), call.signal),
  };
}

async function run(reservoir: Reservoir, view: ReservoirView, call: IndexCall): Promise<void> {
  if (call.has('dn')) call.json(placeOf(current(call)));
  else if (call.has('domain') || call.has('collection')) choose(call, (await named(view, call)).path);
  else if (call.has('path')) await follow(view, call);
  else if (call.has('add') || call.has('add-here')) await addName(reservoir, call);
  else if (call.has('del') || call.has('del-here')) await deleteName(reservoir, call);
  else await listNames(view, call);
}

/** The domain or collection that the words name. */
async function named(view: ReservoirView, call: IndexCall): Promise<Entry> {
  const domain = call.optional('domain');
  if (domain !== undefined) return await view.domain(domainName(domain));
  return await view.collection(uuid(call.optional('parent') ?? call.value('colluuid'), 'collection'));
}

/** The index that a command is for. Only a form of it that needs the right on the whole reservoir may use the current one. */
async function indexOf(view: ReservoirView, call: IndexCall): Promise<Path> {
  if (call.has('in')) return (await named(view, call)).path;
  return (await view.index(current(call))).path;
}

function current({ state }: IndexCall): Path {
  if (state.index === undefined) throw refused('No index was chosen: use index domain or index collection before');
  return state.index.current;
}

function choose({ state }: IndexCall, path: Path): void {
  state.index = { root: path, current: path };
}

async function follow(view: ReservoirView, call: IndexCall): Promise<void> {
  const { index } = call.state;
  let at = await view.index(index?.root ?? current(call));
  for (const name of call.all('name').map(indexName)) {
    const colluuid = targetOf(await nameIn(view, at.path, name));
    at = await view.collection(colluuid);
  }
  if (index !== undefined) call.state.index = { ...index, current: at.path };
}

async function listNames(view: ReservoirView, call: IndexCall): Promise<void> {
  const path = await indexOf(view, call);
  const row = (entry: Entry): object => ({ name: keyOf(entry, 'name'), colluuid: targetOf(entry) });
  const { rows, ...more } = await view.part(path, 'name', partRequest(call, indexName), row);
  call.json({ ...placeOf(path), names: rows, ...more });
}

async function addName(reservoir: Reservoir, call: IndexCall): Promise<void> {
  const name = indexName(call.value('newname'));
  const colluuid = uuid(call.value('colluuid'), 'collection');
  await reservoir.change(async (view) => {
    const index = await indexOf(view, call);
    const path: Path = [...index, ['name', name]];
    const { id } = await view.collection(colluuid);
    if ((await view.entry(path)) !== null) throw refused(`The index has a name ${quoted(name)} already`);
    return { changes: [{ op: 'add', path, references: { collection: [id] } }], result: undefined };
  }, call.signal);
}

async function deleteName(reservoir: Reservoir, call: IndexCall): Promise<void> {
  const name = indexName(call.value('name'));
  await reservoir.change(async (view) => {
    const { path } = await nameIn(view, await indexOf(view, call), name);
    return { changes: [{ op: 'remove', path }], result: undefined };
  }, call.signal);
}

async function nameIn(view: ReservoirView, index: Path, name: string): Promise<Entry> {
  const found = await view.entry([...index, ['name', name]]);
  if (found === null) throw refused(`The index has no name ${quoted(name)}`);
  return found;
}

/** Collections have their key as id. */
function targetOf({ references }: Entry): string {
  const [target] = references['collection'] ?? [];
  if (target === undefined) throw refused('The name is for no collection: delete it');
  return target;
}

function placeOf(path: Path): Readonly<Record<string, string>> {
  const collection = path.find(([kind]) => kind === 'collection');
  const domain = keyOf({ path }, 'domain');
  return collection === undefined ? { domain } : { domain, colluuid: collection[1] };
}
