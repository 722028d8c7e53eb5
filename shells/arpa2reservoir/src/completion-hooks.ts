import type { Entry } from '@arpa2amqp/directory';
import type { Candidate } from '@arpa2amqp/protocol';
import type { Candidates, CompletionHook, CompletionRequest } from '@arpa2amqp/shell';
import { domainName, uuid } from './names.js';
import type { ReservoirSession } from './reservoir-session.js';
import type { Reservoir } from './reservoir.js';
import { keyOf, valueOf, type ReservoirView } from './reservoir-view.js';

type Request = CompletionRequest<ReservoirSession>;
type Look = (view: ReservoirView, request: Request) => Promise<Candidates>;

/** More are never looked at: what the caller may not see is taken out later. */
const MAX_CANDIDATES = 1000;

const VARIABLES: readonly Candidate[] = [
  { value: 'encoding=base64', help: 'The data in stdin_ is in base64, because it is no text' },
  { value: 'encoding=text', help: 'The data in stdin_ is text' },
  { value: 'type=application/json', help: 'JSON' },
  { value: 'type=application/octet-stream', help: 'Any bytes' },
  { value: 'type=application/pdf', help: 'PDF' },
  { value: 'type=image/jpeg', help: 'JPEG image' },
  { value: 'type=image/png', help: 'PNG image' },
  { value: 'type=text/html', help: 'HTML page' },
  { value: 'type=text/markdown', help: 'Markdown' },
  { value: 'type=text/plain', help: 'Text' },
];

/** What the commands can be given now; a UUID with what it stands for. */
export function completionHooks(reservoir: Reservoir): Readonly<Record<string, CompletionHook<ReservoirSession>>> {
  const hook = (look: Look): CompletionHook<ReservoirSession> => {
    return async (request) => await reservoir.read(async (view) => await look(view, request), request.signal);
  };
  return {
    domain: hook(domains),
    domains: hook(domains),
    colluuid: hook(collections),
    colluuids: hook(collections),
    parent: hook(collections),
    name: hook(names),
    key: hook(resources),
    'var=val': () => VARIABLES,
  };
}

async function domains({ directory }: ReservoirView, { partial, signal }: Request): Promise<Candidates> {
  const found = await directory.list([], 'domain', { prefix: partial, limit: MAX_CANDIDATES, signal });
  return found.map((entry) => keyOf(entry, 'domain'));
}

/** Of the domain that they have to be in; else of all. */
async function collections(view: ReservoirView, request: Request): Promise<Candidates> {
  const domain = request.literals[0] === 'collection' ? request.values['domain']?.[0] : undefined;
  const within = domain === undefined ? await view.children([], 'domain') : [await view.domain(domainName(domain))];
  return (await childrenOf(view, within, 'collection', request)).map(collectionCandidate);
}

/** The first children of some entries. */
async function childrenOf(
  { directory }: ReservoirView,
  within: readonly Entry[],
  kind: string,
  { partial, signal }: Request,
): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (const { path } of within) {
    const limit = MAX_CANDIDATES - found.length;
    if (limit === 0) break;
    found.push(...(await directory.list(path, kind, { prefix: partial, limit, signal })));
  }
  return found;
}

function collectionCandidate(entry: Entry): Candidate {
  const help = `${valueOf(entry, 'description') ?? ''} (${keyOf(entry, 'domain')})`;
  return { value: keyOf(entry, 'collection'), help };
}

/** Of the index that the line names; what the current one is, is not known here. */
async function names(view: ReservoirView, { values, partial, signal }: Request): Promise<Candidates> {
  const [domain, parent] = [values['domain']?.[0], values['parent']?.[0]];
  if (domain === undefined && parent === undefined) return [];
  const { path } =
    domain === undefined
      ? await view.collection(uuid(parent ?? '', 'collection'))
      : await view.domain(domainName(domain));
  const found = await view.directory.list(path, 'name', { prefix: partial, limit: MAX_CANDIDATES, signal });
  // Not what they are for: who may delete a name need not know that collection.
  return found.map((entry) => keyOf(entry, 'name'));
}

/** Of the collection that the line names; else of all. */
async function resources(view: ReservoirView, request: Request): Promise<Candidates> {
  const colluuid = request.values['colluuid']?.[0];
  const within =
    colluuid === undefined ? await view.collections() : [await view.collection(uuid(colluuid, 'collection'))];
  return (await childrenOf(view, within, 'resource', request)).map(resourceCandidate);
}

function resourceCandidate(entry: Entry): Candidate {
  const help = [valueOf(entry, 'name'), valueOf(entry, 'type')].join(', ');
  return { value: keyOf(entry, 'resource'), help };
}
