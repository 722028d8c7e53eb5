import type { Call } from '@arpa2amqp/shell';
import { associationData, MATCHINGS, SELECTORS, serviceOwner, USAGES } from './association.js';
import { changeRecord } from './change-command.js';
import type { DnsCommand, DnsSession } from './dns-session.js';
import { zoneName } from './domain-name.js';
import type { Knot } from './knot.js';

/** `dane`: TLSA records, and for the rest of the batch how they are made. */
export function daneCommand(knot: Knot): DnsCommand {
  return {
    spec:
      'dane config (ca-root|pkix-end|trust-root|any-end) (cert|pubkey) (full|sha256|sha512) | ' +
      'dane ( add | del ) <zone> <_proto> <port> <owner> <to-be-matched>',
    summary: 'Say how TLSA records are made, and add or delete one for a service',
    effect: 'change',
    reads: ['config'],
    types: {
      _proto: { type: 'choice', choices: ['_tcp', '_udp', '_sctp', 'tcp', 'udp', 'sctp'] },
      port: { type: 'pattern', pattern: '\\*|[1-9][0-9]{0,4}', help: '1 to 65535, or * for all' },
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
