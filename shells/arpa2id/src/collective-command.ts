import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES } from '@arpa2amqp/directory';
import { DOMAIN, HELP, identityIn, USER_CLASS, type IdCommand } from './access.js';
import type { IdentityStore } from './identity-store.js';
import { runPrincipal } from './principal.js';

/** `group`: what people are members of. */
export function groupCommand(store: IdentityStore): IdCommand {
  return {
    spec:
      'group ( add <domain> <gid> <name...> | del <domain> <gid> [force] | mov <domain> <gid> <newgid> | ' +
      `list <domain> ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete, rename or list the groups of a domain',
    effect: 'change',
    needs: needsOf('gid'),
    reads: ['list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      group: 'Groups of a domain',
      add: 'Add a group without members',
      del: 'Delete a group that has no member',
      mov: 'Rename a group, with all its members',
      list: 'Print the groups of a domain',
      force: 'Remove the members too',
      '<domain>': HELP.domain,
      '<gid>': HELP.gid,
      '<newgid>': 'New name of the group',
      '<name>': 'What the group is for, in words',
    },
    run: async (call) => await runPrincipal(store, call, { kind: 'group', variable: 'gid', plural: 'groups' }),
  };
}

/** `role`: what people act as. */
export function roleCommand(store: IdentityStore): IdCommand {
  return {
    spec:
      'role ( add <domain> <role> <name...> | del <domain> <role> [force] | mov <domain> <role> <newrole> | ' +
      `list <domain> ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete, rename or list the roles of a domain',
    effect: 'change',
    needs: needsOf('role'),
    reads: ['list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      role: 'Roles of a domain',
      add: 'Add a role without occupants',
      del: 'Delete a role that has no occupant',
      mov: 'Rename a role, with all its occupants',
      list: 'Print the roles of a domain',
      force: 'Remove the occupants too',
      '<domain>': HELP.domain,
      '<role>': HELP.role,
      '<newrole>': 'New name of the role',
      '<name>': 'What the role is, in words',
    },
    run: async (call) => await runPrincipal(store, call, { kind: 'role', variable: 'role', plural: 'roles' }),
  };
}

function needsOf(variable: 'gid' | 'role'): NonNullable<IdCommand['needs']> {
  return [
    { with: ['add'], rights: 'C', class: USER_CLASS, instances: identityIn(variable) },
    { with: ['del', 'mov'], rights: 'D', class: USER_CLASS, instances: identityIn(variable) },
    { with: ['mov'], rights: 'C', class: USER_CLASS, instances: identityIn(`new${variable}`) },
    { with: ['list'], rights: 'R', class: USER_CLASS, instances: [DOMAIN] },
  ];
}
