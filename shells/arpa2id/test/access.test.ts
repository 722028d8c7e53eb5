import { describe, expect, test } from '@jest/globals';
import { inlineHost, requirementsOf } from '@arpa2amqp/shell';
import fc from 'fast-check';
import { createShell } from '../src/index.js';
import { domainName, localName } from '../src/names.js';

const { table, description } = inlineHost(await createShell());

/** What a command, as words, is asked of the access control lists: rights, class and instances of each need; the word for all else. */
function asked(...words: readonly string[]): unknown {
  const plan = table.planLine(words);
  if (!plan.ok) return plan.code;
  const required = requirementsOf(plan.description, plan.command);
  if (required.kind !== 'required') return required.kind;
  return required.requirements.map(({ rights, class: name, instances }) => [rights.join(''), name, ...instances]);
}

const DOMAIN = 'arpa2id.domain';
const USER = 'arpa2id.user';
const at = (name: string): string[] => [`${name}@orvelte.nep`, 'orvelte.nep'];

/** Beside the right to change a group or role, that to know of john. */
const known =
  (name: string) =>
  (line: string): [string, unknown] => [
    line,
    [
      ['W', USER, ...at(name)],
      ['K', USER, ...at('john')],
    ],
  ];

describe('what a command needs', () => {
  test.each<[string, unknown]>([
    ['domain add Orvelte.NEP Orvelte Ltd', [['C', DOMAIN, 'orvelte.nep']]],
    ['domain del orvelte.nep', [['D', DOMAIN, 'orvelte.nep']]],
    [
      'domain del orvelte.nep force',
      [
        ['D', DOMAIN, 'orvelte.nep'],
        ['D', USER, 'orvelte.nep'],
      ],
    ],
    ['domain xfer orvelte.nep mary@other.nep', [['D', DOMAIN, 'orvelte.nep']]],
    ['domain show orvelte.nep', [['R', DOMAIN, 'orvelte.nep']]],
    ['domain list', [['K', DOMAIN]]],
    ['user add orvelte.nep John John Doe', [['C', USER, ...at('john')]]],
    ['user del orvelte.nep JOHN force', [['D', USER, ...at('john')]]],
    [
      'user mov orvelte.nep john Jan',
      [
        ['D', USER, ...at('john')],
        ['C', USER, ...at('jan')],
      ],
    ],
    ['user show orvelte.nep john', [['R', USER, ...at('john')]]],
    ['user list orvelte.nep', [['R', USER, 'orvelte.nep']]],
    ['alias add orvelte.nep john work', [['W', USER, ...at('john')]]],
    ['alias del orvelte.nep john work', [['W', USER, ...at('john')]]],
    [
      'alias del orvelte.nep john work force',
      [
        ['W', USER, ...at('john')],
        ['D', USER, ...at('john')],
      ],
    ],
    ['alias list orvelte.nep john', [['R', USER, ...at('john')]]],
    ['group add orvelte.nep devs All who write', [['C', USER, ...at('devs')]]],
    ['group del orvelte.nep devs', [['D', USER, ...at('devs')]]],
    [
      'group mov orvelte.nep devs coders',
      [
        ['D', USER, ...at('devs')],
        ['C', USER, ...at('coders')],
      ],
    ],
    ['group list orvelte.nep', [['R', USER, 'orvelte.nep']]],
    ['role add orvelte.nep sales Sells', [['C', USER, ...at('sales')]]],
    ['role del orvelte.nep sales force', [['D', USER, ...at('sales')]]],
    [
      'role mov orvelte.nep sales shop',
      [
        ['D', USER, ...at('sales')],
        ['C', USER, ...at('shop')],
      ],
    ],
    ['role list orvelte.nep', [['R', USER, 'orvelte.nep']]],
    ...['member add orvelte.nep devs jd john', 'member add orvelte.nep devs jd john work'].map(known('devs')),
    ['member del orvelte.nep devs jd', [['W', USER, ...at('devs')]]],
    ...['member del orvelte.nep devs jd john', 'member del orvelte.nep devs jd John work'].map(known('devs')),
    [
      'member join orvelte.nep john devs jd',
      [
        ['W', USER, ...at('john')],
        ['O', USER, ...at('devs')],
      ],
    ],
    [
      'member join orvelte.nep john work devs jd',
      [
        ['W', USER, ...at('john')],
        ['O', USER, ...at('devs')],
      ],
    ],
    ['member leave orvelte.nep john', [['W', USER, ...at('john')]]],
    ['member leave orvelte.nep john work from devs', [['W', USER, ...at('john')]]],
    ['member list orvelte.nep devs', [['R', USER, ...at('devs')]]],
    ...['occupant add orvelte.nep sales one john work'].map(known('sales')),
    ['occupant del orvelte.nep sales mary', [['W', USER, ...at('sales')]]],
    ...['occupant del orvelte.nep sales one john'].map(known('sales')),
    ['occupant list orvelte.nep sales', [['R', USER, ...at('sales')]]],
  ])('%s', (line, expected) => {
    expect(asked(...line.split(' '))).toEqual(expected);
  });

  test('a value that would part the name of the resource names none', () => {
    expect(asked('user', 'del', 'orvelte.nep', 'john@other.nep')).toBe('unnamed');
    expect(asked('user', 'del', 'a@b.nep', 'john')).toBe('unnamed');
  });

  test('what the lists are asked about is what the command changes', () => {
    const either = (make: () => string): string | null => {
      try {
        return make();
      } catch {
        return null;
      }
    };
    const word = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_@.+%-]{0,8}$/),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\u212aelvin', 'a.B', 'x\u0130.nep', 'orvelte.nep.', ' john'),
    );
    fc.assert(
      fc.property(word, word, (domain, uid) => {
        const identity = either(() => `${localName(uid, 'user')}@${domainName(domain)}`);
        // Where the command refuses, it matters not what is asked.
        if (identity === null) return;
        expect(asked('user', 'del', domain, uid)).toEqual([['D', USER, identity, identity.split('@')[1]]]);
      }),
      { numRuns: 1000 },
    );
    expect(asked('user', 'del', 'A.b', 'C')).toEqual([['D', USER, 'c@a.b', 'a.b']]);
  });
});

test('commands that only look say so', () => {
  const reads = description.commands
    .filter(({ builtin }) => builtin !== true)
    .map(({ spec, reads: words }) => [spec.split(' ')[0], words]);
  expect(reads).toEqual([
    ['domain', ['show', 'list']],
    ['user', ['show', 'list']],
    ['alias', ['list']],
    ['group', ['list']],
    ['member', ['list']],
    ['role', ['list']],
    ['occupant', ['list']],
  ]);
});
