import { describe, expect, test } from '@jest/globals';
import { DNS_TYPES, inlineHost, requirementsOf } from '@arpa2amqp/shell';
import fc from 'fast-check';
import { challengeOwner } from '../src/acme-command.js';
import { serviceOwner } from '../src/association.js';
import { ownerName, written, zoneName } from '../src/domain-name.js';
import { createShell } from '../src/index.js';
import { recordType } from '../src/record-type.js';

const { table } = inlineHost(createShell());

/** What a command, as words, is asked of the access control lists: rights and instances of each need; the word for all else. */
function asked(...words: readonly string[]): unknown {
  const plan = table.planLine(words);
  if (!plan.ok) return plan.code;
  const required = requirementsOf(plan.description, plan.command);
  if (required.kind !== 'required') return required.kind;
  return required.requirements.map(({ rights, class: name, instances }) => [rights.join(''), name, ...instances]);
}

const CLASS = 'arpa2dns.zone';
const ZONE = 'orvelte.nep';

describe('what a command needs', () => {
  test.each<[string, unknown]>([
    ['zone add Orvelte.NEP. ns1 admin@orvelte.nep', [['C', CLASS, ZONE]]],
    ['zone del +3120', [['D', CLASS, '0.2.1.3.e164.arpa']]],
    ['zone list', [['K', CLASS]]],
    ['record add orvelte.nep www a 192.0.2.1', [['W', CLASS, 'www.orvelte.nep aaaa', ZONE]]],
    ['record add orvelte.nep @ MX 10 mail', [['W', CLASS, 'orvelte.nep mx 10', 'orvelte.nep mx', ZONE]]],
    ['record del orvelte.nep @ in 60 TYPE15 007 mail', [['W', CLASS, 'orvelte.nep mx 7', 'orvelte.nep mx', ZONE]]],
    [
      'record add orvelte.nep _sip._tcp SRV 0 5 5060 sip',
      [['W', CLASS, '_sip._tcp.orvelte.nep srv 0', '_sip._tcp.orvelte.nep srv', ZONE]],
    ],
    ['record add orvelte.nep @ MX mail', 'unnamed'],
    ['record add orvelte.nep x NAPTR 100 50 "s" "x" "" .', [['W', CLASS, 'x.orvelte.nep naptr', ZONE]]],
    ['record list orvelte.nep', [['R', CLASS, ZONE]]],
    ['record list orvelte.nep www', [['R', CLASS, ZONE]]],
    ['record list orvelte.nep www MX', [['R', CLASS, 'www.orvelte.nep mx', ZONE]]],
    ['record add orvelte.nep www.elsewhere.nep. a 192.0.2.1', 'unnamed'],
    ['dane config any-end cert full', 'open'],
    ['dane add orvelte.nep tcp 443 www 00', [['W', CLASS, '_443._tcp.www.orvelte.nep tlsa', ZONE]]],
    ['dane del orvelte.nep _udp * @ 00', [['W', CLASS, '*._udp.orvelte.nep tlsa', ZONE]]],
    ['acme add orvelte.nep *.www x', [['W', CLASS, '_acme-challenge.www.orvelte.nep txt', ZONE]]],
    ['enum add +31 0 E2U+sip sip:x', [['W', CLASS, '1.3.e164.arpa naptr', '1.3.e164.arpa']]],
    [
      'enum add +31 wildcard 0 E2U+sip sip:x',
      [
        ['W', CLASS, '1.3.e164.arpa naptr', '1.3.e164.arpa'],
        ['W', CLASS, '*.1.3.e164.arpa naptr', '1.3.e164.arpa'],
      ],
    ],
  ])('%s', (line, expected) => {
    expect(asked(...line.split(' '))).toEqual(expected);
  });
});

describe('what the lists are asked about is what the command changes', () => {
  const label = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_*.@+-]{0,6}$/),
    fc.constantFrom(
      '@',
      '*',
      'www',
      '*.www',
      'a.@',
      'orvelte.nep',
      'x.ORVELTE.nep',
      'orvelte.nep.',
      '\u212a.nep',
      'a b',
      '+31-20',
    ),
  );
  const dotted = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
  const either = (make: () => string): string | null => {
    try {
      return make();
    } catch {
      return null;
    }
  };
  /** The first instance, as of a command that takes any word. */
  const instanceOf = (...words: readonly string[]): unknown => {
    const found = asked(...words);
    return Array.isArray(found) ? (found as string[][])[0]?.[2] : found;
  };
  const check = (expected: string | null, instance: unknown): void => {
    // Where the command refuses, it matters not what is asked.
    if (expected !== null) expect(instance).toBe(expected);
  };

  test('zones and names', () => {
    fc.assert(
      fc.property(fc.oneof(dotted, fc.string()), dotted, (zone, owner) => {
        check(
          either(() => written(zoneName(zone))),
          instanceOf('zone', 'del', zone),
        );
        for (const within of [zone, 'orvelte.nep', 'Nep.']) {
          check(
            either(() => `${written(ownerName(owner, zoneName(within)))} txt`),
            instanceOf('record', 'add', within, owner, 'TXT', 'x'),
          );
          check(
            either(() => `${written(challengeOwner(owner, zoneName(within)))} txt`),
            instanceOf('acme', 'add', within, owner, 'x'),
          );
          check(
            either(() => `${written(serviceOwner('TCP', '*', owner, zoneName(within)))} tlsa`),
            instanceOf('dane', 'add', within, 'tcp', '*', owner, '00'),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('types, by name and by number', () => {
    const texts = [
      ...Object.keys(DNS_TYPES),
      ...Array.from({ length: 300 }, (_, number) => `TYPE${number}`),
      ...['TYPE0015', 'type65400', 'TYPE00028', 'RRSIG', 'nonsense'],
    ];
    for (const text of [...texts, ...texts.map((name) => name.toLowerCase())]) {
      const type = either(() => recordType(text).toLowerCase());
      const name = type === null ? null : `www.orvelte.nep ${type === 'a' ? 'aaaa' : type}`;
      check(name, instanceOf('record', 'list', ZONE, 'www', text));
      if (name !== null)
        expect([name, `${name} 3`]).toContain(instanceOf('record', 'add', ZONE, 'www', text, '3', 'x'));
    }
  });
});
