import type { Entry, Path } from '@arpa2amqp/directory';
import type { Candidates, CompletionHook, CompletionRequest } from '@arpa2amqp/shell';
import { domainPath, keyOf, principalPath, type PrincipalKind } from './identity-path.js';
import type { IdentityStore, IdentityView } from './identity-store.js';
import { domainName, localName } from './names.js';

type Request = CompletionRequest<undefined>;
type Look = (view: IdentityView, request: Request) => Promise<Candidates>;

/** More are never looked at: what the caller may not see is taken out later. */
const MAX_CANDIDATES = 1000;

/**
 * The names that the commands can be given now, each within the domain typed before it. The host takes out those that the caller may not
 * give: what a command needs is all that is known of the caller's rights here. So a name in words comes with those that are to be read only.
 */
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
    uid: hook(async (view, request) => await principals(view, request, 'user'), 'user add'),
    alias: hook(aliases, 'alias add'),
    gid: hook(groups, 'group add'),
    role: hook(async (view, request) => await principals(view, request, 'role'), 'role add'),
    member: hook(async (view, request) => await seats(view, request, GROUP), 'member add', 'member join'),
    occupant: hook(async (view, request) => await seats(view, request, ROLE), 'occupant add'),
  };
}

const GROUP = { kind: 'member', above: 'group', variable: 'gid' } as const;
const ROLE = { kind: 'occupant', above: 'role', variable: 'role' } as const;

async function domains(view: IdentityView, { partial, signal, literals }: Request): Promise<Candidates> {
  const entries = await view.directory.list([], 'domain', { prefix: partial, limit: MAX_CANDIDATES, signal });
  const isRead = literals[0] === 'domain' && literals.includes('show');
  return entries.map(({ path, values }) => candidate(keyOf(path), isRead ? values['organisation'] : undefined));
}

async function aliases(view: IdentityView, request: Request): Promise<Candidates> {
  return await below(view, request, pathOf(request, 'user', 'uid'), 'alias');
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

async function below(view: IdentityView, request: Request, path: Path, kind: string): Promise<Candidates> {
  const { partial, signal, literals } = request;
  const entries = await view.directory.list(path, kind, { prefix: partial, limit: MAX_CANDIDATES, signal });
  const isRead = literals.includes('show') || literals.includes('list');
  return entries.map(({ path: found, values }) => candidate(keyOf(found), isRead ? values['name'] : undefined));
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
