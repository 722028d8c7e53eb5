import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { associationData, DEFAULT_DANE, serviceOwner, type DaneSettings } from '../src/association.js';
import { challengeOwner } from '../src/acme-command.js';
import { hostName, ownerName, zoneName } from '../src/domain-name.js';
import { enumRule, zoneDigits } from '../src/enum-rule.js';
import { mailboxName } from '../src/mailbox.js';
import { resolveOptions } from '../src/options.js';
import { recordData, textData } from '../src/record-data.js';
import { recordType } from '../src/record-type.js';

const ZONE = 'orvelte.nep.';
const LONG_LABEL = 'a'.repeat(64);
const LONG_NAME = `${'abcdefghi.'.repeat(25)}orvelte.nep.`;

describe('a zone', () => {
  test.each([
    ['orvelte.nep', 'orvelte.nep.'],
    ['Orvelte.NEP.', 'orvelte.nep.'],
    ['_x.my-zone', '_x.my-zone.'],
    ['+12345', '5.4.3.2.1.e164.arpa.'],
    ['+31-20.123', '3.2.1.0.2.1.3.e164.arpa.'],
  ])('%s is %s', (text, name) => {
    expect(zoneName(text)).toBe(name);
  });

  test.each([
    '',
    '.',
    '..',
    'a..b',
    '.a',
    'a b',
    'a\nb',
    'a;b',
    '@',
    '*.a',
    `${LONG_LABEL}.nep`,
    LONG_NAME,
    'ü.nep',
    'a\u0000',
  ])('%j is refused', (text) => {
    expect(() => zoneName(text)).toThrow(/^The zone /);
  });

  test.each(['+', '+-1', '+1-', '+1--2', '+1 2', '+1234567890123456', '+abc'])('the number %j is refused', (text) => {
    expect(() => zoneName(text)).toThrow(/is not a telephone number/);
  });

  test('of any number has the digits of that number', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{1,15}$/), (digits) => {
        expect(zoneDigits(zoneName(`+${digits}`))).toBe(digits);
      }),
    );
  });
});

describe('the owner of a record', () => {
  test.each([
    ['@', 'orvelte.nep.'],
    ['www', 'www.orvelte.nep.'],
    ['a.b', 'a.b.orvelte.nep.'],
    ['WWW.@', 'www.orvelte.nep.'],
    ['www.orvelte.nep', 'www.orvelte.nep.'],
    ['www.orvelte.nep.', 'www.orvelte.nep.'],
    ['orvelte.nep', 'orvelte.nep.'],
    ['xorvelte.nep', 'xorvelte.nep.orvelte.nep.'],
    ['*', '*.orvelte.nep.'],
    ['*.sub', '*.sub.orvelte.nep.'],
    ['_443._tcp.www', '_443._tcp.www.orvelte.nep.'],
  ])('%s is %s', (text, name) => {
    expect(ownerName(text, ZONE)).toBe(name);
  });

  test('outside the zone is refused', () => {
    expect(() => ownerName('www.example.org.', ZONE)).toThrow(
      'The name "www.example.org." is not in zone "orvelte.nep."',
    );
    expect(() => ownerName('xorvelte.nep.', ZONE)).toThrow(/is not in zone/);
  });

  test.each(['', '.', 'a..b', 'a b', 'a;b', 'a"', 'a\\.b', 'www.*', 'w*', '.@', LONG_LABEL, LONG_NAME, 'a\nb'])(
    '%j is refused',
    (text) => {
      expect(() => ownerName(text, ZONE)).toThrow(/^The name /);
    },
  );

  test('is in the zone or refused, whatever is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('aA0-_.*@ ;"\\\n')) }), (text) => {
        let name: string;
        try {
          name = ownerName(text, ZONE);
        } catch (error) {
          expect((error as Error).name).toBe('ShellError');
          return;
        }
        expect(name).toMatch(/^(\*\.)?([a-z0-9_-]+\.)*orvelte\.nep\.$/);
        expect(name.length).toBeLessThanOrEqual(254);
      }),
    );
  });
});

describe('hosts and persons', () => {
  test.each([
    ['ns1', 'ns1.orvelte.nep.'],
    ['ns1.example.org', 'ns1.example.org.'],
    ['NS1.orvelte.nep.', 'ns1.orvelte.nep.'],
  ])('the host %s is %s', (text, name) => {
    expect(hostName(text, ZONE, 'name server')).toBe(name);
  });

  test.each(['', '@', '-a.b', 'a-.b', 'a_b.c', '*.b', 'a b', '1.2.3.4;', LONG_NAME])(
    'the host %j is refused',
    (text) => {
      expect(() => hostName(text, ZONE, 'name server')).toThrow(/^The name server .* is not a host name$/);
    },
  );

  test.each([
    ['admin@orvelte.nep', 'admin.orvelte.nep.'],
    ['john.q.doe@orvelte.nep.', 'john\\.q\\.doe.orvelte.nep.'],
    ['a+b@x.nep', 'a\\+b.x.nep.'],
  ])('the mailbox %s is %s', (text, name) => {
    expect(mailboxName(text)).toBe(name);
  });

  test.each([
    '',
    'admin',
    '@orvelte.nep',
    'admin@',
    'admin@nep',
    'a b@c.d',
    'a..b@c.d',
    '.a@c.d',
    'a@b@c.d',
    'a"@c.d',
    'a\\@c.d',
    `${LONG_LABEL}@c.d`,
    'admin.orvelte.nep.',
  ])('the mailbox %j is refused', (text) => {
    expect(() => mailboxName(text)).toThrow(/^The (responsible person|domain)/);
  });

  test('the challenge for a name, and for a wildcard', () => {
    expect(challengeOwner('www', ZONE)).toBe('_acme-challenge.www.orvelte.nep.');
    expect(challengeOwner('www.@', ZONE)).toBe('_acme-challenge.www.orvelte.nep.');
    expect(challengeOwner('*', ZONE)).toBe('_acme-challenge.orvelte.nep.');
    expect(() => challengeOwner('_acme-challenge.www', ZONE)).toThrow(/already/);
  });
});

describe('record types', () => {
  test.each([
    ['aaaa', 'AAAA'],
    ['TYPE28', 'AAAA'],
    ['type16', 'TXT'],
    ['TYPE65400', 'TYPE65400'],
  ])('%s is %s', (text, type) => {
    expect(recordType(text)).toBe(type);
  });

  test.each([
    'BOGUS',
    'IN',
    'TYPE',
    'TYPE0',
    'TYPE41',
    'TYPE255',
    'AXFR',
    'ANY',
    'OPT',
    'TYPE65535',
    'TYPE99999',
    'RRSIG',
    'nsec',
    'TYPE47',
    '',
  ])('%j is refused', (text) => {
    expect(() => recordType(text)).toThrow(/record type|made by the signer|not one of records/);
  });

  test('a near miss is told', () => {
    expect(() => recordType('AAA')).toThrow('did you mean "AAAA"?');
  });
});

describe('record data', () => {
  test.each([
    ['MX', ['10', 'mail'], '10 mail'],
    ['MX', ['10 mail.example.org.'], '10 mail.example.org.'],
    ['TXT', ['hello world'], '"hello world"'],
    ['TXT', ['"two words" three', 'four'], '"two words" three "four"'],
    ['TXT', ['say "hi"; \\o/'], '"say \\"hi\\"; \\\\o/"'],
    ['TXT', ['ü'], '"\\195\\188"'],
    ['TXT', [''], '""'],
    ['TXT', ['\\#', '3', '026162'], '\\# 3 026162'],
    ['CAA', ['0', 'issue', '"ca.example; policy=ev"'], '0 issue "ca.example; policy=ev"'],
    ['NAPTR', ['10', '10', '"u"', '"E2U+sip"', '"!^.*$!sip:a@b!"', '.'], '10 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .'],
  ])('of %s from %j is %s', (type, words, data) => {
    expect(recordData(type, words)).toBe(data);
  });

  test.each([
    ['A', ['1.2.3.4\n5.6.7.8']],
    ['A', ['1.2.3.4 ; comment']],
    ['A', ['(', '1.2.3.4', ')']],
    ['A', ['']],
    ['CAA', ['0', 'issue', 'ca.example; x']],
    ['TXT', ['"open']],
    ['TXT', ['"a" ; b']],
    ['TXT', ['a\tb']],
    ['TXT', ['a\u0000b']],
    ['CNAME', ['www\\']],
    ['CNAME', ['wüw']],
  ])('of %s from %j is refused', (type, words) => {
    expect(() => recordData(type, words)).toThrow(/^The (data|text) /);
  });

  test('over the size of an item is refused', () => {
    expect(() => recordData('TXT', ['x'.repeat(70_000)])).toThrow('more than 65535 bytes');
  });

  test('a text comes back from its strings, each at most 255 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (text) => {
        // eslint-disable-next-line no-control-regex -- refused, see above
        fc.pre(!/[\u0000-\u001f\u007f]/.test(text));
        const strings = [...textData(text).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside]) =>
          (inside ?? '').replaceAll(/\\(\d{3})|\\(.)/g, (_, code: string | undefined, character: string) =>
            code === undefined ? character : String.fromCharCode(Number(code)),
          ),
        );
        expect(strings.every((string) => string.length <= 255)).toBe(true);
        expect(Buffer.from(strings.join(''), 'latin1').toString('utf8')).toBe(text);
      }),
    );
  });
});

describe('TLSA', () => {
  const hash = createHash('sha256').update('x').digest();
  const hash512 = createHash('sha512').update('x').digest();
  const sequence = Buffer.concat([Buffer.from([0x30, 0x82, 0x01, 0x00]), Buffer.alloc(256, 7)]);
  const full: DaneSettings = { usage: 'trust-root', selector: 'cert', matching: 'full' };
  const sha512: DaneSettings = { ...DEFAULT_DANE, matching: 'sha512' };

  test('the settings begin with 3 1 1', () => {
    expect(associationData(DEFAULT_DANE, hash.toString('hex'))).toBe(`3 1 1 ${hash.toString('hex')}`);
  });

  test.each([
    [DEFAULT_DANE, hash.toString('base64'), `3 1 1 ${hash.toString('hex')}`],
    [
      DEFAULT_DANE,
      hash
        .toString('hex')
        .toUpperCase()
        .replaceAll(/..(?=.)/g, '$&:'),
      `3 1 1 ${hash.toString('hex')}`,
    ],
    [sha512, hash512.toString('hex'), `3 1 2 ${hash512.toString('hex')}`],
    [sha512, hash512.toString('base64'), `3 1 2 ${hash512.toString('hex')}`],
    [full, sequence.toString('hex'), `2 0 0 ${sequence.toString('hex')}`],
    [full, sequence.toString('base64'), `2 0 0 ${sequence.toString('hex')}`],
  ])('%j with %s', (settings, text, data) => {
    expect(associationData(settings, text)).toBe(data);
  });

  test.each([
    [DEFAULT_DANE, ''],
    [DEFAULT_DANE, 'abc'],
    [DEFAULT_DANE, hash512.toString('hex')],
    [DEFAULT_DANE, hash.toString('hex').slice(1)],
    [DEFAULT_DANE, `${hash.toString('hex')} `],
    [sha512, hash.toString('hex')],
    [sha512, 'AAM3as0i3rlkaf/sdfkjas4a/==='],
    [full, hash.toString('hex')],
    [full, `${sequence.toString('hex')}00`],
    [full, '3080'],
  ])('%j refuses %s', (settings, text) => {
    expect(() => associationData(settings, text)).toThrow(/^The data to be matched/);
  });

  test('a certificate that is too large is refused', () => {
    const large = Buffer.concat([Buffer.from([0x30, 0x83, 0x01, 0x00, 0x00]), Buffer.alloc(65_536)]);
    expect(() => associationData(full, large.toString('base64'))).toThrow('use sha256 instead');
  });

  test.each([
    ['_tcp', '443', '@', '_443._tcp.orvelte.nep.'],
    ['udp', '1', 'www', '_1._udp.www.orvelte.nep.'],
    ['_sctp', '65535', 'www.orvelte.nep', '_65535._sctp.www.orvelte.nep.'],
    ['_tcp', '*', 'www', '*._tcp.www.orvelte.nep.'],
  ])('of %s %s %s is at %s', (protocol, port, owner, name) => {
    expect(serviceOwner(protocol, port, owner, ZONE)).toBe(name);
  });

  test.each([
    ['_icmp', '443', '@'],
    ['', '443', '@'],
    ['_tcp', '0', '@'],
    ['_tcp', '65536', '@'],
    ['_tcp', '0443', '@'],
    ['_tcp', '-1', '@'],
    ['_tcp', '443', '*'],
    ['_tcp', '443', 'www.example.org.'],
    ['_tcp', '443', 'a b'],
  ])('of %s %s %s is refused', (protocol, port, owner) => {
    expect(() => serviceOwner(protocol, port, owner, ZONE)).toThrow(/^The (protocol|port|owner|name) /);
  });
});

describe('ENUM', () => {
  const service = { isWildcard: false, skip: '1', service: 'E2U+sip', uri: 'sip:\\1@x.nep' };

  test('a rule for a number, and for those that begin with it', () => {
    expect(enumRule('12345', service)).toBe('10 10 "u" "E2U+sip" "!^\\\\+1(2345)$!sip:\\\\1@x.nep!" .');
    expect(enumRule('12345', { ...service, isWildcard: true, skip: '0', uri: 'sip:\\1-\\2@x.nep' })).toBe(
      '10 10 "u" "E2U+sip" "!^\\\\+(12345)(.*)$!sip:\\\\1-\\\\2@x.nep!" .',
    );
  });

  test.each([
    { skip: '5' },
    { skip: 'x' },
    { skip: '' },
    { service: 'sip' },
    { service: 'E2U' },
    { service: 'E2U+' },
    { service: 'E2U+sip"' },
    { uri: 'x.nep' },
    { uri: 'sip:a!b' },
    { uri: 'sip:a b' },
    { uri: 'sip:"a"' },
    { uri: 'sip:\\2@x.nep' },
    { uri: 'sip:a\\' },
    { uri: `sip:${'a'.repeat(260)}` },
  ])('%j is refused', (wrong) => {
    expect(() => enumRule('12345', { ...service, ...wrong })).toThrow(/^The (skip|service field|URI|rule) /);
  });

  test('a zone that is not one is refused', () => {
    expect(() => zoneDigits('orvelte.nep.')).toThrow(/is not an ENUM zone/);
    expect(() => zoneDigits('12.3.e164.arpa.')).toThrow(/is not an ENUM zone/);
  });
});

describe('options', () => {
  test('have defaults', () => {
    expect(resolveOptions(undefined)).toEqual({ socket: '/run/knot/knot.sock', timeoutMs: 5000 });
    expect(resolveOptions({ timeoutMs: 100 })).toEqual({ socket: '/run/knot/knot.sock', timeoutMs: 100 });
  });

  test.each([
    [{ sockt: '/x' }, /unknown key "sockt".*did you mean "socket"\?/],
    [{ socket: 'relative' }, /socket/],
    [{ socket: `/${'x'.repeat(108)}` }, /socket/],
    [{ timeoutMs: 5 }, /timeoutMs/],
    [{ timeoutMs: '5000' }, /timeoutMs/],
    ['text', /object/],
  ])('%j is refused', (options, message) => {
    expect(() => resolveOptions(options)).toThrow(message);
  });
});
