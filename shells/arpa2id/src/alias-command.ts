import { HELP, identityIn, USER_CLASS, type IdCommand } from './access.js';
import { identityOf, keyOf, principalPath } from './identity-path.js';
import type { IdentityStore } from './identity-store.js';
import { domainName, localName } from './names.js';
import { planRemoval } from './removal.js';

/** `alias`: further identities of a user. */
export function aliasCommand(store: IdentityStore): IdCommand {
  return {
    spec: 'alias ( add <domain> <uid> <alias> | del <domain> <uid> <alias> [force] | list <domain> <uid> )',
    summary: 'Add, delete or list the aliases user+alias of a user',
    effect: 'change',
    needs: [
      { with: ['add', 'del'], rights: 'W', class: USER_CLASS, instances: identityIn('uid') },
      // The places of an alias are others' to give, and whoever may only change the user can leave groups one by one.
      { with: ['force'], rights: 'D', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['list'], rights: 'R', class: USER_CLASS, instances: identityIn('uid') },
    ],
    reads: ['list'],
    help: {
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
        const entries = await store.read(async (view) => await view.children(user, 'alias'), call.signal);
        call.json({ aliases: entries.map(({ path }) => ({ alias: keyOf(path), identity: identityOf(path) })) });
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
      const isForced = call.has('force');
      const reply = await store.change(
        async (view) => await planRemoval(view, await view.entry(path), { isForced }),
        call.signal,
      );
      call.json(reply);
    },
  };
}
