import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inlineHost, requirementsOf } from '@arpa2amqp/shell';
import { WorkDirectory } from '@arpa2amqp/testkit';
import fc from 'fast-check';
import { createShell } from '../src/index.js';
import { domainName, uuid } from '../src/names.js';
import { ReservoirShell } from './reservoir-shell.js';

const { table } = inlineHost(await createShell());

/** What a command is asked of the access control lists: rights, class and instances of each need; the word for all else. */
function asked(words: readonly string[]): unknown {
  const plan = table.planLine(words);
  if (!plan.ok) return plan.code;
  const required = requirementsOf(plan.description, plan.command);
  if (required.kind !== 'required') return required.kind;
  return required.requirements.map(({ rights, class: name, instances }) => [rights.join(''), name, ...instances]);
}

const DOMAIN = 'arpa2reservoir.domain';
const COLLECTION = 'arpa2reservoir.collection';
const WHOLE = 'arpa2reservoir';
const U = '01234567-89AB-cdef-0123-456789abcdef';
const u = U.toLowerCase();
const K = '11111111-2222-4333-8444-555555555555';
const X = '66666666-7777-4888-9999-aaaaaaaaaaaa';

describe('what a command needs', () => {
  test.each<[string, unknown]>([
    ['domain list', [['K', DOMAIN]]],
    ['domain add Orvelte.NEP', [['C', DOMAIN, 'orvelte.nep']]],
    ['domain del Orvelte.NEP', [['D', DOMAIN, 'orvelte.nep']]],
    ['domain del a.nep b.nep', [['D', WHOLE]]],
    ['index dn', 'open'],
    ['index domain A.nep', [['K', DOMAIN, 'a.nep']]],
    [`index collection ${U}`, [['K', COLLECTION, u]]],
    ['index path a b', [['R', WHOLE]]],
    ['index list', [['R', WHOLE]]],
    ['index list in domain A.nep', [['R', DOMAIN, 'a.nep']]],
    [`index list in collection ${U}`, [['R', COLLECTION, u]]],
    [
      `index add ${U} x`,
      [
        ['W', WHOLE],
        ['K', COLLECTION, u],
      ],
    ],
    [
      `index add in domain a.nep ${U} x`,
      [
        ['W', DOMAIN, 'a.nep'],
        ['K', COLLECTION, u],
      ],
    ],
    [
      `index add in collection ${X} ${U} x`,
      [
        ['W', COLLECTION, X],
        ['K', COLLECTION, u],
      ],
    ],
    ['index del x', [['W', WHOLE]]],
    ['index del in domain a.nep x', [['W', DOMAIN, 'a.nep']]],
    [`index del in collection ${U} x`, [['W', COLLECTION, u]]],
    ['collection list A.nep', [['R', DOMAIN, 'a.nep']]],
    ['collection list', [['R', WHOLE]]],
    ['collection add A.nep some words', [['C', COLLECTION, 'a.nep']]],
    [`collection del A.nep ${U}`, [['D', COLLECTION, u, 'a.nep']]],
    [`collection del a.nep ${U} ${X}`, [['D', WHOLE]]],
    [`resource list in ${U}`, [['R', COLLECTION, u]]],
    ['resource list', [['R', WHOLE]]],
    [`resource get in ${U} ${K}`, [['R', COLLECTION, u]]],
    [`resource get ${K}`, [['R', WHOLE]]],
    [`resource add in ${U} name=x`, [['C', COLLECTION, u]]],
    ['resource add name=x', [['C', WHOLE]]],
    [`resource set in ${U} ${K} name=x`, [['W', COLLECTION, u]]],
    [`resource set in ${U} ${K}`, [['W', COLLECTION, u]]],
    [`resource set ${K} name=x`, [['W', WHOLE]]],
    [`resource set ${K}`, [['W', WHOLE]]],
    [`resource del in ${U} ${K} ${X}`, [['D', COLLECTION, u]]],
    [`resource del ${K}`, [['D', WHOLE]]],
    [`resource del ${K} ${X}`, [['D', WHOLE]]],
  ])('%s', (line, expected) => {
    expect(asked(line.split(' '))).toEqual(expected);
  });
});

test.each([
  ['domain list', 'read'],
  ['domain add a.nep', 'change'],
  ['domain del a.nep b.nep', 'change'],
  ['index dn', 'read'],
  ['index domain a.nep', 'read'],
  [`index collection ${U}`, 'read'],
  ['index path a', 'read'],
  ['index list', 'read'],
  [`index list in collection ${U}`, 'read'],
  [`index add ${U} x`, 'change'],
  [`index add in domain a.nep ${U} x`, 'change'],
  ['index del x', 'change'],
  [`index del in collection ${U} x`, 'change'],
  ['collection list', 'read'],
  ['collection list a.nep', 'read'],
  [`collection del a.nep ${U}`, 'change'],
  ['resource list', 'read'],
  [`resource list in ${U}`, 'read'],
  [`resource get ${K}`, 'read'],
  [`resource get in ${U} ${K}`, 'read'],
  [`resource add in ${U} name=x`, 'change'],
  ['resource add name=x', 'change'],
  [`resource set ${K}`, 'change'],
  [`resource del ${K}`, 'change'],
])('%s: %s', (line, effect) => {
  const plan = table.planLine(line.split(' '));
  expect(plan.ok && plan.effect).toBe(effect);
});

test('what the lists are asked about is what the command changes', () => {
  const text = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_*.@+-]{0,9}$/),
    fc.uuid().map((id) => id.toUpperCase()),
    fc.constantFrom('Orvelte.NEP', 'orvelte.nep.', '\u212a.nep', 'a b.nep', `${U} `, `{${U}}`),
    fc.string(),
  );
  const either = (make: () => string): string | null => {
    try {
      return make();
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(text, (word) => {
      const instanceOf = (...words: readonly string[]): unknown => (asked(words) as string[][])[0]?.[2];
      const domain = either(() => domainName(word));
      if (domain !== null) {
        expect(instanceOf('domain', 'del', word)).toBe(domain);
        expect(instanceOf('index', 'list', 'in', 'domain', word)).toBe(domain);
        expect(instanceOf('collection', 'add', word, 'x')).toBe(domain);
      }
      const id = either(() => uuid(word, 'collection'));
      if (id === null) return;
      expect(instanceOf('resource', 'get', 'in', word, K)).toBe(id);
      expect(instanceOf('index', 'collection', word)).toBe(id);
      expect(instanceOf('collection', 'del', 'a.nep', word)).toBe(id);
    }),
    { numRuns: 1000 },
  );
});

describe('whoever may use no more than one collection', () => {
  let folder: WorkDirectory;
  let shell: ReservoirShell;
  beforeAll(async () => {
    folder = new WorkDirectory('arpa2reservoir');
    shell = await ReservoirShell.open({ directory: { file: folder.file('reservoir.mdb') }, data: folder.file('data') });
  });
  afterAll(async () => {
    await shell[Symbol.asyncDispose]();
    folder.remove();
  });

  test('cannot reach another one with any words that need no other right', async () => {
    const [mine, theirs] = [await shell.addCollection('mine.nep'), await shell.addCollection('theirs.nep')];
    await shell.prepare(
      `index add in domain theirs.nep ${theirs} secretname`,
      // Keeps it from being deleted.
      `index add in domain theirs.nep ${mine} pinned`,
      `index add in domain mine.nep ${theirs} away`,
    );
    const hidden = await shell.addResource(theirs, 'the secret data', 'name=hidden', 'type=a/b');
    const own = await shell.addResource(mine, 'mine');
    const look = [
      'domain list',
      'collection list theirs.nep',
      `resource get ${hidden}`,
      'index list in domain theirs.nep',
    ];
    const before = await shell.prepare(...look);

    const choices: Readonly<Record<string, readonly string[]>> = {
      U: [mine, mine, theirs],
      D: ['mine.nep', 'theirs.nep'],
      K: [hidden, own],
      N: ['secretname', 'away', 'x'],
      V: ['name=x', 'description=y'],
    };
    const forms = [
      ...[
        'domain list',
        'domain add D',
        'domain del D',
        'domain del D D',
        'index dn',
        'index domain D',
        'index collection U',
      ],
      ...['index path N', 'index path N N', 'index list', 'index list in domain D', 'index list in collection U'],
      ...['index add U x', 'index add in domain D U x', 'index add in collection U U x', 'index del N'],
      ...['index del in domain D x', 'index del in collection U x', 'collection list D', 'collection list'],
      ...[
        'collection add D words',
        'collection del D U',
        'collection del D U U',
        'resource list in U',
        'resource list',
      ],
      ...[
        'resource get in U K',
        'resource get K',
        'resource add in U name=x type=a/b data=x',
        'resource add name=x type=a/b data=x',
      ],
      ...[
        'resource set in U K V',
        'resource set K V',
        'resource del in U K',
        'resource del in U K K',
        'resource del K K',
      ],
    ];
    const line = fc
      .constantFrom(...forms)
      .chain((form) => fc.tuple(...form.split(' ').map((word) => fc.constantFrom(...(choices[word] ?? [word])))));
    const isMine = ([, name, ...instances]: string[]): boolean =>
      name !== WHOLE && instances.some((instance) => instance === mine || instance === 'mine.nep');
    let succeeded = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 2, maxLength: 6 }), async (lines) => {
        // What the daemon would let through.
        const granted = lines.filter((words) => {
          const needs = asked(words);
          return needs === 'open' || (Array.isArray(needs) && (needs as string[][]).every(isMine));
        });
        const replies = await shell.batch(granted.map((words) => words.join(' ')));
        const given = replies.filter(({ stderr_ }) => stderr_ === undefined);
        succeeded += given.length;
        expect(JSON.stringify(given)).not.toMatch(/the secret data|hidden|secretname/);
        expect(JSON.stringify(replies)).not.toMatch(/pinned/);
      }),
      { numRuns: 150 },
    );
    expect(succeeded).toBeGreaterThan(60);
    expect(await shell.refusal(`collection del mine.nep ${mine}`)).not.toMatch(/pinned|theirs/);
    expect(await shell.prepare(...look)).toEqual(before);
  });
});
