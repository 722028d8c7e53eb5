import type { Call } from '@arpa2amqp/shell';
import { associationData, MATCHINGS, SELECTORS, serviceOwner, USAGES } from './association.js';
import { changeRecord } from './change-command.js';
import { ZONE, ZONE_CLASS, ZONE_HELP, type DnsCommand, type DnsSession } from './dns-session.js';
import { zoneName } from './domain-name.js';
import type { Knot } from './knot.js';

const HELP = {
  dane: 'Certificates of services',
  config: 'Say how the TLSA records that follow are made',
  'ca-root': 'Usage 0: a certificate authority that the public trusts as well',
  'pkix-end': 'Usage 1: the certificate of the service, which the public trusts as well',
  'trust-root': 'Usage 2: a certificate authority of your own',
  'any-end': 'Usage 3: the certificate of the service, whoever made it',
  cert: 'Selector 0: the whole certificate is matched',
  pubkey: 'Selector 1: the public key in the certificate is matched',
  full: 'Matching 0: all of it, not a hash',
  sha256: 'Matching 1: its SHA-256 hash',
  sha512: 'Matching 2: its SHA-512 hash',
  add: 'Add a TLSA record for a service',
  del: 'Delete the TLSA record of a service',
  '<zone>': ZONE_HELP,
  '<_proto>': 'Protocol that the service is reached by',
  '<port>': 'Port of the service, 1 to 65535, or * for all',
  '<owner>': 'Name of the host in the zone; @ is the zone itself',
  '<to-be-matched>': 'Hash of the certificate or key, in hexadecimal or base64; in DER for full',
};

/** `dane`: TLSA records, and for the rest of the batch how they are made. */
export function daneCommand(knot: Knot): DnsCommand {
  return {
    spec:
      'dane config (ca-root|pkix-end|trust-root|any-end) (cert|pubkey) (full|sha256|sha512) | ' +
      'dane ( add | del ) <zone> <_proto> <port> <owner> <to-be-matched>',
    summary: 'Say how TLSA records are made, and add or delete one for a service',
    effect: 'change',
    open: ['config'],
    needs: {
      with: ['add', 'del'],
      rights: 'W',
      class: ZONE_CLASS,
      instances: ['<port:dns-label>.<_proto:dns-label>.<owner:dns-name zone> tlsa', ZONE],
    },
    reads: ['config'],
    session: ['config'],
    help: HELP,
    types: {
      _proto: { type: 'choice', choices: ['_tcp', '_udp', '_sctp', 'tcp', 'udp', 'sctp'] },
      port: { type: 'pattern', pattern: '\\*|[1-9][0-9]{0,4}' },
    },
    run: async (call) => {
      if (call.has('config')) {
        configure(call);
        return;
      }
      const zone = zoneName(call.value('zone'));
      await changeRecord(knot, call, zone, {
        owner: serviceOwner(call.value('_proto'), call.value('port'), call.value('owner'), zone),
        type: 'TLSA',
        data: associationData(call.state.dane, call.value('to-be-matched')),
      });
    },
  };
}

function configure(call: Call<DnsSession>): void {
  call.state.dane = {
    usage: chosen(call, USAGES),
    selector: chosen(call, SELECTORS),
    matching: chosen(call, MATCHINGS),
  };
}

/** Which of the words was given; the grammar demands one of them. */
function chosen<T extends string>(call: Call<DnsSession>, words: Readonly<Record<T, number>>): T {
  const word = (Object.keys(words) as T[]).find((candidate) => call.has(candidate));
  if (word === undefined) throw new TypeError(`None of ${Object.keys(words).join(', ')} was given`);
  return word;
}
