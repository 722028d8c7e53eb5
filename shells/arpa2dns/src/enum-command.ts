import { changeRecord } from './change-command.js';
import type { DnsCommand } from './dns-session.js';
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
