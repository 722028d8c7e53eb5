import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ADMINISTRATION,
  AclStore,
  REPLICATION,
  chainOf,
  decide,
  formatChangeRecord,
  parseAccessList,
  parseChangeRecord,
  parseDocument,
  parseGroup,
  parseIdentity,
  parseRights,
  parseSelector,
  parseStoredIdentity,
  resourceOf,
  type Edit,
} from '../src/index.js';
import { nameOf } from './reference.js';
import { RESOURCES, identity, list, readerOf, right } from './worlds.js';

const folder = mkdtempSync(join(tmpdir(), 'arpa2-acl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const admin = parseIdentity('admin@example.com');
const by = 'test@example.com';
const newPath = (): string => join(folder, `${(made += 1)}.mdb`);
const newStore = async (): Promise<AclStore> => await AclStore.create(newPath(), admin);

const zone = resourceOf('arpa2dns.zone', 'orvelte.nep');
const chain = chainOf('arpa2dns.zone', 'orvelte.nep');
const john = parseIdentity('john@example.com');
const grant = (selector: string, rights: string, resource = zone): Edit => {
  return { kind: 'grant', resource, selector: parseSelector(selector), rights: parseRights(rights) };
};
const revoke = (selector: string, resource = zone): Edit => ({
  kind: 'revoke',
  resource,
  selector: parseSelector(selector),
});
const group = (name: string, as: 'group' | 'role' = 'group'): Edit => ({
  kind: 'add-group',
  as,
  group: parseGroup(name),
});
const join_ = (name: string, member: string): Edit => ({
  kind: 'join',
  group: parseGroup(name),
  member: parseIdentity(member),
});
const leave = (name: string, member: string): Edit => ({
  kind: 'leave',
  group: parseGroup(name),
  member: parseIdentity(member),
});
const code = (name: string): unknown => expect.objectContaining({ code: name });

describe('lists', () => {
  test('a new store lets its administrator edit, and nobody do anything else', async () => {
    await using store = await newStore();
    expect(store.decide(admin, 'W', [ADMINISTRATION]).isGranted).toBe(true);
    expect(store.decide(john, 'W', [ADMINISTRATION]).isGranted).toBe(false);
    expect(store.decide(admin, 'R', chain)).toMatchObject({ isGranted: false, selector: null });
    expect(store.position).toBe(1);
  });

  test('random lists, short and long, are kept as given and decide as the plain reference', async () => {
    await using store = await newStore();
    const users = Array.from({ length: 120 }, (_, index): [string, string] => [`user${index}@example.com`, '%K']);
    const filler = new Map(users.map(([s, r]) => [parseSelector(s), parseRights(r)] as const));
    const lists = fc.tuple(list, fc.boolean(), list, fc.boolean(), list, fc.boolean());
    await fc.assert(
      fc.asyncProperty(lists, identity, right, async ([a, isLongA, b, isLongB, c, isLongC], who, what) => {
        const wanted = [isLongA, isLongB, isLongC].map(
          (isLong, index) => new Map([...(isLong ? filler : []), ...[a, b, c][index]!]),
        );
        const edits = RESOURCES.map((resource, index): Edit => ({ kind: 'replace', resource, list: wanted[index]! }));
        await store.update(edits, { by });
        for (const [index, resource] of RESOURCES.entries())
          expect(store.readList(resource).list).toEqual(new Map([...wanted[index]!].sort()));
        const plain = readerOf({
          lists: new Map(RESOURCES.map((r, index) => [nameOf(r), wanted[index]!])),
          members: new Map(),
        });
        expect(store.decide(who, what, RESOURCES)).toEqual(decide(plain, who, what, RESOURCES));
      }),
      { numRuns: 150 },
    );
  });

  test('entries come and go one by one while a list grows long and short again', async () => {
    const path = newPath();
    await using store = await AclStore.create(path, admin);
    const selectors = Array.from({ length: 150 }, (_, index) =>
      index % 3 === 0 ? `@.d${index}.example` : `user+${index}@example.com`,
    );
    for (const selector of selectors) await store.update([grant(selector, 'R'), grant(selector, 'RW')], { by });
    expect(store.readList(zone).list.size).toBe(150);
    expect(store.decide(parseIdentity('x@y.d3.example'), 'W', chain)).toMatchObject({ selector: '@.d3.example' });
    for (const selector of selectors.slice(1)) await store.update([revoke(selector)], { by });
    expect(store.readList(zone)).toMatchObject({ serial: 299, list: new Map([['@.d0.example', parseRights('RW')]]) });
    await store.close();
    await using again = await AclStore.open(path);
    expect(again.readList(zone).list.size).toBe(1);
  });

  test('an update that changes nothing counts nowhere', async () => {
    await using store = await newStore();
    const { position } = await store.update([grant('@.', 'R')], { by });
    expect(await store.update([grant('@.', 'R'), revoke('x@y')], { by })).toEqual({ position, changed: 0 });
    expect(store.readList(zone).serial).toBe(1);
  });

  test('a serial is never given twice, even when the list was empty between', async () => {
    await using store = await newStore();
    await store.update([grant('@.', 'R')], { by });
    await store.update([revoke('@.')], { by });
    expect(store.listResources('arpa2dns.zone')).toEqual([]);
    await store.update([grant('@.', 'R')], { by });
    expect(store.readList(zone).serial).toBe(3);
  });

  test('lists of a class are listed, not those of a class whose name begins alike', async () => {
    await using store = await newStore();
    const similar = resourceOf('arpa2dns.zone2', 'x');
    await store.update([grant('@.', 'R'), grant('@.', 'R', similar), grant('@.', 'R', resourceOf('arpa2dns.zone'))], {
      by,
    });
    expect(store.listResources('arpa2dns.zone').map(({ instance }) => instance)).toEqual(['', 'orvelte.nep']);
    expect(store.listResources()).toHaveLength(4);
  });
});

describe('names for completion', () => {
  test('are found by how they begin, and no more of them than asked for', async () => {
    await using store = await newStore();
    const many = Array.from({ length: 100 }, (_, index) => `user${index}@some.where.example.com`);
    const other = resourceOf('arpa2dns.zone', 'other.nep');
    await store.update(
      [
        ...many.map((name) => grant(name, 'R')),
        grant('@.', 'R', other),
        grant('%odd@x', 'R', resourceOf('arpa2dns.zones', 'z')),
        grant('@.', 'R', resourceOf('gone')),
        group('ops@x'),
        group('boss@x', 'role'),
        group('old@x'),
        join_('ops@x', 'john@x'),
        join_('ops@x', 'jack@x'),
      ],
      { by },
    );
    const gone = { kind: 'remove-group', group: parseGroup('old@x') } as const;
    await store.update([gone, revoke('@.', resourceOf('gone'))], { by });
    expect(store.listClasses()).toEqual(['arpa2acl', 'arpa2dns.zone', 'arpa2dns.zones']);
    expect(store.searchInstances('arpa2dns.zone', '', 10)).toEqual(['orvelte.nep', 'other.nep']);
    expect(store.searchInstances('arpa2dns.zone', 'ot', 10)).toEqual(['other.nep']);
    expect(store.searchInstances('arpa2dns.zone', '', 1)).toEqual(['orvelte.nep']);
    expect(store.searchInstances('gone', '', 10)).toEqual([]);
    expect(store.searchSelectors(zone, 'user9', 3)).toEqual([many[90], many[91], many[92]]);
    expect(store.searchSelectors(other, '@', 3)).toEqual(['@.']);
    expect(store.searchGroups('group', '', 9)).toEqual(['ops@x']);
    expect(store.searchGroups('role', 'b', 9)).toEqual(['boss@x']);
    expect(store.searchMembers(parseGroup('ops@x'), 'jo', 9)).toEqual(['john@x']);
    for (const hostile of ['\t', '\u0000', '\uffff', 'x'.repeat(2000)]) {
      expect(store.searchGroups('group', hostile, 9)).toEqual([]);
      expect(store.searchSelectors(zone, hostile, 9)).toEqual([]);
    }
    expect(store.summarize('arpa2dns.zone')).toEqual([
      { resource: zone, serial: 1, entries: 100 },
      { resource: other, serial: 1, entries: 1 },
    ]);
  });
});

describe('a search for a right on any resource of a class', () => {
  test('finds it by every kind of entry, and follows every update', async () => {
    await using store = await newStore();
    const found = (right: 'R' | 'W' | 'D') => store.grantsSomewhere(john, right, 'arpa2dns.zone');
    expect(found('R')).toBe(false);
    await store.update([grant('john@example.com', '%R'), grant('@.', '%D', resourceOf('arpa2dns.zones', 'x'))], { by });
    expect([found('R'), found('W'), found('D')]).toEqual([true, false, false]);
    await store.update([grant('@.org', '%W', resourceOf('arpa2dns.zone', 'other.nep'))], { by });
    expect(found('W')).toBe(false);
    await store.update([grant('@.com', '%D')], { by });
    // The entry of his own stands before.
    expect(found('D')).toBe(false);
    await store.update([grant('@example.com', '%W', resourceOf('arpa2dns.zone', 'other.nep'))], { by });
    expect(found('W')).toBe(true);
    await store.update([revoke('john@example.com')], { by });
    expect([found('R'), found('D')]).toEqual([false, true]);
  });

  test('looks at no more than 1000 lists', async () => {
    await using store = await newStore();
    const lists = Array.from({ length: 1000 }, (_, index) =>
      grant('x@example.com', '%R', resourceOf('many', `${index}`)),
    );
    await store.update(lists, { by });
    expect(store.grantsSomewhere(john, 'R', 'many')).toBe(false);
    await store.update([grant('x@example.com', '%R', resourceOf('many', 'more'))], { by });
    expect(store.grantsSomewhere(john, 'R', 'many')).toBe(true);
  });
});

describe('updates', () => {
  test('an expectation that does not hold refuses the whole update', async () => {
    await using store = await newStore();
    await store.update([grant('@.', 'R'), group('ops@example.com')], { by });
    const { serial } = store.readList(zone);
    await store.update([grant('@.', 'RW')], { by });
    const stale = store.update([grant('@.', 'A'), grant('@.', 'A', resourceOf('other'))], {
      by,
      expected: [{ resource: zone, serial }],
    });
    await expect(stale).rejects.toThrow(code('acl-conflict'));
    expect(store.decide(john, 'C', chain).isGranted).toBe(false);
    expect(store.listResources('other')).toEqual([]);
    await store.update([grant('@.', 'A')], { by, expected: [{ resource: zone, serial: serial + 1 }] });
    expect(store.decide(john, 'C', chain).isGranted).toBe(true);
    const ops = { group: parseGroup('ops@example.com'), serial: 7 };
    await expect(store.update([join_('ops@example.com', 'a@b')], { by, expected: [ops] })).rejects.toThrow(
      code('acl-conflict'),
    );
  });

  test('one edit that fails takes those before it along', async () => {
    await using store = await newStore();
    const before = store.exportText();
    await expect(store.update([grant('@.', 'A'), join_('nobody@example.com', 'a@b')], { by })).rejects.toThrow(
      code('acl-unknown-group'),
    );
    expect(store.exportText()).toBe(before);
    expect(store.position).toBe(1);
  });

  test('the last administrator stays, unless forced', async () => {
    await using store = await newStore();
    const out = [
      [revoke(admin, ADMINISTRATION)],
      [grant(admin, 'RCDK', ADMINISTRATION)],
      [{ kind: 'replace', resource: ADMINISTRATION, list: parseAccessList('%A @.') }] satisfies Edit[],
      [group(admin)],
      [revoke(admin, ADMINISTRATION), grant('@example.com', 'A', ADMINISTRATION)],
    ];
    for (const edits of out) await expect(store.update(edits, { by })).rejects.toThrow(code('acl-last-administrator'));
    await store.update([grant(john, 'W', ADMINISTRATION), revoke(admin, ADMINISTRATION)], { by });
    await expect(store.importDocument({ groups: [], lists: [] }, { by, mode: 'replace' })).rejects.toThrow(
      code('acl-last-administrator'),
    );
    await store.update([revoke(john, ADMINISTRATION)], { by, isForced: true });
    await store.update([grant('@.', 'R', ADMINISTRATION)], { by });
  });

  test('an administrator by way of a group is one while the group has a member that no entry excludes', async () => {
    await using store = await newStore();
    const ops = 'ops@example.com';
    await store.update([group(ops), group('staff@example.com'), join_('staff@example.com', ops), join_(ops, john)], {
      by,
    });
    await store.update([grant('staff@example.com', 'A', ADMINISTRATION), revoke(admin, ADMINISTRATION)], { by });
    expect(store.decide(john, 'W', [ADMINISTRATION]).isGranted).toBe(true);
    await expect(store.update([leave(ops, john)], { by })).rejects.toThrow(code('acl-last-administrator'));
    await expect(store.update([grant(john, '%', ADMINISTRATION)], { by })).rejects.toThrow(
      code('acl-last-administrator'),
    );
    const gone: Edit = { kind: 'remove-group', group: parseGroup(ops) };
    await expect(store.update([gone], { by })).rejects.toThrow(code('acl-last-administrator'));
  });

  test('an administrator is one only if the list for the class arpa2acl itself does not take that away', async () => {
    await using store = await newStore();
    const own = resourceOf('arpa2acl', 'arpa2acl');
    for (const selector of [admin, '@.']) {
      const edits = [grant(selector, '%', own)];
      await expect(store.update(edits, { by })).rejects.toThrow(code('acl-last-administrator'));
    }
    await store.update([grant(john, 'W', own), grant('@.', '%', own), revoke(admin, ADMINISTRATION)], { by });
    await expect(store.update([revoke(john, own)], { by })).rejects.toThrow(code('acl-last-administrator'));
  });

  test('a name of an earlier version that nobody can have is told and taken out, and is no administrator', async () => {
    await using store = await newStore();
    const old = parseStoredIdentity('admin/admin@example.com');
    const ops = parseGroup('ops@example.com');
    const all = parseRights('A');
    const edits: Edit[] = [
      { kind: 'grant', resource: ADMINISTRATION, selector: old, rights: all },
      group(ops),
      { kind: 'join', group: ops, member: old },
      { kind: 'grant', resource: ADMINISTRATION, selector: ops, rights: all },
    ];
    await store.update(edits, { by });
    expect(store.changesSince(1)).toMatchObject({ isComplete: true, records: [{ changes: edits }] });
    await using other = await newStore();
    await other.importDocument(parseDocument(store.exportText(), 'stored'), { by, mode: 'replace' });
    expect(other.readList(ADMINISTRATION).list.has(old)).toBe(true);
    await expect(store.update([revoke(admin, ADMINISTRATION)], { by })).rejects.toThrow(code('acl-last-administrator'));
    await store.update([{ kind: 'revoke', resource: ADMINISTRATION, selector: old }], { by });
    await store.update([{ kind: 'leave', group: ops, member: old }], { by });
    expect(store.exportText()).not.toContain('/');
  });

  test('after close, everything is refused', async () => {
    const store = await newStore();
    await Promise.all([store.close(), store.close()]);
    expect(() => store.decide(john, 'R', chain)).toThrow(code('acl-closed'));
    await expect(store.update([], { by })).rejects.toThrow(code('acl-closed'));
  });
});

describe('groups', () => {
  test('members come and go at once for every decision', async () => {
    await using store = await newStore();
    await store.update([group('ops@example.com'), group('dba@example.com', 'role'), grant('dba@example.com', 'W')], {
      by,
    });
    await store.update([join_('ops@example.com', 'john@other.net'), join_('dba@example.com', 'ops@example.com')], {
      by,
    });
    const caller = parseIdentity('john+x@other.net');
    expect(store.decide(caller, 'W', chain)).toMatchObject({
      isGranted: true,
      via: ['ops@example.com', 'dba@example.com'],
    });
    expect(store.membershipsOf(caller).map((m) => m.group)).toEqual(['ops@example.com', 'dba@example.com']);
    expect(store.readGroup(parseGroup('dba@example.com'))).toEqual({
      group: 'dba@example.com',
      kind: 'role',
      serial: 2,
      members: ['ops@example.com'],
    });
    await store.update([leave('dba@example.com', 'ops@example.com')], { by });
    expect(store.decide(caller, 'W', chain).isGranted).toBe(false);
  });

  test('a circle is refused at the edit that would close it', async () => {
    await using store = await newStore();
    const names = ['a@x', 'b@x', 'c@x'];
    await store.update(
      names.map((name) => group(name)),
      { by },
    );
    await store.update([join_('a@x', 'b@x'), join_('b@x', 'c@x')], { by });
    for (const member of ['a@x', 'b@x'])
      await expect(store.update([join_('c@x', member)], { by })).rejects.toThrow(code('acl-cycle'));
    await expect(store.update([join_('a@x', 'a@x')], { by })).rejects.toThrow(code('acl-cycle'));
    await store.update([leave('a@x', 'b@x'), join_('c@x', 'a@x')], { by });
  });

  test('a removed group keeps no members and is a member of nothing', async () => {
    await using store = await newStore();
    await store.update([group('a@x'), group('b@x'), join_('a@x', 'b@x'), join_('b@x', john)], { by });
    await store.update([{ kind: 'remove-group', group: parseGroup('b@x') }], { by });
    expect(store.listGroups().map(({ group: name, members }) => [name, members])).toEqual([['a@x', []]]);
    expect(store.membershipsOf(john)).toEqual([]);
    await store.update([group('b@x', 'role')], { by });
    expect(store.readGroup(parseGroup('b@x'))).toMatchObject({ kind: 'role', members: [], serial: 3 });
  });

  test('a group that entries name stays, unless they go with it or it is forced', async () => {
    await using store = await newStore();
    const many = Array.from({ length: 100 }, (_, index) => `user${index}@some.where.example.com`);
    await store.update([group('ops@x'), ...many.map((name) => grant(name, 'R')), grant('ops@x', 'R')], { by });
    await store.update([grant('ops@x', 'W', resourceOf('arpa2dns.zone'))], { by });
    const gone: Edit = { kind: 'remove-group', group: parseGroup('ops@x') };
    await expect(store.update([gone], { by })).rejects.toThrow(
      'Cannot remove ops@x: it has entries on arpa2dns.zone, arpa2dns.zone "orvelte.nep"; remove them first',
    );
    const left = parseDocument(`acl arpa2acl "" %A ${admin}\nacl arpa2dns.zone "" %R ops@x`);
    await expect(store.importDocument(left, { by, mode: 'replace' })).rejects.toThrow(code('acl-group-in-use'));
    expect(store.kindOf(parseGroup('ops@x'))).toBe('group');
    await store.update([gone], { by, isForced: true });
    await store.update([group('ops@x')], { by });
    await store.update([gone, revoke('ops@x'), revoke('ops@x', resourceOf('arpa2dns.zone'))], { by });
    expect(store.kindOf(parseGroup('ops@x'))).toBeNull();
  });
});

describe('text', () => {
  const text = [
    'group ops@example.com bob@other.net john@example.com',
    'role boss@example.com ops@example.com',
    'acl arpa2acl "" %A admin@example.com',
    'acl arpa2dns.zone "" %R @.',
    'acl arpa2dns.zone "www.orvelte.nep aaaa" % eve@example.com %RW %%odd@example.com ops@example.com',
  ].join('\n');

  test('an export is imported as the same store', async () => {
    await using store = await newStore();
    await store.importDocument(parseDocument(text), { by, mode: 'replace' });
    await using other = await newStore();
    await other.update([grant('@.', 'A'), group('gone@example.com'), join_('gone@example.com', john)], { by });
    await other.importDocument(parseDocument(store.exportText()), { by, mode: 'replace' });
    const body = (s: AclStore): string => s.exportText().replace(/^#.*\n/, '');
    expect(body(other)).toBe(body(store));
    expect(body(store).trimEnd().split('\n').sort()).toEqual(text.split('\n').sort());
    expect(await other.importDocument(parseDocument(text), { by, mode: 'replace' })).toMatchObject({ changed: 0 });
  });

  test('a merge keeps what the document does not name', async () => {
    await using store = await newStore();
    await store.update([grant('mary@example.com', 'R'), grant('john@example.com', 'R')], { by });
    const document = parseDocument('acl arpa2dns.zone "orvelte.nep" %W john@example.com');
    await store.importDocument(document, { by, mode: 'merge' });
    expect(store.exportText()).toContain('%R mary@example.com %W john@example.com');
  });
});

describe('changes for other hosts', () => {
  const sender = '+arpa2amqp@publisher.example.com';
  const origin = (store: AclStore) => ({ id: store.id, sender });
  const body = (store: AclStore): string => store.exportText().replace(/#.*/, '');
  const takeWhole = async (host: AclStore, publisher: AclStore): Promise<void> => {
    const whole = publisher.exportWhole();
    await host.receiveAll(origin(publisher), whole, parseDocument(whole.text));
  };
  const since = (store: AclStore, position: number) => {
    const changes = store.changesSince(position);
    if (!changes.isComplete) throw new Error('incomplete');
    return changes.records;
  };

  test('are taken over in order, once, and with a gap as a whole', async () => {
    await using publisher = await newStore();
    await using host = await newStore();
    await publisher.update([grant('@.', 'R')], { by });
    expect(await host.receive(origin(publisher), since(publisher, 0)[0]!)).toBe('gap');
    expect(host.followed).toBeNull();
    await takeWhole(host, publisher);
    expect(host.followed).toEqual({ id: publisher.id, position: 2, mark: publisher.markAt(2), sender });
    await publisher.update([group('ops@example.com'), join_('ops@example.com', john), grant('ops@example.com', 'W')], {
      by,
    });
    await publisher.update([revoke('@.')], { by });
    // As they travel.
    const next = since(publisher, 2).map((record) => parseChangeRecord(formatChangeRecord(record)));
    expect(next.map(({ position }) => position)).toEqual([3, 4]);
    expect(await host.receive(origin(publisher), next[1]!)).toBe('gap');
    for (const record of next) expect(await host.receive(origin(publisher), record)).toBe('applied');
    for (const record of next) expect(await host.receive(origin(publisher), record)).toBe('repeated');
    expect(body(host)).toBe(body(publisher));
    expect(host.followed).toMatchObject({ position: 4, mark: publisher.markAt(4) });
    expect(since(host, host.position - 1)[0]!.by).toBe(`${by} by way of ${sender}`);
  });

  test('of a store that was put back from a backup and changed otherwise have other marks', async () => {
    await using one = await newStore();
    await using other = await newStore();
    await one.update([grant('@.', 'R')], { by });
    await other.update([grant('@.', 'W')], { by });
    expect(one.markAt(2)).toMatch(/^[0-9a-f]{32}$/);
    expect(one.markAt(2)).not.toBe(other.markAt(2));
    expect([one.markAt(0), one.markAt(3)]).toEqual([null, null]);
    expect(one.exportWhole().mark).toBe(one.markAt(2));
  });

  test('come from one sender; its store may be made anew; another one must wait until the first is left', async () => {
    await using publisher = await newStore();
    await using anew = await newStore();
    await using host = await newStore();
    await takeWhole(host, publisher);
    await takeWhole(host, anew);
    expect(host.followed?.id).toBe(anew.id);
    const { text, ...at } = publisher.exportWhole();
    const fromOther = { id: publisher.id, sender: '+arpa2amqp@other.example.com' };
    await expect(host.receiveAll(fromOther, at, parseDocument(text))).rejects.toThrow(code('acl-other-origin'));
    await host.unfollow();
    expect(host.followed).toBeNull();
    await host.receiveAll(fromOther, at, parseDocument(text));
    expect(host.followed).toMatchObject({ id: publisher.id, sender: '+arpa2amqp@other.example.com' });
  });

  test('never touch who may send them', async () => {
    await using publisher = await newStore();
    await using host = await newStore();
    await host.update([grant(sender, 'W', REPLICATION)], { by });
    await publisher.update([grant('eve@example.com', 'W', REPLICATION)], { by });
    await takeWhole(host, publisher);
    await publisher.update([grant('mallory@example.com', 'A', REPLICATION), grant('@.', 'R')], { by });
    expect(await host.receive(origin(publisher), since(publisher, 2)[0]!)).toBe('applied');
    expect(host.readList(REPLICATION).list).toEqual(parseAccessList(`%W ${sender}`));
    expect(host.decide(john, 'R', chain).isGranted).toBe(true);
  });

  test('say who made them and when', async () => {
    await using store = await newStore();
    await store.update([grant('@.', 'R')], { by });
    const [record] = since(store, 1);
    expect(record).toMatchObject({ position: 2, by, changes: [{ kind: 'grant', selector: '@.' }] });
    expect(Math.abs(Date.now() - record!.at)).toBeLessThan(60_000);
    expect(since(store, 2)).toEqual([]);
    expect(store.changesSince(1, 0)).toEqual({ isComplete: true, records: [] });
  });

  test('are a gap when they are of the future, or were too many to keep', async () => {
    await using store = await newStore();
    expect(store.changesSince(99)).toEqual({ isComplete: false, position: 1 });
    const many = Array.from({ length: 10_001 }, (_, index) => grant(`user${index}@example.com`, 'R'));
    const { position } = await store.update(many, { by });
    expect(store.changesSince(0)).toMatchObject({ isComplete: true, records: [{ position: 1 }] });
    expect(store.changesSince(1)).toEqual({ isComplete: false, position });
    await store.update([revoke('user7@example.com')], { by });
    expect(store.changesSince(position)).toMatchObject({ isComplete: true, records: [{ position: 3 }] });
    // Who asks what was done gets those too, with their heads alone.
    const [first, second] = store.historySince(0, 2).records;
    expect(first).toMatchObject({ position: 1, changes: [expect.anything()] });
    expect(second).toMatchObject({ position, changes: null });
    expect(store.historySince(99)).toEqual({ records: [], isWhole: true });
  });

  test('a whole that would lock out the last administrator of the host is refused unless forced', async () => {
    await using host = await newStore();
    const from = { id: 'elsewhere', sender };
    const at = { position: 5, mark: 'm' };
    await expect(host.receiveAll(from, at, parseDocument(''))).rejects.toThrow(code('acl-last-administrator'));
    expect(host.followed).toBeNull();
    await host.receiveAll({ ...from, isForced: true }, at, parseDocument(''));
    expect(host.followed).toMatchObject({ position: 5 });
  });
});
