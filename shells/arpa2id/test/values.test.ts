import { describe, expect, test } from '@jest/globals';
import { describeWith } from '@arpa2amqp/testkit';
import fc from 'fast-check';
import { callerName, domainName, freeText, localName, ownerIdentity } from '../src/names.js';
import { ShellFixture, STORES, type TestCommand } from './id-shell.js';

const LONGEST_DOMAIN = [...Array.from({ length: 3 }, () => 'a'.repeat(63)), 'b'.repeat(32)].join('.');

describe('names', () => {
  test('of domains', () => {
    expect(domainName('Sub.Orvelte.NEP')).toBe('sub.orvelte.nep');
    expect(domainName('xn--bcher-kva.example')).toBe('xn--bcher-kva.example');
    expect(domainName('_x.1-2.nep')).toBe('_x.1-2.nep');
    expect(domainName(LONGEST_DOMAIN)).toHaveLength(224);
    const refusals: readonly [string, RegExp][] = [
      ['', /it is empty$/],
      ['nep', /two labels or more/],
      ['orvelte.nep.', /without the last dot$/],
      ['.orvelte.nep', /a label is 1 to 63/],
      ['a..nep', /a label is/],
      ['-a.nep', /no "-" at its ends$/],
      ['a-.nep', /a label is/],
      [`${'a'.repeat(64)}.nep`, /a label is/],
      [`b${LONGEST_DOMAIN}`, /longer than 224 characters$/],
      [`${'a.'.repeat(255)}nep`, /longer than 224 characters$/],
      ['john@orvelte.nep', /"@" has no place in it; a label is/],
      ['orvelte.nep/x', /a label is/],
      ['a%b.nep', /"%" has no place in it; a label is/],
      ['a b.nep', /it holds a blank$/],
      ['a\tb.nep', /it holds U\+0009; write a name outside ASCII as its A-label/],
      // Cyrillic a; Kelvin sign, whose lower case is ASCII; a full stop that is none.
      ['\u0430pple.nep', /^Cannot take "\u0430pple\.nep" as the domain: it holds U\+0430; /],
      ['\u212aelvin.nep', /U\+212A/],
      ['a\u3002nep', /U\+3002/],
    ];
    for (const [text, reason] of refusals) expect(() => domainName(text)).toThrow(reason);
  });

  test('of users, aliases, groups, roles, members and occupants', () => {
    expect(localName('John.Doe_-1', 'user')).toBe('john.doe_-1');
    expect(localName('a'.repeat(128), 'user')).toHaveLength(128);
    const refusals: readonly [string, RegExp][] = [
      ['', /as the user: it is empty$/],
      ['a'.repeat(129), /longer than 128 characters$/],
      ['a'.repeat(513), /^Cannot take "a{100}\.\.\." as the user: it is longer/],
      ['john+work', /"\+" has no place in it/],
      ['%john', /"%" has no place in it; use letters/],
      ['%%', /"%" has no place/],
      ['john@nep', /"@" has no place/],
      ['john doe', /it holds a blank$/],
      ['.john', /: use letters, digits, "-", "_" and dots between them$/],
      ['john.', /: use letters/],
      ['a..b', /: use letters/],
      ['*', /"\*" has no place/],
      ['j\u043ehn', /U\+043E/],
      ['john\u0000', /U\+0000/],
      ['john\n', /U\+000A/],
      ['\ud83d', /U\+D83D/],
      ['\u{1f600}', /U\+1F600/],
    ];
    for (const [text, reason] of refusals) expect(() => localName(text, 'user')).toThrow(reason);
  });

  test('no identity that can be made of them is over 512 characters', () => {
    const name = 'n'.repeat(128);
    expect(`${localName(name, 'user')}+${localName(name, 'alias')}@${domainName(LONGEST_DOMAIN)}`.length).toBe(482);
  });

  test('of owners', () => {
    for (const text of ['mary@other.nep', 'mary+x+y@other.nep', '+smtp@mx.other.nep', 'root@localhost']) {
      expect(ownerIdentity(text.toUpperCase())).toBe(text);
    }
    const tooLong = `${'m'.repeat(500)}@orvelte.nep.x`;
    for (const text of [
      '',
      'mary',
      '@other.nep',
      'a@b@c',
      'mary@',
      'ma ry@x.nep',
      'm+@x.nep',
      '\u0430@x.nep',
      tooLong,
    ]) {
      expect(() => ownerIdentity(text)).toThrow(/as the owner: /);
    }
  });

  test('of callers, who may be nobody', () => {
    expect(callerName('nobody')).toBe('nobody');
    expect(callerName('Demo@ARPA2.test')).toBe('demo@arpa2.test');
    for (const text of ['', 'a b', '\u0430@x.nep', 'x'.repeat(513)])
      expect(() => callerName(text)).toThrow(/as the owner/);
  });

  test('for people', () => {
    expect(freeText(['', ' J\u00fcrgen', '\u00a0', 'de la\u3000Cruz '], 'name')).toBe('J\u00fcrgen de la Cruz');
    expect(freeText(['\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'], 'name')).toContain('\u200c');
    expect(freeText(['\u{1f600}'.repeat(256)], 'name')).toHaveLength(512);
    for (const text of [
      [''],
      [' '],
      ['\u00a0'],
      ['a\tb'],
      ['a\nb'],
      ['\u001b[31m'],
      ['\u202e'],
      ['\ud83d'],
      ['\u2028'],
    ]) {
      expect(() => freeText(text, 'name')).toThrow(/as the name: /);
    }
    expect(() => freeText(['x'.repeat(257)], 'name')).toThrow(/longer than 256 characters/);
  });

  test('whatever is taken is canonical', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[A-Za-z0-9._-]{0,20}$/));
    fc.assert(
      fc.property(text, (given) => {
        for (const [read, shape] of [
          [domainName, /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/],
          [(value: string) => localName(value, 'user'), /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/],
        ] as const) {
          let taken: string;
          try {
            taken = read(given);
          } catch (error) {
            expect(error).toMatchObject({ name: 'ShellError', code: 'failed' });
            continue;
          }
          expect(taken).toMatch(shape);
          expect(taken).toBe(given.toLowerCase());
          expect(read(taken)).toBe(taken);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Every command, with what each variable has when it is well. */
const COMMANDS: readonly (readonly [words: string, values: Readonly<Record<string, string>>])[] = [
  ['domain add', { domain: 'new.nep', organisation: 'New' }],
  ['domain del', { domain: 'orvelte.nep' }],
  ['domain del force', { domain: 'orvelte.nep' }],
  ['domain xfer', { domain: 'orvelte.nep', owner: 'mary@orvelte.nep' }],
  ['domain show', { domain: 'orvelte.nep' }],
  ['user add', { domain: 'orvelte.nep', uid: 'new', name: 'New' }],
  ['user del force', { domain: 'orvelte.nep', uid: 'john' }],
  ['user mov', { domain: 'orvelte.nep', uid: 'john', newuid: 'jan' }],
  ['user show', { domain: 'orvelte.nep', uid: 'john' }],
  ['user list', { domain: 'orvelte.nep' }],
  ['alias add', { domain: 'orvelte.nep', uid: 'john', alias: 'home' }],
  ['alias del force', { domain: 'orvelte.nep', uid: 'john', alias: 'work' }],
  ['alias list', { domain: 'orvelte.nep', uid: 'john' }],
  ['group add', { domain: 'orvelte.nep', gid: 'ops', name: 'Operators' }],
  ['group del force', { domain: 'orvelte.nep', gid: 'devs' }],
  ['group mov', { domain: 'orvelte.nep', gid: 'devs', newgid: 'coders' }],
  ['group list', { domain: 'orvelte.nep' }],
  ['role add', { domain: 'orvelte.nep', role: 'boss', name: 'Boss' }],
  ['role del force', { domain: 'orvelte.nep', role: 'sales' }],
  ['role mov', { domain: 'orvelte.nep', role: 'sales', newrole: 'shop' }],
  ['role list', { domain: 'orvelte.nep' }],
  ['member add', { domain: 'orvelte.nep', gid: 'devs', member: 'x', uid: 'john', alias: 'work' }],
  ['member del', { domain: 'orvelte.nep', gid: 'devs', member: 'jw', uid: 'john', alias: 'work' }],
  ['member join', { domain: 'orvelte.nep', uid: 'john', alias: 'work', gid: 'devs', member: 'x' }],
  ['member leave from', { domain: 'orvelte.nep', uid: 'john', alias: 'work', gid: 'devs' }],
  ['member list', { domain: 'orvelte.nep', gid: 'devs' }],
  ['occupant add', { domain: 'orvelte.nep', role: 'sales', occupant: 'x', uid: 'john', alias: 'work' }],
  ['occupant del', { domain: 'orvelte.nep', role: 'sales', occupant: 'one', uid: 'john', alias: 'work' }],
  ['user list limit after', { domain: 'orvelte.nep', limit: '5', after: 'john' }],
  ['domain list limit after', { limit: '5', after: 'orvelte.nep' }],
  ['occupant list', { domain: 'orvelte.nep', role: 'sales' }],
];

const HOSTILE = [
  '',
  ' ',
  'j*',
  '*)(objectClass=*',
  'john,associatedDomain=orvelte.nep',
  'john+uid=mary',
  'jo\\68n',
  '#04036a6f68',
  'john\\',
  '"jo";<h>=n',
  'john\u0000',
  '\u001b[2J',
  '%john',
  'john+work',
  'john@orvelte.nep',
  '../identities',
  'j\u043ehn',
  '\uff4aohn',
  'john\u200b',
  '\u202enhoj',
  '\ud83d',
  'j'.repeat(513),
  `${'a.'.repeat(5000)}nep`,
];
/** What some fields take and must then give back as it is. */
const FOR_PEOPLE = new Set(['name', 'organisation']);

for (const kind of STORES) {
  describeWith(kind.parts, `hostile values with ${kind.name}`, () => {
    const at = new ShellFixture(
      kind,
      'domain add orvelte.nep Orvelte',
      'user add orvelte.nep john John',
      'user add orvelte.nep mary Mary',
      'alias add orvelte.nep john work',
      'group add orvelte.nep devs Developers',
      'role add orvelte.nep sales Sells',
      'member add orvelte.nep devs jw john work',
      'occupant add orvelte.nep sales one john work',
    );

    const everything = async (): Promise<unknown> =>
      await at.shell.batch([
        'domain list',
        'user list orvelte.nep',
        'user show orvelte.nep john',
        'user show orvelte.nep mary',
        'group list orvelte.nep',
        'role list orvelte.nep',
        'member list orvelte.nep devs',
        'occupant list orvelte.nep sales',
      ]);

    test('in every name of every command, typed and in JSON: refused, and nothing is changed', async () => {
      const before = await everything();
      for (const [words, values] of COMMANDS) {
        const commands: TestCommand[] = Object.keys(values)
          .filter((variable) => !FOR_PEOPLE.has(variable))
          .flatMap((variable) =>
            HOSTILE.filter((value) => variable !== 'owner' || value !== 'john@orvelte.nep').map(
              (value): TestCommand => ({ ...values, [variable]: value, do_: words }),
            ),
          );
        const replies = await at.shell.batch(commands);
        for (const [index, { error_, stderr_ }] of replies.entries()) {
          expect([commands[index], error_?.code, stderr_]).toEqual([
            commands[index],
            expect.stringMatching(/^(?:failed|syntax)$/),
            expect.stringMatching(/^[^\p{Cc}\p{Cf}\p{Cs}]{10,400}\n?$/u),
          ]);
        }
        const typed = Object.keys(values)[0]!;
        for (const value of HOSTILE) {
          const line = [...words.split(' '), ...Object.values({ ...values, [typed]: value })];
          const plan = at.shell.host.table.planLine(line);
          if (!plan.ok) continue;
          expect((await at.shell.runPlanned(plan.command)).error_?.code).toBe('failed');
        }
      }
      expect(await everything()).toEqual(before);
    });

    test('what is for people is kept as it was given', async () => {
      const texts = HOSTILE.map((text) => text.trim()).filter((text) => !/^$|[\p{Cc}\p{Cs}\u202e]|.{257}/u.test(text));
      expect(texts.length).toBeGreaterThan(10);
      await at.shell.prepare({ do_: 'domain add', domain: 'texts.nep', organisation: ['*)(o=*', '#x'] });
      expect(await at.shell.run('domain show texts.nep')).toMatchObject({ organisation: '*)(o=* #x' });
      await at.shell.prepare(
        ...texts.map((name, index) => ({ do_: 'user add', domain: 'texts.nep', uid: `u${100 + index}`, name })),
      );
      const { users } = (await at.shell.run('user list texts.nep')) as unknown as { users: { name: string }[] };
      expect(users.map(({ name }) => name)).toEqual(texts);
      await at.shell.prepare('domain del texts.nep force');
      for (const name of ['', '  ', 'a\u0007b', '\ud83d', 'x'.repeat(257), '\u202ex']) {
        const reply = await at.shell.run({ do_: 'user add', domain: 'orvelte.nep', uid: 'never', name });
        expect(reply.error_?.code).toMatch(/^(?:failed|syntax)$/);
      }
      expect(await at.shell.run('user show orvelte.nep never')).toHaveProperty('stderr_');
    });
  });
}
