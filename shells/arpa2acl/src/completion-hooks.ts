import { formatEntrySelector, parseStoredGroup, resourceOf, type AclStore, type GroupKind } from '@arpa2amqp/acl';
import type { Candidates, CompletionHook, CompletionRequest } from '@arpa2amqp/shell';
import type { Lists } from './lists.js';
import type { Destination } from './options.js';

type Request = CompletionRequest<undefined>;

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

/** The values that the commands can be given now, out of the lists. */
export function completionHooks(
  lists: Lists,
  destinations: readonly Destination[],
): Readonly<Record<string, CompletionHook<undefined>>> {
  const hook =
    (candidates: (store: AclStore, request: Request) => Candidates): CompletionHook<undefined> =>
    async (request) =>
      candidates(await lists.open(), request);
  return {
    class: hook((store) => store.listClasses()),
    instance: hook((store, { values, partial }) => store.searchInstances(first(values, 'class'), partial, LIMIT)),
    serial: hook((store, request) => [String(store.readList(listOf(request)).serial)]),
    rights: () => RIGHTS,
    selector: hook(selectors),
    entry: hook((store, request) => [...(request.partial.startsWith('@') ? [] : RIGHTS), ...inList(store, request)]),
    group: hook((store, { partial, literals }) => groups(store, 'group', partial, literals)),
    role: hook((store, { partial, literals }) => groups(store, 'role', partial, literals)),
    member: hook(members),
    identity: ({ caller }) => [caller.identity],
    address: () => destinations.map(({ address }) => address),
  };
}

/** Those that are in the list; for new ones, groups and roles too. */
function selectors(store: AclStore, request: Request): Candidates {
  const known = inList(store, request);
  if (!request.literals.includes('add')) return known;
  return [...known, ...bothKinds(store, request.partial), { value: '@.', help: 'everyone' }];
}

function inList(store: AclStore, request: Request): readonly string[] {
  const prefix = request.partial.startsWith('%%') ? request.partial.slice(1) : request.partial;
  return store.searchSelectors(listOf(request), prefix, LIMIT).map(formatEntrySelector);
}

function members(store: AclStore, { values, literals, partial }: Request): Candidates {
  const [name] = values['group'] ?? values['role'] ?? [];
  if (name === undefined || !literals.includes('leave')) return bothKinds(store, partial);
  return store.searchMembers(parseStoredGroup(name), partial, LIMIT);
}

/** One that is to be added is not there yet. */
function groups(store: AclStore, kind: GroupKind, partial: string, literals: readonly string[]): Candidates {
  return literals.includes('add') ? [] : store.searchGroups(kind, partial, LIMIT);
}

function bothKinds(store: AclStore, partial: string): readonly string[] {
  return [...store.searchGroups('group', partial, LIMIT), ...store.searchGroups('role', partial, LIMIT)];
}

const listOf = ({ values }: Request) => resourceOf(first(values, 'class'), first(values, 'instance'));

const first = (values: Request['values'], name: string): string => values[name]?.[0] ?? '';
