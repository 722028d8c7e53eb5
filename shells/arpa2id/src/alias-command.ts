import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES, type Entry } from '@arpa2amqp/directory';
import { HELP, identityIn, USER_CLASS, type IdCommand } from './access.js';
import { identityOf, keyOf, principalPath } from './identity-path.js';
import type { IdentityStore } from './identity-store.js';
import { printList } from './listing.js';
import { domainName, localName } from './names.js';
import { removeEntry } from './removal.js';

/** `alias`: further identities of a user. */
export function aliasCommand(store: IdentityStore): IdCommand {
  return {
    spec: `alias ( add <domain> <uid> <alias> | del <domain> <uid> <alias> [force] | list <domain> <uid> ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete or list the aliases user+alias of a user',
    effect: 'change',
    needs: [
      { with: ['add', 'del'], rights: 'W', class: USER_CLASS, instances: identityIn('uid') },
      // The places of an alias are others' to give, and whoever may only change the user can leave groups one by one.
      { with: ['force'], rights: 'D', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['list'], rights: 'R', class: USER_CLASS, instances: identityIn('uid') },
    ],
    reads: ['list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      alias: 'Aliases of a user',
      add: 'Add an alias',
      del: 'Delete an alias that stands nowhere as a member or occupant',
      list: 'Print the aliases of a user',
      force: 'Remove memberships and occupations of the alias too',
      '<domain>': HELP.domain,
      '<uid>': HELP.uid,
      '<alias>': HELP.alias,
    },
    run: async (call) => {
      const user = principalPath(domainName(call.value('domain')), 'user', localName(call.value('uid'), 'user'));
      if (call.has('list')) {
        const rowsOf = (entries: readonly Entry[]): readonly object[] =>
          entries.map(({ path }) => ({ alias: keyOf(path), identity: identityOf(path) }));
        await printList(store, call, { parent: user, kind: 'alias', plural: 'aliases', rowsOf });
        return;
      }
      const path = [...user, ['alias', localName(call.value('alias'), 'alias')] as const];
      if (call.has('add')) {
        await store.change(async (view) => {
          await view.free(path);
          return { changes: [{ op: 'add', path }], result: undefined };
        }, call.signal);
        call.json({ identity: identityOf(path) });
        return;
      }
      call.json(await removeEntry(store, { path, isForced: call.has('force'), signal: call.signal }));
    },
  };
}
