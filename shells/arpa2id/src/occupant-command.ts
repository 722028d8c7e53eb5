import { NAMED_PART_HELP, NAMED_PART_SPEC, PART_TYPES } from '@arpa2amqp/directory';
import { HELP, identityIn, USER_CLASS, type IdCommand } from './access.js';
import type { IdentityStore } from './identity-store.js';
import { addSeat, listSeats, removeSeat, type SeatWords } from './seat.js';

const WORDS: SeatWords = { kind: 'occupant', above: 'role', aboveVariable: 'role', plural: 'occupants' };

/** `occupant`: who acts in a role. */
export function occupantCommand(store: IdentityStore): IdCommand {
  return {
    spec:
      'occupant ( add <domain> <role> <occupant> <uid> [<alias>] | ' +
      'del <domain> <role> <occupant> | del:del-of <domain> <role> <occupant> <uid> [<alias>] | ' +
      `list <domain> <role> ${NAMED_PART_SPEC} )`,
    summary: 'Add, delete or list the occupants role+occupant of a role',
    effect: 'change',
    needs: [
      { with: ['add', 'del', 'del-of'], rights: 'W', class: USER_CLASS, instances: identityIn('role') },
      { with: ['add', 'del-of'], rights: 'K', class: USER_CLASS, instances: identityIn('uid') },
      { with: ['list'], rights: 'R', class: USER_CLASS, instances: identityIn('role') },
    ],
    reads: ['list'],
    types: PART_TYPES,
    help: {
      ...NAMED_PART_HELP,
      occupant: 'Occupants of a role',
      add: 'Add an occupant that stands for a user or an alias',
      del: 'Delete an occupant; name user and alias too to delete none but theirs',
      list: 'Print the occupants of a role and for whom they stand',
      '<domain>': HELP.domain,
      '<role>': HELP.role,
      '<occupant>': HELP.occupant,
      '<uid>': HELP.uid,
      '<alias>': HELP.alias,
    },
    run: async (call) => {
      if (call.has('list')) await listSeats(store, call, WORDS);
      else if (call.has('add')) await addSeat(store, call, WORDS);
      else await removeSeat(store, call, WORDS);
    },
  };
}
