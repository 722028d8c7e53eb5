import { quoted } from '@arpa2amqp/protocol';
import { changeRecord } from './change-command.js';
import { ZONE, ZONE_CLASS, ZONE_HELP, type DnsCommand } from './dns-session.js';
import { ownerName, zoneName } from './domain-name.js';
import type { Knot } from './knot.js';
import { textData } from './record-data.js';
import { refused } from './refusal.js';

/** RFC 8555, section 8.4. */
const CHALLENGE = '_acme-challenge.';

/** `acme`: the answers to DNS challenges of certificate authorities. */
export function acmeCommand(knot: Knot): DnsCommand {
  return {
    spec: 'acme ( add | del ) <zone> <fqdn> <txtfield>',
    summary: 'Add or delete the answer to an ACME challenge for a name',
    effect: 'change',
    needs: { rights: 'W', class: ZONE_CLASS, instances: [`${CHALLENGE}<fqdn:dns-host zone> txt`, ZONE] },
    help: {
      acme: 'Proof to certificate authorities that a name is yours',
      add: 'Add the answer to a challenge',
      del: 'Delete the answer to a challenge',
      '<zone>': ZONE_HELP,
      '<fqdn>': 'Name that the certificate is for; @ is the zone itself',
      '<txtfield>': 'The answer that the certificate authority looks for',
    },
    run: async (call) => {
      const zone = zoneName(call.value('zone'));
      await changeRecord(knot, call, zone, {
        owner: challengeOwner(call.value('fqdn'), zone),
        type: 'TXT',
        data: textData(call.value('txtfield')),
      });
    },
  };
}

/** Where the challenge for a name is looked up; that for a wildcard is the one of the name behind it. */
export function challengeOwner(text: string, zone: string): string {
  const name = ownerName(text, zone).replace(/^\*\./, '');
  if (name.startsWith(CHALLENGE)) {
    throw refused(
      `The name ${quoted(text)} begins with ${CHALLENGE} already; give the name that the certificate is for`,
    );
  }
  return ownerName(`${CHALLENGE}${name}`, zone);
}
