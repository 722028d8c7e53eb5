import { changeRecord } from './change-command.js';
import { ZONE, ZONE_CLASS, ZONE_HELP, type DnsCommand } from './dns-session.js';
import { ownerName, zoneName } from './domain-name.js';
import { enumRule, zoneDigits } from './enum-rule.js';
import type { Knot } from './knot.js';

/** The digits of the longest number, less the one that has to remain. */
const MAX_SKIP = 14;

/** `enum`: what a telephone number leads to. */
export function enumCommand(knot: Knot): DnsCommand {
  return {
    spec: 'enum ( add | del ) <zone> [wildcard] <skip> <service-field> <uri>',
    summary: 'Add or delete the URI that a telephone number, or all longer ones, lead to for a service',
    effect: 'change',
    needs: [
      { rights: 'W', class: ZONE_CLASS, instances: [`${ZONE} naptr`, ZONE] },
      { with: ['wildcard'], rights: 'W', class: ZONE_CLASS, instances: [`*.${ZONE} naptr`, ZONE] },
    ],
    help: {
      enum: 'What telephone numbers lead to',
      add: 'Add what the number leads to for a service',
      del: 'Delete what the number leads to for a service',
      wildcard: 'Mean all longer numbers instead of the number itself',
      '<zone>': ZONE_HELP,
      '<skip>': 'How many first digits of the number stay out of \\1',
      '<service-field>': 'The service, such as E2U+sip',
      '<uri>': 'Where it leads, such as sip:\\1@example.org; \\2 is what follows the number of a wildcard',
    },
    types: { skip: { type: 'integer', min: 0, max: MAX_SKIP } },
    run: async (call) => {
      const zone = zoneName(call.value('zone'));
      const isWildcard = call.has('wildcard');
      await changeRecord(knot, call, zone, {
        owner: ownerName(isWildcard ? '*' : '@', zone),
        type: 'NAPTR',
        data: enumRule(zoneDigits(zone), {
          isWildcard,
          skip: call.value('skip'),
          service: call.value('service-field'),
          uri: call.value('uri'),
        }),
      });
    },
  };
}
