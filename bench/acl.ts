import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AclStore, chainOf, parseDocument, parseIdentity, type Identity, type ResourceChain } from '@arpa2amqp/acl';
import { report, say } from './report.js';

const LISTS = 50_000;
const ENTRIES_PER_LIST = 19;
const LONG_LIST = 50_000;
const DECISIONS = 100_000;
const TURNS = 5;

const user = (index: number): string => `user${index}@d${index % 1000}.example.com`;
const zone = (index: number): string => `zone${index}.example.net`;

/** 1,000,000 entries: many short lists, and one so long that each entry is a record of its own. */
function document(): string {
  const lists = Array.from({ length: LISTS }, (_, list) => {
    const users = Array.from({ length: ENTRIES_PER_LIST }, (__, entry) => user(list * ENTRIES_PER_LIST + entry));
    return `acl arpa2dns.zone "${zone(list)}" %RW ${users.join(' ')}`;
  });
  const many = Array.from({ length: LONG_LIST }, (_, index) => user(index));
  return [...lists, `acl arpa2dns.zone "" %R @. %RW ${many.join(' ')}`, 'acl arpa2acl "" %A admin@example.com'].join(
    '\n',
  );
}

interface Question {
  readonly identity: Identity;
  readonly chain: ResourceChain;
}

/** What is asked, far apart from one question to the next, so that no cache of the processor helps. */
function questions(identityOf: (list: number) => string): readonly Question[] {
  return Array.from({ length: DECISIONS }, (_, index) => {
    const list = (index * 7919) % LISTS;
    return { identity: parseIdentity(identityOf(list)), chain: chainOf('arpa2dns.zone', zone(list)) };
  });
}

const ASKED = {
  'acl-decision-named': (list: number) => user(list * ENTRIES_PER_LIST + 7),
  'acl-decision-by-default': (list: number) => `${user(list)}.elsewhere.org`,
} as const;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function microseconds(asked: readonly Question[], ask: (question: Question) => boolean): number {
  const start = performance.now();
  let granted = 0;
  for (const question of asked) if (ask(question)) granted += 1;
  if (granted !== asked.length) throw new Error(`${granted} of ${asked.length} granted`);
  return ((performance.now() - start) * 1000) / asked.length;
}

/** One decision with 1,000,000 entries in the store, against one look-up in a Map of as many. */
export async function acl(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'arpa2-bench-'));
  const path = join(folder, 'acl.mdb');
  try {
    const made = await AclStore.create(path, parseIdentity('admin@example.com'));
    const start = performance.now();
    await made.importDocument(parseDocument(document()), { by: 'bench', mode: 'replace' });
    say(`import: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    await made.close();
    const opening = performance.now();
    await using store = await AclStore.open(path);
    report({ bench: 'acl-open-1000000-entries', ours: performance.now() - opening, reference: null, unit: 'ms' });
    const map = new Map<string, string>();
    for (let index = 0; index < LISTS * ENTRIES_PER_LIST; index += 1) {
      map.set(`${zone(Math.floor(index / ENTRIES_PER_LIST))} ${user(index)}`, '%RW');
    }
    for (const [bench, identityOf] of Object.entries(ASKED)) {
      const asked = questions(identityOf);
      const ours: number[] = [];
      const reference: number[] = [];
      for (let turn = 0; turn < TURNS; turn += 1) {
        ours.push(microseconds(asked, ({ identity, chain }) => store.decide(identity, 'R', chain).isGranted));
        reference.push(
          microseconds(asked, ({ identity, chain: [{ instance }] }) => map.get(`${instance} ${identity}`) !== ''),
        );
      }
      report({ bench, ours: median(ours), reference: median(reference), unit: 'us' });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
