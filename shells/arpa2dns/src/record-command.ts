import type { Call } from '@arpa2amqp/shell';
import { changeRecord } from './change-command.js';
import { ZONE, ZONE_CLASS, ZONE_HELP, type DnsCommand, type DnsSession } from './dns-session.js';
import { ownerName, zoneName } from './domain-name.js';
import type { Knot } from './knot.js';
import { recordData } from './record-data.js';
import { recordType } from './record-type.js';

/** RFC 2181, section 8. */
const MAX_TTL = 2 ** 31 - 1;

/** The records of an owner and type. */
const RECORDS = '<fqdn:dns-name zone> <rtype:dns-type>';
/** Those of one priority, where the type has priorities; else the same. */
const RECORD = '<fqdn:dns-name zone> <rtype:dns-record rdata...>';

/** `record`: any record of a zone. */
export function recordCommand(knot: Knot): DnsCommand {
  return {
    spec:
      'record ( add | del ) <zone> <fqdn> [in] [<ttl>] <rtype> <rdata> [...] | ' +
      'record list <zone> [<fqdn> [<rtype>]]',
    summary: 'Add or delete a record of any type, or list the records of a zone, an owner, or an owner and type',
    effect: 'change',
    needs: [
      { with: ['add', 'del'], rights: 'W', class: ZONE_CLASS, instances: [RECORD, RECORDS, ZONE] },
      { with: ['list'], rights: 'R', class: ZONE_CLASS, instances: [RECORDS, ZONE] },
    ],
    reads: ['list'],
    help: {
      record: 'Records of any type',
      add: 'Add a record',
      del: 'Delete the record with exactly this data',
      list: 'Print the records of a zone, of a name, or of a name and type',
      in: 'Class of the record; there is no other',
      '<zone>': ZONE_HELP,
      '<fqdn>': 'Name in the zone; @ is the zone itself',
      '<ttl>': 'Seconds that others may remember it, for all records of its name and type',
      '<rtype>': 'Type of the record, such as AAAA, TXT or TYPE65400',
      '<rdata>': 'The data as in a zone file; each word of a TXT record is a text',
    },
    types: {
      ttl: { type: 'integer', min: 0, max: MAX_TTL },
      rtype: { type: 'pattern', pattern: '[A-Za-z][A-Za-z0-9]{0,31}' },
    },
    run: async (call) => {
      const zone = zoneName(call.value('zone'));
      if (call.has('list')) {
        await listRecords(knot, call, zone);
        return;
      }
      const ttl = call.optional('ttl');
      const type = recordType(call.value('rtype'));
      await changeRecord(knot, call, zone, {
        owner: ownerName(call.value('fqdn'), zone),
        type,
        data: recordData(type, call.all('rdata')),
        ...(ttl === undefined ? {} : { ttl: Number(ttl) }),
      });
    },
  };
}

async function listRecords(knot: Knot, call: Call<DnsSession>, zone: string): Promise<void> {
  const owner = call.optional('fqdn');
  const type = call.optional('rtype');
  const records = await knot.readRecords(
    zone,
    {
      ...(owner === undefined ? {} : { owner: ownerName(owner, zone) }),
      ...(type === undefined ? {} : { type: recordType(type) }),
    },
    call.signal,
  );
  call.json({
    records: records.map((record) => ({ fqdn: record.owner, ttl: record.ttl, rtype: record.type, rdata: record.data })),
  });
}
