import type { Call } from '@arpa2amqp/shell';
import { ZONE, ZONE_CLASS, ZONE_HELP, type DnsCommand, type DnsSession } from './dns-session.js';
import { hostName, isInside, written, zoneName } from './domain-name.js';
import type { Knot } from './knot.js';
import { mailboxName } from './mailbox.js';
import { DEFAULT_TTL } from './record-change.js';

/** Refresh, retry, expire and minimum in seconds: those of the original shell. */
const SOA_TIMES = '10800 3600 1814400 3600';

/** `zone`: which zones the server has. */
export function zoneCommand(knot: Knot): DnsCommand {
  return {
    spec: 'zone ( add <zone> <ns1> <rp> | del <zone> | list )',
    summary: 'Add a zone with its first name server and responsible person, delete one, or list them',
    effect: 'change',
    needs: [
      { with: ['add'], rights: 'C', class: ZONE_CLASS, instances: [ZONE] },
      { with: ['del'], rights: 'D', class: ZONE_CLASS, instances: [ZONE] },
      { with: ['list'], rights: 'K', class: ZONE_CLASS },
    ],
    reads: ['list'],
    help: {
      zone: 'Zones of the server',
      add: 'Configure a zone and make its first records',
      del: 'Take a zone and all its records out',
      list: 'Print the names of all zones',
      '<zone>': ZONE_HELP,
      '<ns1>': 'Its first name server; one word is a name in the zone',
      '<rp>': 'Mail address of the person responsible for it',
    },
    run: async (call) => {
      if (call.has('list')) {
        const zones = await knot.listZones(call.signal);
        call.json({ zones: zones.map(written) });
      } else if (call.has('add')) await addZone(knot, call);
      else await knot.deleteZone(zoneName(call.value('zone')), call.signal);
    },
  };
}

async function addZone(knot: Knot, call: Call<DnsSession>): Promise<void> {
  // Everything is checked before the server's configuration is touched.
  const zone = zoneName(call.value('zone'));
  const server = hostName(call.value('ns1'), zone, 'name server');
  const person = mailboxName(call.value('rp'));
  // Seconds since 1970: newer than whatever secondaries remember of an earlier zone of this name.
  const serial = Math.floor(Date.now() / 1000);
  const common = { owner: zone, ttl: DEFAULT_TTL };
  await knot.addZone(
    zone,
    [
      { ...common, type: 'SOA', data: `${server} ${person} ${serial} ${SOA_TIMES}` },
      { ...common, type: 'NS', data: server },
    ],
    call.signal,
  );
  if (isInside(server, zone)) {
    call.print(
      `The name server ${written(server)} is inside the zone and has no address yet: record add ${written(zone)} ${server} AAAA <address>`,
    );
  }
}
