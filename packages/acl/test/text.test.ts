import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ACL_ERRORS,
  AclError,
  formatAccessList,
  formatChange,
  formatDocument,
  formatRights,
  hasRight,
  parseAccessList,
  parseChange,
  parseChangeRecord,
  parseDocument,
  parseGroup,
  parseIdentity,
  parseRights,
  parseSelector,
  parseStoredGroup,
  parseStoredIdentity,
  parseStoredSelector,
  resourceOf,
  type Change,
} from '../src/index.js';
import { groupIdentity, identity, list, rights, selector } from './worlds.js';

const long = `${'a'.repeat(508)}@b.c`;

/** The error that a call throws. */
function errorOf(work: () => unknown): AclError {
  try {
    work();
  } catch (error) {
    if (error instanceof AclError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('identities', () => {
  test.each([
    ['john@example.com', 'john@example.com'],
    ['John+Work@EXAMPLE.com', 'john+work@example.com'],
    ['+smtp@mx.example.com', '+smtp@mx.example.com'],
    ['%@example.com', '%@example.com'],
    ['user_1@_under.score', 'user_1@_under.score'],
    [long, long],
  ])('%s is %s', (text, expected) => {
    expect(parseIdentity(text)).toBe(expected);
  });

  test.each([
    ['empty', ''],
    ['of one @', '@'],
    ['without domain', 'john@'],
    ['without user', '@example.com'],
    ['without @', 'john'],
    ['with two @', 'john@example.com@example.com'],
    ['of a blank', ' '],
    ['with a blank', 'john doe@example.com'],
    ['with a blank in front', ' john@example.com'],
    ['with a line break', 'john@example.com\n'],
    ['with a NUL', 'john@example.com\0'],
    ['of one +', '+@example.com'],
    ['with an empty alias', 'john+@example.com'],
    ['with an empty segment', 'john++x@example.com'],
    ['with a dot at the end', 'john@example.com.'],
    ['with a dot in front', 'john@.example.com'],
    ['with an empty label', 'john@example..com'],
    ['with % in the domain', 'john@%'],
    ['of a pattern', 'john@*.com'],
    ['of 513 characters', `a${long}`],
    ['with a domain of 254 characters', `a@${'a'.repeat(254)}`],
    ['with a Cyrillic homograph', 'j\u043ehn@example.com'],
    ['with a Kelvin sign that folds to k', '\u212aim@example.com'],
    ['with a full-width @', 'john\uff20example.com'],
    ['with an invisible character', 'john\u200b@example.com'],
    ['with a reversed text', 'john\u202e@example.com'],
    ['with a lone surrogate', 'john\ud800@example.com'],
    ['in the spelling of a principal', 'admin/admin@EXAMPLE.COM'],
    ['in that of a service', '+svc/host@example.com'],
    ['with an escaped character of a principal', 'jo\\hn@example.com'],
  ])('%s: refused', (_, text) => {
    const error = errorOf(() => parseIdentity(text));
    expect(error).toMatchObject({ code: 'acl-invalid-identity', retryable: false });
    expect(error.message).toMatch(/^[^\p{C}]{1,300}$/u);
  });

  test('the usual spelling of principals is answered with the one of identities, wherever it is written', () => {
    const texts: readonly ((text: string) => unknown)[] = [
      parseIdentity,
      parseGroup,
      parseSelector,
      (text) => parseAccessList(`%A ${text}`),
      (text) => parseDocument(`acl x "" %A ${text}`),
      (text) => parseDocument(`group g@a ${text}`),
      (text) => parseDocument(`role ${text}`),
    ];
    for (const read of texts) {
      expect(errorOf(() => read('svc/host.a@EXAMPLE.COM')).message).toMatch(/svc\/host@REALM is written \+svc@host/);
    }
  });

  test('what an earlier version let in is read where a store wrote it, and nothing else is', () => {
    const old = 'svc/host.a@a';
    expect(parseStoredIdentity('Admin/admin@A')).toBe('admin/admin@a');
    expect(parseStoredSelector(old)).toBe(old);
    expect(parseStoredGroup(old)).toBe(old);
    const text = `group ${old} x\\y@a\nacl x "" %A ${old}\n`;
    expect(formatDocument(parseDocument(text, 'stored'))).toBe(text);
    const changes = [`grant x "" %A ${old}`, `revoke x "" ${old}`, `leave g@a ${old}`, `remove-group ${old}`];
    for (const line of changes) expect(formatChange(parseChange(line))).toBe(line);
    for (const read of [parseStoredIdentity, parseStoredSelector, parseStoredGroup]) {
      for (const wrong of ['', '@', 'a b@c', 'a/b', 'a/b@c@d']) expect(() => read(wrong)).toThrow(AclError);
    }
  });

  test('a service is never a user, and groups have neither + nor alias', () => {
    expect(parseIdentity('+john@example.com')).not.toBe(parseIdentity('john@example.com'));
    for (const text of ['+g@example.com', 'g+x@example.com']) {
      expect(errorOf(() => parseGroup(text)).code).toBe('acl-invalid-identity');
    }
  });

  test('whatever is read, is read again as the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        for (const parse of [parseIdentity, parseSelector]) {
          try {
            expect(parse(parse(text))).toBe(text.toLowerCase());
          } catch (error) {
            if (!(error instanceof AclError)) throw error;
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('selectors', () => {
  test.each([
    '@.',
    '@example.com',
    '@.example.com',
    '@com',
    '@.com',
    '+@.',
    '+@example.com',
    '+@.example.com',
    'a+b@c',
  ])('%s', (text) => {
    expect(parseSelector(text)).toBe(text);
  });

  test.each([
    '',
    '@',
    '+@',
    '+',
    '.',
    '@..',
    '@.a.',
    '@a..b',
    '@*',
    '*',
    'a@',
    'a@.',
    'a@.b',
    '+a@.b',
    '@a@b',
    '@ ',
    'john+@d',
    '@\u0430',
  ])('%j: refused, lest it matches more than was meant', (text) => {
    expect(errorOf(() => parseSelector(text)).code).toBe('acl-invalid-selector');
  });
});

describe('rights', () => {
  test('are sets of letters, and only A implies others', () => {
    expect(formatRights(parseRights('%dcwr'))).toBe('%RWCD');
    expect(parseRights('RWCD')).toBe(parseRights('%DCWR'));
    expect(hasRight(parseRights('%RWCDKO'), 'A')).toBe(false);
    expect(hasRight(parseRights('%W'), 'R')).toBe(false);
    expect(hasRight(parseRights('%A'), 'D')).toBe(true);
    expect(formatRights(parseRights('%'))).toBe('%');
  });

  test.each(['', '%X', '%RR', '%%R', '% R', '%R\u0415', '%__proto__'])('%j: refused', (text) => {
    expect(errorOf(() => parseRights(text)).code).toBe('acl-invalid-rights');
  });
});

describe('the text form of a list', () => {
  test('what is printed is read as the same list, and printed as the same text', () => {
    fc.assert(
      fc.property(list, (entries) => {
        const text = formatAccessList(entries);
        expect(parseAccessList(text)).toEqual(entries);
        expect(formatAccessList(new Map([...entries].reverse()))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('a selector that begins with % is written with two', () => {
    const entries = parseAccessList('%rwcd %%x@a  @.\t%R john@a % eve@a');
    expect(formatAccessList(entries)).toBe('% eve@a %R john@a %RWCD %%x@a @.');
  });

  test.each([
    ['john@a', 'acl-invalid-list', 0],
    ['%R john@a %W JOHN@a', 'acl-invalid-list', 3],
    ['%R john@a %x@a', 'acl-invalid-rights', 2],
    ['%R john@a %Q', 'acl-invalid-rights', 2],
    ['%R', 'acl-invalid-list', 0],
    ['%R %W john@a', 'acl-invalid-list', 0],
    ['%R john@a %W', 'acl-invalid-list', 2],
    ['%R @', 'acl-invalid-selector', 1],
    ['%R %%', 'acl-invalid-selector', 1],
    ['%R john@a\njack@a', 'acl-invalid-selector', 1],
  ])('%j is refused with %s at word %i', (text, code, at) => {
    expect(errorOf(() => parseAccessList(text))).toMatchObject({ code, at });
  });
});

describe('documents and changes', () => {
  const instance = fc.oneof(
    fc.constantFrom('', 'a.example aaaa 10', 'quo"te\\', '%', '#'),
    fc.stringMatching(/^[!-~]{1,9}( [!-~]{1,9})?$/),
  );
  const resource = fc.tuple(fc.constantFrom('arpa2acl', 'arpa2dns.zone'), instance).map(([c, i]) => resourceOf(c, i));

  test('a document is read as it was written', () => {
    const groups = fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom('group' as const, 'role' as const),
        group: groupIdentity,
        members: fc.uniqueArray(identity, { maxLength: 4 }),
      }),
      { selector: ({ group }) => group },
    );
    const lists = fc.uniqueArray(fc.record({ resource, list }), {
      selector: ({ resource: r }) => `${r.class} ${r.instance}`,
    });
    fc.assert(
      fc.property(groups, lists, (g, l) => {
        const sorted = g.map((entry) => ({ ...entry, members: entry.members.toSorted() }));
        expect(parseDocument(formatDocument({ groups: g, lists: l }))).toEqual({ groups: sorted, lists: l });
      }),
      { numRuns: 300 },
    );
  });

  test('a change is read as it was written', () => {
    const change: fc.Arbitrary<Change> = fc.oneof(
      fc.record({ kind: fc.constant('grant' as const), resource, selector, rights }),
      fc.record({ kind: fc.constant('revoke' as const), resource, selector }),
      fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), group: groupIdentity, member: identity }),
      fc.record({
        kind: fc.constant('add-group' as const),
        as: fc.constantFrom('group' as const, 'role' as const),
        group: groupIdentity,
      }),
      fc.record({ kind: fc.constant('remove-group' as const), group: groupIdentity }),
    );
    fc.assert(
      fc.property(change, (c) => expect(parseChange(formatChange(c))).toEqual(c)),
      { numRuns: 1000 },
    );
  });

  test('a record of changes is refused in any other form', () => {
    const record = { position: 1, at: 2, by: 'x', changes: ['revoke c "" x@a'] };
    expect(parseChangeRecord(JSON.stringify(record)).changes).toHaveLength(1);
    const others = [
      { position: 0 },
      { position: 1.5 },
      { at: '2' },
      { by: 'x'.repeat(3000) },
      { changes: [1] },
      { changes: {} },
    ];
    const lines = [
      ...others.map((other) => JSON.stringify({ ...record, ...other })),
      '',
      'null',
      '[]',
      '1',
      '{"position":1',
    ];
    for (const line of lines) expect(errorOf(() => parseChangeRecord(line)).code).toBe('acl-invalid-list');
  });

  test.each([
    'revoke c "a\tb" x@a',
    'revoke c "\n" x@a',
    'revoke c "\u007f" x@a',
    '',
    'grant c "" x@a',
    'revoke c "" %R x@a',
    'join g+x@a u@a',
    'drop everything',
    'grant C "" %R x@a',
  ])('the change %j is refused', (line) => {
    expect(() => parseChange(line)).toThrow(AclError);
  });

  test.each([
    ['acl arpa2acl "" %R john@a\n\nacl arpa2acl "" %W mary@a', 3],
    ['# fine\nacl Arpa2acl "" %R john@a', 2],
    ['acl arpa2acl "\\u0041" %R john@a', 1],
    ['acl arpa2acl "a\tb" %R john@a', 1],
    ['acl arpa2acl %R john@a', 1],
    ['acl arpa2acl "" %R @', 1],
    ['group g@a u@a\nrole g@a', 2],
    ['group g@a\ngroup +g@a', 2],
    ['grant everything', 1],
  ])('the document %j is refused at line %i', (text, at) => {
    expect(errorOf(() => parseDocument(text))).toMatchObject({ at });
  });

  test.each([['A'], [''], ['a b'], ['a'.repeat(65)], ['a..b'], ['__proto__ ']])('the class %j is refused', (name) => {
    expect(errorOf(() => resourceOf(name)).code).toBe('acl-invalid-resource');
  });

  test.each([[' a'], ['a  b'], ['a\tb'], ['\u00e9'], ['a'.repeat(513)], ['a\n']])(
    'the instance %j is refused',
    (name) => {
      expect(errorOf(() => resourceOf('c', name)).code).toBe('acl-invalid-resource');
    },
  );

  test('every code begins with acl-', () => {
    expect(Object.keys(ACL_ERRORS).filter((code) => !code.startsWith('acl-'))).toEqual([]);
  });
});
