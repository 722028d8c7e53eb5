import { formatEntrySelector, parseStoredGroup, resourceOf, type AclStore, type GroupKind } from '@arpa2amqp/acl';
import type { Candidates, CompletionHook, CompletionRequest } from '@arpa2amqp/shell';
import type { Lists } from './lists.js';
import type { Destination } from './options.js';
import { Reach } from './reach.js';

type Request = CompletionRequest<undefined>;

/** The lists, and how far the caller's rights go over them. */
interface Known {
  readonly store: AclStore;
  readonly reach: Reach;
}

/** More are not shown. */
const LIMIT = 300;

const RIGHTS = [
  { value: '%R', help: 'read' },
  { value: '%RW', help: 'read and write' },
  { value: '%RWCD', help: 'read, write, create and delete' },
  { value: '%K', help: 'know that it exists' },
  { value: '%A', help: 'all rights' },
  { value: '%', help: 'no rights, whatever less specific entries say' },
];

/** The values that the commands can be given now, out of the lists: of what is in these, only what the caller may read. */
export function completionHooks(
  lists: Lists,
  destinations: readonly Destination[],
): Readonly<Record<string, CompletionHook<undefined>>> {
  const hook =
    (candidates: (known: Known, request: Request) => Candidates): CompletionHook<undefined> =>
    async (request) => {
      const store = await lists.open();
      return candidates({ store, reach: new Reach(store, request.caller) }, request);
    };
  return {
    // Of these the daemon leaves out those of which the caller may not give the command.
    class: hook(({ store }) => store.listClasses()),
    instance: hook(instances),
    serial: hook(({ store }, request) => [String(store.readList(listOf(request)).serial)]),
    rights: () => RIGHTS,
    selector: hook(selectors),
    entry: hook((known, request) => [...(request.partial.startsWith('@') ? [] : RIGHTS), ...inList(known, request)]),
    group: hook((known, request) => groups(known, 'group', request)),
    role: hook((known, request) => groups(known, 'role', request)),
    member: hook(members),
    identity: ({ caller }) => [caller.identity],
    address: () => destinations.map(({ address }) => address),
  };
}

function instances({ store, reach }: Known, { values, partial }: Request): Candidates {
  const name = first(values, 'class');
  return reach.mayRead(name) ? store.searchInstances(name, partial, LIMIT) : [];
}

/** Those that are in the list; for new ones, groups and roles too. */
function selectors(known: Known, request: Request): Candidates {
  const listed = inList(known, request);
  if (!request.literals.includes('add')) return listed;
  return [...listed, ...bothKinds(known, request.partial), { value: '@.', help: 'everyone' }];
}

function inList({ store, reach }: Known, request: Request): readonly string[] {
  const resource = listOf(request);
  if (!reach.mayRead(resource.class)) return [];
  const prefix = request.partial.startsWith('%%') ? request.partial.slice(1) : request.partial;
  return store.searchSelectors(resource, prefix, LIMIT).map(formatEntrySelector);
}

function members(known: Known, { values, literals, partial }: Request): Candidates {
  const [name] = values['group'] ?? values['role'] ?? [];
  if (name === undefined || !literals.includes('leave')) return bothKinds(known, partial);
  return known.reach.mayReadGroups ? known.store.searchMembers(parseStoredGroup(name), partial, LIMIT) : [];
}

/** One that is to be added is not there yet. */
function groups({ store, reach }: Known, kind: GroupKind, { partial, literals }: Request): Candidates {
  return literals.includes('add') || !reach.mayReadGroups ? [] : store.searchGroups(kind, partial, LIMIT);
}

/** Who may not see all groups sees the own ones. */
function bothKinds({ store, reach }: Known, partial: string): readonly string[] {
  if (!reach.mayReadGroups) return reach.groups;
  return [...store.searchGroups('group', partial, LIMIT), ...store.searchGroups('role', partial, LIMIT)];
}

const listOf = ({ values }: Request) => resourceOf(first(values, 'class'), first(values, 'instance'));

const first = (values: Request['values'], name: string): string => values[name]?.[0] ?? '';
