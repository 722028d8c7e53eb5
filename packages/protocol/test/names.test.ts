import { describe, expect, test } from '@jest/globals';
import {
  BusError,
  ERRORS,
  FRAME_ERRORS,
  LOCAL_ERRORS,
  REPLY_ERRORS,
  Timestamps,
  decodeErrorFrame,
  encodeErrorFrame,
  identityOf,
  parseAddress,
  parseService,
  quoted,
  serviceOf,
  suggestion,
} from '../src/index.js';

describe('addresses', () => {
  test('the service follows from the address', () => {
    const address = parseAddress('/internetwide/arpa2.net/reservoir');
    expect(address).toEqual({ address: '/internetwide/arpa2.net/reservoir', domain: 'arpa2.net', host: 'reservoir' });
    expect(serviceOf(address)).toEqual({ service: 'arpa2amqp', host: 'reservoir.arpa2.net' });
  });

  test.each([
    '',
    '/',
    'internetwide/arpa2.net/reservoir',
    '/internetwide/arpa2.net',
    '/internetwide/arpa2.net/',
    '/internetwide//reservoir',
    '/internetwide/arpa2.net/reservoir/',
    '/internetwide/ARPA2.net/reservoir',
    '/internetwide/arpa2.net/res%20',
    '/internetwide/arpa2.net/*',
    '/internetwide/arpa2.net/a#b',
    '/internetwide/arpa2..net/a',
    '/internetwide/arpa2.net/a::b',
    '/internetwide/arpa2.net/a\n',
    `/internetwide/arpa2.net/${'a.'.repeat(100)}a`,
  ])('%j is not canonical', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'invalid-address' }));
  });

  test('a service is written with @ or with a slash', () => {
    expect(parseService('host@a.example')).toEqual({ service: 'host', host: 'a.example' });
    expect(parseService('host/a.example')).toEqual({ service: 'host', host: 'a.example' });
    expect(() => parseService('host')).toThrow(BusError);
  });
});

describe('identities', () => {
  test.each([
    ['demo@ARPA2.NET', 'demo@arpa2.net'],
    ['Demo@ARPA2.NET', 'demo@arpa2.net'],
    ['demo+alias@ARPA2.NET', 'demo+alias@arpa2.net'],
    ['svc/host.arpa2.net@ARPA2.NET', '+svc@host.arpa2.net'],
    ['svc/arpa2.net@ARPA2.NET', '+svc@arpa2.net'],
    ['demo@MY_CORP.LOCAL', 'demo@my_corp.local'],
  ])('%s is %s', (principal, identity) => {
    expect(identityOf(principal)).toBe(identity);
  });

  test.each([
    '',
    '@',
    'demo',
    '@ARPA2.NET',
    'demo@',
    '+svc@ARPA2.NET',
    'svc/host.other.org@ARPA2.NET',
    'svc/evilarpa2.net@ARPA2.NET',
    'demo/admin@ARPA2.NET',
    'a/b/c@ARPA2.NET',
    'de\\@mo@ARPA2.NET',
    'de mo@ARPA2.NET',
    'demo+@ARPA2.NET',
    'demo++x@ARPA2.NET',
    'svc+/arpa2.net@ARPA2.NET',
    `demo@${'A.'.repeat(127)}A`,
    'd\u00e9mo@ARPA2.NET',
    'demo@\u212aORP',
    'svc/\u212a.arpa2.net@ARPA2.NET',
    'demo@ARPA2 NET',
    `${'a'.repeat(512)}@ARPA2.NET`,
  ])('%j is nobody', (principal) => {
    expect(() => identityOf(principal)).toThrow(expect.objectContaining({ code: 'invalid-principal' }));
  });
});

describe('realms', () => {
  const realms = { 'CORP.LOCAL': 'corp.example.com', 'EVIL.ORG': false } as const;

  test.each([
    ['demo@CORP.LOCAL', 'demo@corp.example.com'],
    ['http/www.corp.example.com@CORP.LOCAL', '+http@www.corp.example.com'],
    ['demo@ARPA2.NET', 'demo@arpa2.net'],
    ['demo@CONSTRUCTOR', 'demo@constructor'],
  ])('%s is %s by the rules', (principal, identity) => {
    expect(identityOf(principal, realms)).toBe(identity);
  });

  test.each(['demo@EVIL.ORG', 'http/www.corp.local@CORP.LOCAL', 'http/www.evil.org@EVIL.ORG'])(
    '%s is nobody by the rules',
    (principal) => {
      expect(() => identityOf(principal, realms)).toThrow(expect.objectContaining({ code: 'invalid-principal' }));
    },
  );

  describe('and the own realm', () => {
    const OWN = 'ARPA2.NET';
    const of = (principal: string, rules = {}, own: string | null = OWN) => identityOf(principal, rules, own);

    test.each([
      ['one that is not in upper case', 'admin@Arpa2.Net', {}, /not in upper case.*"realms"/],
      ['its namesake in lower case', 'admin@arpa2.net', {}, /not in upper case/],
      ['a namesake of a realm in the rules', 'admin@corp.local', realms, /not in upper case/],
      ['one with the domain of a rule', 'demo@CORP.EXAMPLE.COM', realms, /domain of another realm/],
      ['one with the domain of the own realm by a rule', 'demo@ARPA2.ORG', { [OWN]: 'arpa2.org' }, /of another realm/],
      ['one below the own realm', 'mallory@EVIL.ARPA2.NET', {}, /in arpa2\.net, which .*"realms"/],
      ['one below a realm of a rule', 'demo@EU.CORP.EXAMPLE.COM', realms, /in corp\.example\.com, which/],
      ['one below the own realm when that is not let in', 'm@EVIL.ARPA2.NET', { [OWN]: false }, /in arpa2\.net, wh/],
      ['one below a realm that is not let in', 'm@EVIL.CORP.COM', { 'CORP.COM': false }, /in corp\.com, which/],
    ])('%s has no users here', (_, principal, rules, message) => {
      expect(() => of(principal, rules)).toThrow(message);
    });

    test.each([
      ['a realm above the own one', 'arpa2amqp/a.arpa2.net@NET', {}],
      ['a realm above the own one, also by a rule', 'arpa2amqp/a.arpa2.net@NET', { NET: 'net' }],
      ['a realm above the own one that is not let in', 'arpa2amqp/a.arpa2.net@NET', { [OWN]: false }],
      ['the same with all but one not let in', 'arpa2amqp/a.arpa2.net@NET', { NET: 'net', '*': false }],
      ['the own realm, above one that is not let in', 'x/a.eu.arpa2.net@ARPA2.NET', { 'EU.ARPA2.NET': false }],
      ['a realm below the own one', 'arpa2amqp/a.eu.arpa2.net@EU.ARPA2.NET', {}],
      ['a realm named like a host', 'arpa2amqp/a.arpa2.net@A.ARPA2.NET', {}],
      ['a realm above one of a rule', 'x/a.corp.example.com@COM', realms],
      ['the own realm, above one of a rule', 'x/a.eu.arpa2.net@ARPA2.NET', { EU: 'eu.arpa2.net' }],
    ])('%s does not name services of the other', (_, principal, rules) => {
      expect(() => of(principal, rules)).toThrow(/is the domain of another realm/);
    });

    test.each([
      ['svc/a.arpa2.net@ARPA2.NET', {}, '+svc@a.arpa2.net'],
      ['svc/a.arpa2.net@ARPA2.NET', { CORP: 'arpa2.net' }, '+svc@a.arpa2.net'],
      ['svc/a.arpa2.net@CORP', { CORP: 'arpa2.net' }, '+svc@a.arpa2.net'],
      ['svc/a.eu.arpa2.net@EU.ARPA2.NET', { 'EU.ARPA2.NET': 'eu.arpa2.net' }, '+svc@a.eu.arpa2.net'],
      ['svc/a.other.net@NET', {}, '+svc@a.other.net'],
      ['demo@EU.ARPA2.NET', { 'EU.ARPA2.NET': 'eu.arpa2.net' }, 'demo@eu.arpa2.net'],
      ['demo@EVILARPA2.NET', {}, 'demo@evilarpa2.net'],
      ['demo@corp', { corp: 'corp.example.com' }, 'demo@corp.example.com'],
    ])('%s with %j is %s', (principal, rules, identity) => {
      expect(of(principal, rules)).toBe(identity);
    });

    test('may itself be in any case', () => {
      expect(of('demo@arpa2.net', {}, 'arpa2.net')).toBe('demo@arpa2.net');
      expect(() => of('demo@ARPA2.NET', {}, 'arpa2.net')).toThrow(/domain of another realm/);
    });
  });

  test('all the others may be nobody', () => {
    expect(identityOf('demo@CORP.LOCAL', { ...realms, '*': false })).toBe('demo@corp.example.com');
    expect(() => identityOf('demo@ARPA2.NET', { ...realms, '*': false })).toThrow(/not let in here/);
  });
});

describe('texts from peers', () => {
  test('are cut and have no controls, escapes, or invisible characters', () => {
    expect(quoted('a"b\u001b[31m\u202e')).toBe('"a\\"b\\u{1b}[31m\\u{202e}"');
    expect(quoted('x'.repeat(200))).toHaveLength(105);
  });

  test('a near miss is suggested and a far one is not', () => {
    expect(suggestion('arpa2dnss', ['arpa2dns', 'arpa2acl'])).toBe(', did you mean "arpa2dns"?');
    expect(suggestion('zzzzzz', ['arpa2dns'])).toBe('');
    expect(suggestion('x', [])).toBe('');
  });
});

describe('the error catalogue', () => {
  test('no code stands in two parts of it', () => {
    const codes = [REPLY_ERRORS, FRAME_ERRORS, LOCAL_ERRORS].flatMap((part) => Object.keys(part));
    expect(new Set(codes).size).toBe(codes.length);
    expect(Object.keys(ERRORS)).toHaveLength(codes.length);
  });

  test('an error takes its properties from it', () => {
    const error = new BusError('no-kdc', 'x', { cause: 'y' });
    expect([error.retryable, error.exitCode, error.cause]).toEqual([true, 4, 'y']);
  });

  test('error frames carry its reasons and no others', () => {
    expect(decodeErrorFrame(encodeErrorFrame('context-unknown'))).toBe('context-unknown');
    for (const text of ['', '{}', '{"error":"constructor"}', '{"error":1}', 'x'.repeat(300)]) {
      expect(decodeErrorFrame(Buffer.from(text))).toBeNull();
    }
  });
});

test('instants are written as Date writes them', () => {
  const timestamps = new Timestamps();
  for (const ms of [0, 1, 999, 1000, 1_763_769_599_999, 1_763_769_600_000, 5]) {
    expect(timestamps.format(ms)).toBe(new Date(ms).toISOString());
  }
});
