import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES, type Entry } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import { ShellError } from '@arpa2amqp/shell';
import { HELP, identityIn, USER_CLASS, type IdCommand } from './access.js';
import { identityOf, keyOf, kindOf, principalPath } from './identity-path.js';
import type { IdentityStore } from './identity-store.js';
import { domainName, localName } from './names.js';
import { removalOf } from './removal.js';
import { addSeat, listSeats, removeSeat, targetOf, type SeatWords } from './seat.js';

const WORDS: SeatWords = { kind: 'member', above: 'group', aboveVariable: 'gid', plural: 'members' };

/** `member`: who is in a group; `add` and `del` are for the group's administrator, `join` and `leave` for the user. */
export function memberCommand(store: IdentityStore): IdCommand {
  return {
    spec:
      'member ( add <domain> <gid> <member> <uid> [<alias>] | ' +
      'del <domain> <gid> <member> | del:del-of <domain> <gid> <member> <uid> [<alias>] | ' +
      'join <domain> <uid> [<alias>] <gid> <member> | leave <domain> <uid> [<alias>] [from <gid>] | ' +
      `list <domain> <gid> ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete or list the members group+member of a group, or let a user join or leave',
    effect: 'change',
    needs: [
      { with: ['add', 'del', 'del-of'], rights: 'W', class: USER_CLASS, instances: identityIn('gid') },
      // Who may change a group does not learn by that who else there is in the domain.
      { with: ['add', 'del-of'], rights: 'K', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['join', 'leave'], rights: 'W', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['join'], rights: 'O', class: USER_CLASS, instances: identityIn('gid') },
      { with: ['list'], rights: 'R', class: USER_CLASS, instances: identityIn('gid') },
    ],
    reads: ['list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      member: 'Members of a group',
      add: 'Add a member that stands for a user or an alias',
      del: 'Delete a member; name user and alias too to delete none but theirs',
      join: 'Become a member, as a user or under an alias',
      leave: 'Be no member any longer, as user and under all aliases, or under one alias',
      list: 'Print the members of a group and for whom they stand',
      from: 'Leave one group only',
      '<domain>': HELP.domain,
      '<gid>': HELP.gid,
      '<member>': HELP.member,
      '<uid>': HELP.uid,
      '<alias>': HELP.alias,
    },
    run: async (call) => {
      if (call.has('list')) await listSeats(store, call, WORDS);
      else if (call.has('leave')) await leave(store, call);
      else if (call.has('del') || call.has('del-of')) await removeSeat(store, call, WORDS);
      else await addSeat(store, call, WORDS);
    },
  };
}

async function leave(store: IdentityStore, call: Call): Promise<void> {
  const target = targetOf(call);
  if (target === undefined) throw new TypeError('the grammar asks for a <uid>');
  const gid = call.optional('gid');
  const group =
    gid === undefined ? undefined : principalPath(domainName(call.value('domain')), 'group', localName(gid, 'group'));
  const reply = await store.change(async (view) => {
    const identity = await view.entry(target);
    // The group is not looked for: who has no right on it does not learn whether it is there.
    const own = kindOf(target) === 'user' ? await view.children(target, 'alias') : [];
    const members: Entry[] = [];
    for (const one of [identity, ...own]) members.push(...(await view.referrers(one)));
    const left = members.filter(({ path }) => {
      return kindOf(path) === 'member' && (group === undefined || path[1]?.[1] === keyOf(group));
    });
    if (left.length > 0) return removalOf(left);
    const where = group === undefined ? 'any group' : `the group ${identityOf(group)}`;
    throw new ShellError(`${identityOf(target)} is no member of ${where}`);
  }, call.signal);
  call.json(reply);
}
