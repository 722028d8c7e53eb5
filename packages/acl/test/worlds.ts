import fc from 'fast-check';
import {
  RIGHTS,
  parseIdentity,
  parseRights,
  parseSelector,
  resourceOf,
  type AccessList,
  type AclReader,
  type Identity,
  type Resource,
  type Right,
} from '../src/index.js';
import { nameOf, type World } from './reference.js';

/** Few names, so that what is random meets often. */
const domain = fc.constantFrom('a', 'b.a', 'c.b.a', 'x.c.b.a', 'bb.a', 'b');
const user = fc.constantFrom('u', 'v', 'w');
const group = fc.constantFrom('g', 'h', 'i', 'k');

const userIdentity = fc
  .tuple(user, fc.constantFrom('', '', '+x', '+y', '+x+y'), domain)
  .map(([u, a, d]) => `${u}${a}@${d}`);
/** A caller may well have the name of a group, or one with an alias on it. */
const namesake = fc
  .tuple(group, fc.constantFrom('', '+x'), fc.constantFrom('a', 'b.a'))
  .map(([g, a, d]) => `${g}${a}@${d}`);
const serviceIdentity = fc.tuple(fc.constantFrom('+u', '+smtp', '+a+b'), domain).map(([s, d]) => `${s}@${d}`);
export const groupIdentity = fc.tuple(group, fc.constantFrom('a', 'b.a')).map(([g, d]) => parseIdentity(`${g}@${d}`));

export const identity: fc.Arbitrary<Identity> = fc.oneof(
  { weight: 4, arbitrary: userIdentity.map(parseIdentity) },
  { weight: 1, arbitrary: serviceIdentity.map(parseIdentity) },
  { weight: 1, arbitrary: namesake.map(parseIdentity) },
);

const domainSelector = fc
  .tuple(fc.constantFrom('@', '@', '+@'), fc.constantFrom('', '.'), domain)
  .map(([at, dot, d]) => parseSelector(`${at}${dot}${d}`));

export const selector = fc.oneof(
  { weight: 4, arbitrary: identity },
  { weight: 3, arbitrary: groupIdentity },
  { weight: 3, arbitrary: domainSelector },
  { weight: 1, arbitrary: fc.constantFrom('@.', '+@.').map(parseSelector) },
);

export const rights = fc.subarray(Object.keys(RIGHTS)).map((letters) => parseRights(`%${letters.join('')}`));
export const right: fc.Arbitrary<Right> = fc.constantFrom('C', 'D', 'W', 'R', 'K', 'O', 'A');
export const list: fc.Arbitrary<AccessList> = fc
  .uniqueArray(fc.tuple(selector, rights), { selector: ([s]) => s, maxLength: 8 })
  .map((entries) => new Map(entries));

export const RESOURCES: readonly [Resource, Resource, Resource] = [
  resourceOf('arpa2dns.zone', 'www.orvelte.nep aaaa'),
  resourceOf('arpa2dns.zone', 'orvelte.nep'),
  resourceOf('arpa2dns.zone'),
];

const members = fc.uniqueArray(fc.oneof(identity, groupIdentity), { maxLength: 3 });

/** Lists and groups; the groups may well contain one another in circles. */
export const world: fc.Arbitrary<World> = fc
  .record({
    lists: fc.tuple(list, list, list),
    groups: fc.uniqueArray(fc.tuple(groupIdentity, members), { selector: ([g]) => g, maxLength: 6 }),
  })
  .map(({ lists, groups }) => ({
    lists: new Map(RESOURCES.map((resource, index) => [nameOf(resource), lists[index] ?? new Map()])),
    members: new Map(groups),
  }));

/** The plainest reader there is. */
export function readerOf({ lists, members: membersOf }: World): AclReader {
  return {
    listOf(resource) {
      const found = lists.get(nameOf(resource));
      return found === undefined || found.size === 0 ? undefined : { rightsOf: (s) => found.get(s) };
    },
    groupsOf: (member) => [...membersOf].filter(([, all]) => all.includes(member)).map(([name]) => name),
    isGroup: (name) => membersOf.has(name),
  };
}
