import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  chainOf,
  decide,
  describeDecision,
  membershipsOf,
  parseAccessList,
  parseIdentity,
  resourceOf,
  type DecisionStep,
  type Identity,
} from '../src/index.js';
import { decideNaively, nameOf } from './reference.js';
import { RESOURCES, identity, readerOf, right, world } from './worlds.js';

const zone = resourceOf('arpa2dns.zone', 'orvelte.nep');

/** Decides on one list, with groups if need be. */
function ask(who: string, line: string, groups: Record<string, string[]> = {}) {
  const members = Object.entries(groups).map(([g, all]): [Identity, Identity[]] => [
    parseIdentity(g),
    all.map(parseIdentity),
  ]);
  const reader = readerOf({ lists: new Map([[nameOf(zone), parseAccessList(line)]]), members: new Map(members) });
  return decide(reader, parseIdentity(who), 'W', [zone]);
}

describe('random lists, groups and callers', () => {
  test('the decision and its entry are those of a naive reference', () => {
    fc.assert(
      fc.property(world, identity, right, (w, who, what) => {
        const { isGranted, selector } = decide(readerOf(w), who, what, RESOURCES);
        expect({ isGranted, selector }).toEqual(decideNaively(w, who, what, RESOURCES));
      }),
      { numRuns: 3000 },
    );
  });

  test('the order of entries, groups and members never matters', () => {
    fc.assert(
      fc.property(world, identity, right, (w, who, what) => {
        const turned = {
          lists: new Map([...w.lists].map(([name, list]) => [name, new Map([...list].reverse())])),
          members: new Map([...w.members].reverse().map(([g, all]) => [g, all.toReversed()])),
        };
        expect(decide(readerOf(turned), who, what, RESOURCES)).toEqual(decide(readerOf(w), who, what, RESOURCES));
      }),
      { numRuns: 1000 },
    );
  });

  test('an explanation ends with the entry that decided', () => {
    fc.assert(
      fc.property(world, identity, right, (w, who, what) => {
        const steps: DecisionStep[] = [];
        const decision = decide(readerOf(w), who, what, RESOURCES, (step) => steps.push(step));
        const found = steps.filter(({ rights }) => rights !== undefined);
        expect(found.some(({ selector }) => selector === decision.selector)).toBe(decision.selector !== null);
      }),
      { numRuns: 500 },
    );
  });
});

describe('generalisation', () => {
  const lookedUp = (who: string): (string | null)[] => {
    const steps: DecisionStep[] = [];
    const reader = readerOf({
      lists: new Map([[nameOf(zone), parseAccessList('%R nobody@nowhere')]]),
      members: new Map(),
    });
    decide(reader, parseIdentity(who), 'R', [zone], (step) => steps.push(step));
    return steps.map(({ selector }) => selector);
  };

  test('goes from the alias to everyone, one key a step', () => {
    const expected = [
      'john+x@sub.example.com',
      'john@sub.example.com',
      '@sub.example.com',
      '@.example.com',
      '@.com',
      '@.',
    ];
    expect(lookedUp('John+X@Sub.Example.COM')).toEqual(expected);
  });

  test('asks for all services before all identities, at each domain', () => {
    const expected = ['+smtp@mx.a', '+@mx.a', '@mx.a', '+@.a', '@.a', '+@.', '@.'];
    expect(lookedUp('+smtp@mx.a')).toEqual(expected);
  });

  test.each([
    ['john@example.com', '%W @example.com', true],
    ['john@sub.example.com', '%W @example.com', false],
    ['john@sub.example.com', '%W @.example.com', true],
    ['john@example.com', '%W @.example.com', false],
    ['john@badexample.com', '%W @.example.com @example.com', false],
    ['john@anywhere', '%W @.', true],
    ['+smtp@anywhere', '%W @.', true],
    ['john@anywhere', '%W +@.', false],
    ['john+x@example.com', '%W john@example.com', true],
    ['john+y@example.com', '%W john+x@example.com', false],
    ['john+x+y@example.com', '%W john+x@example.com', false],
    ['john@example.com', '%W john+x@example.com', false],
    ['john@example.com', '%W +john@example.com', false],
    ['+john@example.com', '%W john@example.com', false],
    ['johnny@example.com', '%W john@example.com', false],
    ['john@example.com', '%R john@example.com %W @example.com', false],
    ['john@example.com', '% john@example.com %A @.', false],
    ['john@example.com', '%A john@example.com', true],
    ['john@example.com', '%CDRKO john@example.com', false],
    ['%@example.com', '%W %%@example.com', true],
  ])('%s with %s: %s', (who, line, isGranted) => {
    expect(ask(who, line).isGranted).toBe(isGranted);
  });
});

describe('groups and roles', () => {
  test('give what is granted to their name, through other groups too', () => {
    const groups = { 'staff@example.com': ['ops@example.com'], 'ops@example.com': ['bob@other.net'] };
    const decision = ask('bob+work@other.net', '%W staff@example.com', groups);
    expect(decision).toMatchObject({ isGranted: true, via: ['ops@example.com', 'staff@example.com'] });
    expect(describeDecision(decision)).toBe(
      'Granted right W (write) on arpa2dns.zone "orvelte.nep": the entry for staff@example.com is %W, by way of ops@example.com, staff@example.com',
    );
  });

  test('never give what is granted to their domain', () => {
    expect(ask('bob@other.net', '%W @example.com', { 'ops@example.com': ['bob@other.net'] }).isGranted).toBe(false);
  });

  test('give nothing to a caller who only has their name', () => {
    const groups = { 'staff@a': ['bob@b'], 'ops@a': ['staff@a'] };
    for (const caller of ['staff@a', 'staff+x@a']) {
      expect(ask(caller, '%W staff@a ops@a', groups)).toMatchObject({ isGranted: false, selector: null });
      expect(ask(caller, '% staff@a %W @a', groups)).toMatchObject({ isGranted: true, selector: '@a' });
    }
    expect(ask('bob@b', '%W ops@a', groups).isGranted).toBe(true);
    expect(ask('staff+x@a', '%W staff+x@a', groups).isGranted).toBe(true);
    expect(ask('staff+x@a', '%W staff@a', { 'staff@a': ['staff+x@a'] })).toMatchObject({ via: ['staff@a'] });
  });

  test('come after the own name and before the own domain', () => {
    const groups = { 'ops@example.com': ['bob@other.net'] };
    expect(ask('bob@other.net', '% bob@other.net %W ops@example.com', groups).isGranted).toBe(false);
    expect(ask('bob@other.net', '%R @other.net %W ops@example.com', groups).isGranted).toBe(true);
    expect(ask('bob@other.net', '%W @other.net %R ops@example.com', groups).isGranted).toBe(false);
  });

  test('of several, one that grants the right decides, then the nearest, then the shorter', () => {
    const groups = { 'far@a': ['near@a'], 'near@a': ['bob@b'], 'nearest@a': ['bob@b'] };
    expect(ask('bob@b', '%R near@a %W far@a', groups)).toMatchObject({ isGranted: true, selector: 'far@a' });
    expect(ask('bob@b', '%W near@a nearest@a far@a', groups)).toMatchObject({ selector: 'near@a' });
    expect(ask('bob@b', '%R far@a nearest@a', groups)).toMatchObject({ isGranted: false, selector: 'nearest@a' });
  });

  test('in a circle are each met once', () => {
    const groups = { 'x@a': ['y@a', 'bob@b'], 'y@a': ['z@a'], 'z@a': ['x@a'] };
    const members = Object.entries(groups).map(([g, all]): [Identity, Identity[]] => [
      parseIdentity(g),
      all.map(parseIdentity),
    ]);
    const found = membershipsOf(readerOf({ lists: new Map(), members: new Map(members) }), parseIdentity('bob@b'));
    expect(found.map(({ group }) => group)).toEqual(['x@a', 'z@a', 'y@a']);
  });
});

describe('resources', () => {
  const lists = new Map([
    ['arpa2dns.zone orvelte.nep', parseAccessList('%R john@example.com')],
    ['arpa2dns.zone ', parseAccessList('%W @example.com')],
  ]);
  const reader = readerOf({ lists, members: new Map() });
  const chain = chainOf('arpa2dns.zone', 'orvelte.nep');

  test('the instance is asked before the default of the class', () => {
    const denied = decide(reader, parseIdentity('john@example.com'), 'W', chain);
    expect(denied).toMatchObject({ isGranted: false, resource: zone, selector: 'john@example.com' });
    expect(describeDecision(denied)).toBe(
      'No right W (write) on arpa2dns.zone "orvelte.nep": the entry for john@example.com is %R',
    );
    const byDefault = decide(reader, parseIdentity('mary@example.com'), 'W', chain);
    expect(byDefault).toMatchObject({ isGranted: true, resource: { instance: '' }, selector: '@example.com' });
  });

  test('without any entry everything is denied', () => {
    const denied = decide(reader, parseIdentity('eve@elsewhere.org'), 'R', chain);
    expect(denied).toMatchObject({ isGranted: false, selector: null, rights: null });
    expect(describeDecision(denied)).toBe(
      'No right R (read) on arpa2dns.zone "orvelte.nep": no entry is for eve@elsewhere.org',
    );
  });

  test('a chain names instances, then the default once', () => {
    expect(chainOf('c', 'a aaaa 10', 'a', '').map(({ instance }) => instance)).toEqual(['a aaaa 10', 'a', '']);
    expect(chainOf('c')).toEqual([{ class: 'c', instance: '' }]);
  });
});
