import type { Entry, Path } from '@arpa2amqp/directory';
import type { Candidates, CompletionHook, CompletionRequest } from '@arpa2amqp/shell';
import { domainPath, keyOf, principalPath, type PrincipalKind } from './identity-path.js';
import type { IdentityStore, IdentityView } from './identity-store.js';
import { domainName, localName } from './names.js';

type Request = CompletionRequest<undefined>;
type Look = (view: IdentityView, request: Request) => Promise<Candidates>;

/** More are never looked at: what the caller may not see is taken out later. */
const MAX_CANDIDATES = 1000;

/** The names that the commands can be given now, each within the domain typed before it. */
export function completionHooks(store: IdentityStore): Readonly<Record<string, CompletionHook<undefined>>> {
  const hook = (look: Look, ...newWith: readonly string[]): CompletionHook<undefined> => {
    return async (request) => {
      const [command, action] = request.literals;
      // A name that is to be given is not there yet.
      if (newWith.includes(`${command ?? ''} ${action ?? ''}`)) return [];
      return await store.read(async (view) => await look(view, request), request.signal);
    };
  };
  return {
    domain: hook(domains, 'domain add'),
    uid: hook(users, 'user add'),
    alias: hook(aliases, 'alias add'),
    gid: hook(groups, 'group add'),
    role: hook(async (view, request) => await principals(view, request, 'role'), 'role add'),
    member: hook(async (view, request) => await seats(view, request, GROUP), 'member add', 'member join'),
    occupant: hook(async (view, request) => await seats(view, request, ROLE), 'occupant add'),
  };
}

const GROUP = { kind: 'member', above: 'group', variable: 'gid' } as const;
const ROLE = { kind: 'occupant', above: 'role', variable: 'role' } as const;

async function domains(view: IdentityView, { partial, signal }: Request): Promise<Candidates> {
  const entries = await view.directory.list([], 'domain', { prefix: partial, limit: MAX_CANDIDATES, signal });
  return entries.map(({ path, values }) => candidate(keyOf(path), values['organisation']));
}

/** The users of the domain; of a member or occupant that is to be deleted, the one that it stands for. */
async function users(view: IdentityView, request: Request): Promise<Candidates> {
  const place = await seatOf(view, request);
  if (place === undefined) return await principals(view, request, 'user');
  const [, user] = place;
  return user === undefined ? [] : [user[1]];
}

async function aliases(view: IdentityView, request: Request): Promise<Candidates> {
  const place = await seatOf(view, request);
  if (place === undefined) return await below(view, request, pathOf(request, 'user', 'uid'), 'alias');
  const [, user, alias] = place;
  return alias === undefined || user?.[1] !== request.values['uid']?.[0] ? [] : [alias[1]];
}

/** The groups of the domain; for one who leaves, those that there are to leave. */
async function groups(view: IdentityView, request: Request): Promise<Candidates> {
  if (!request.literals.includes('leave')) return await principals(view, request, 'group');
  const user = pathOf(request, 'user', 'uid');
  const alias = request.values['alias']?.[0];
  const identities: Entry[] = [];
  if (alias === undefined) identities.push(await view.entry(user), ...(await view.children(user, 'alias')));
  else identities.push(await view.entry([...user, ['alias', localName(alias, 'alias')]]));
  const found = new Set<string>();
  for (const identity of identities) {
    for (const { path } of await view.referrers(identity)) {
      const [, above] = path;
      if (above?.[0] === 'group') found.add(above[1]);
    }
  }
  return found;
}

async function principals(view: IdentityView, request: Request, kind: PrincipalKind): Promise<Candidates> {
  return await below(view, request, domainPath(domainOf(request)), kind);
}

async function seats(view: IdentityView, request: Request, words: typeof GROUP | typeof ROLE): Promise<Candidates> {
  return await below(view, request, pathOf(request, words.above, words.variable), words.kind);
}

async function below(view: IdentityView, { partial, signal }: Request, path: Path, kind: string): Promise<Candidates> {
  const entries = await view.directory.list(path, kind, { prefix: partial, limit: MAX_CANDIDATES, signal });
  return entries.map(({ path: found, values }) => candidate(keyOf(found), values['name']));
}

/** Whom the member or occupant stands for that is to be deleted; undefined in any other command. */
async function seatOf(view: IdentityView, request: Request): Promise<Path | undefined> {
  const { literals, values } = request;
  if (!literals.includes('del')) return undefined;
  const words = [GROUP, ROLE].find(({ kind }) => literals[0] === kind);
  if (words === undefined) return undefined;
  const seat = localName(values[words.kind]?.[0] ?? '', words.kind);
  const entry = await view.entry([...pathOf(request, words.above, words.variable), [words.kind, seat]]);
  return (await view.standsFor(entry)) ?? [];
}

/** @throws ShellError when the line has no name there */
function pathOf(request: Request, kind: PrincipalKind, variable: string): Path {
  return principalPath(domainOf(request), kind, localName(request.values[variable]?.[0] ?? '', kind));
}

/** @throws ShellError when the line has no domain */
function domainOf({ values }: Request): string {
  return domainName(values['domain']?.[0] ?? '');
}

function candidate(value: string, help: readonly string[] | undefined): string | { value: string; help: string } {
  const [text] = help ?? [];
  return text === undefined ? value : { value, help: text };
}
