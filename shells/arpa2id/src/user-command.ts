import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES, type Entry } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { DOMAIN, HELP, identityIn, USER_CLASS, type IdCommand } from './access.js';
import { identityOf, keyOf, principalPath } from './identity-path.js';
import type { IdentityStore } from './identity-store.js';
import { domainName, localName } from './names.js';
import { runPrincipal } from './principal.js';

/** `user`: the people of a domain. */
export function userCommand(store: IdentityStore): IdCommand {
  return {
    spec:
      'user ( add <domain> <uid> <name...> | del <domain> <uid> [force] | mov <domain> <uid> <newuid> | ' +
      `show <domain> <uid> | list <domain> ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete, rename, show or list the users of a domain',
    effect: 'change',
    needs: [
      { with: ['add'], rights: 'C', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['del', 'mov'], rights: 'D', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['mov'], rights: 'C', class: USER_CLASS, instances: identityIn('newuid') },
      { with: ['show'], rights: 'R', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['list'], rights: 'R', class: USER_CLASS, instances: [DOMAIN] },
    ],
    reads: ['show', 'list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      user: 'Users of a domain',
      add: 'Add a user',
      del: 'Delete a user who has no alias and stands nowhere as a member or occupant',
      mov: 'Rename a user, with all aliases, memberships and roles',
      show: 'Print a user with aliases, groups and roles',
      list: 'Print the users of a domain',
      force: 'Remove aliases, memberships and occupations too',
      '<domain>': HELP.domain,
      '<uid>': HELP.uid,
      '<newuid>': 'New name of the user',
      '<name>': 'Name of the person, in words',
    },
    run: async (call) => {
      if (call.has('show')) await showUser(store, call);
      else await runPrincipal(store, call, { kind: 'user', variable: 'uid', plural: 'users' });
    },
  };
}

async function showUser(store: IdentityStore, call: Call): Promise<void> {
  const path = principalPath(domainName(call.value('domain')), 'user', localName(call.value('uid'), 'user'));
  const found = await store.read(async (view) => {
    const user = await view.entry(path);
    const aliases = await view.children(path, 'alias');
    const places: Place[] = [];
    for (const identity of [user, ...aliases]) {
      const alias = identity === user ? {} : { alias: keyOf(identity.path) };
      for (const entry of await view.referrers(identity)) places.push({ entry, alias });
    }
    return { user, aliases, places };
  }, call.signal);
  call.json({
    identity: identityOf(path),
    name: found.user.values['name']?.[0],
    aliases: found.aliases.map(({ path: alias }) => keyOf(alias)),
    groups: placesOf(found.places, 'group', 'gid', 'member'),
    roles: placesOf(found.places, 'role', 'role', 'occupant'),
  });
}

/** A member or occupant, and the alias that it stands for if it is not the user. */
interface Place {
  readonly entry: Entry;
  readonly alias: { readonly alias?: string };
}

function placesOf(places: readonly Place[], kind: string, above: string, below: string): readonly object[] {
  return places
    .filter(({ entry }) => entry.path[1]?.[0] === kind)
    .sort((one, other) => compare(identityOf(one.entry.path), identityOf(other.entry.path)))
    .map(({ entry: { path }, alias }) => ({ [above]: path[1]?.[1], [below]: keyOf(path), ...alias }));
}

/** By code units: in the same order everywhere. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
