import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  AclError,
  AclStore,
  parseDocument,
  parseIdentity,
  parseRights,
  parseSelector,
  resourceOf,
  type Edit,
} from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'arpa2-acl-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const admin = parseIdentity('admin@example.com');
const by = 'test@example.com';
const zone = resourceOf('arpa2dns.zone', 'orvelte.nep');
const path = (name: string): string => join(folder, name);
const code = (name: string): unknown => expect.objectContaining({ code: name });
const grant = (selector: string, resource = zone): Edit => {
  return { kind: 'grant', resource, selector: parseSelector(selector), rights: parseRights('R') };
};

/** A store with short lists, a long one, groups, a log with a large record, and pages that are free again. */
async function fill(file: string): Promise<string> {
  await using store = await AclStore.create(file, admin);
  const lists = Array.from(
    { length: 300 },
    (_, index) => `acl arpa2dns.zone "z${index}.nep" %R u${index}@a.example %W @b.example`,
  );
  const long = Array.from({ length: 400 }, (_, index) => `user${index}@example.com`);
  const text = ['group ops@a.example u1@b.example', ...lists, `acl arpa2dns.zone "" %K ${long.join(' ')}`].join('\n');
  await store.importDocument(parseDocument(text), { by, mode: 'merge' });
  for (let index = 0; index < 20; index += 1) await store.update([grant(`late${index}@example.com`)], { by });
  return store.exportText();
}

/** Runs a program on the built package in a process of its own; `AclStore` and the parsers are in its scope. */
function program(body: string): string[] {
  const index = new URL('../dist/index.js', import.meta.url).href;
  const names = 'AclStore, AclError, parseIdentity, parseRights, parseSelector, resourceOf';
  return ['--input-type=module', '-e', `import { ${names} } from '${index}'; const file = process.argv[1]; ${body}`];
}

const run = promisify(execFile);
const ADD = `const zone = resourceOf('arpa2dns.zone', 'orvelte.nep');
  const add = (name) => ({ kind: 'grant', resource: zone, selector: parseSelector(name), rights: parseRights('R') });`;

describe('a file that is not whole', () => {
  test('is refused with what to do, wherever it is cut', async () => {
    const whole = path('whole.mdb');
    const text = await fill(whole);
    const { size } = statSync(whole);
    for (let at = 0; at < size; at += 4096 * 7 + 123) {
      const cut = path('cut.mdb');
      copyFileSync(whole, cut);
      truncateSync(cut, at);
      await expect(AclStore.open(cut)).rejects.toThrow(code('acl-damaged'));
      await expect(AclStore.open(cut)).rejects.toThrow(/restore it from a backup/);
      expect(statSync(cut).size).toBe(at);
    }
    await using store = await AclStore.open(whole);
    expect(store.exportText()).toBe(text);
  });

  test('is refused, or has lost nothing, wherever bytes are changed', async () => {
    const whole = path('flipped.mdb');
    const text = await fill(whole);
    const bytes = readFileSync(whole);
    let refused = 0;
    const places = [
      ...Array.from({ length: 120 }, (_, index) => (index * 7919 * 13) % bytes.length),
      ...Array.from({ length: 56 }, (_, index) => index * 3),
      ...Array.from({ length: 56 }, (_, index) => 4096 + index * 3 + 1),
    ];
    for (const [turn, place] of places.entries()) {
      const file = path(`flip${turn}.mdb`);
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ (1 << (turn % 8));
      writeFileSync(file, changed);
      try {
        await using store = await AclStore.open(file);
        expect([place, store.exportText()]).toEqual([place, text]);
      } catch (error) {
        if (!(error instanceof AclError)) throw error;
        expect([place, error.code]).toEqual([place, 'acl-damaged']);
        refused += 1;
      }
      rmSync(file);
    }
    expect(refused).toBeGreaterThan(50);
  });

  test.each([
    ['pages of zeros', (bytes: Buffer) => bytes.fill(0, 8192, 8192 + 4096 * 3)],
    ['pages in the places of others', (bytes: Buffer) => bytes.copy(bytes, 4096 * 5, 4096 * 6)],
    ['no meta page', (bytes: Buffer) => bytes.fill(0, 0, 4096)],
    ['another file', (bytes: Buffer) => bytes.fill('arpa2 ')],
  ])('is refused: %s', async (_, damage) => {
    const file = path('damaged.mdb');
    rmSync(file, { force: true });
    await fill(file);
    const bytes = readFileSync(file);
    damage(bytes);
    writeFileSync(file, bytes);
    await expect(AclStore.open(file)).rejects.toThrow(code('acl-damaged'));
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test('is told from one that is missing, and from one that is in the way', async () => {
    await expect(AclStore.open(path('none.mdb'))).rejects.toThrow(code('acl-missing'));
    writeFileSync(path('empty.mdb'), '');
    await expect(AclStore.open(path('empty.mdb'))).rejects.toThrow(code('acl-damaged'));
    await expect(AclStore.create(path('empty.mdb'), admin)).rejects.toThrow(code('acl-exists'));
    await expect(AclStore.create(path('no/folder.mdb'), admin)).rejects.toThrow(code('acl-missing'));
    mkdirSync(path('folder.mdb'));
    await expect(AclStore.open(path('folder.mdb'))).rejects.toThrow(code('acl-unavailable'));
  });

  test('is made at once: two who make it at the same time make one', async () => {
    const file = path('race.mdb');
    const tries = await Promise.allSettled([
      AclStore.create(file, admin),
      AclStore.create(file, parseIdentity('eve@example.com')),
    ]);
    const stores = tries.flatMap((tried) => (tried.status === 'fulfilled' ? [tried.value] : []));
    expect(stores).toHaveLength(1);
    expect(tries).toContainEqual({ status: 'rejected', reason: code('acl-exists') });
    await stores[0]!.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-lock`).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('several processes', () => {
  test('each sees what another has just changed', async () => {
    await using store = await AclStore.create(path('seen.mdb'), admin);
    const who = parseIdentity('john@example.com');
    expect(store.decide(who, 'R', [zone]).isGranted).toBe(false);
    const change = `${ADD} const store = await AclStore.open(file); await store.update([add('john@example.com')], { by: 'child' }); await store.close();`;
    await run(process.execPath, [...program(change), path('seen.mdb')]);
    expect(store.decide(who, 'R', [zone]).isGranted).toBe(true);
    expect(store.changesSince(1)).toMatchObject({ isComplete: true, records: [{ by: 'child' }] });
  });

  test('two administrators who edit one list at once lose nothing', async () => {
    const file = path('shared.mdb');
    await using store = await AclStore.create(file, admin);
    const edit = `${ADD}
      const store = await AclStore.open(file);
      for (let n = 0; n < 60; n += 1) for (;;) {
        const { serial, list } = store.readList(zone);
        const longer = new Map([...list, [parseSelector(process.argv[2] + n + '@example.com'), parseRights('R')]]);
        try {
          await store.update([{ kind: 'replace', resource: zone, list: longer }], { by: process.argv[2], expected: [{ resource: zone, serial }] });
          break;
        } catch (error) { if (error.code !== 'acl-conflict') throw error; }
      }
      await store.close();`;
    await Promise.all(['ann', 'bob'].map(async (name) => await run(process.execPath, [...program(edit), file, name])));
    expect(store.readList(zone).list.size).toBe(120);
    expect(store.readList(zone).serial).toBe(120);
    expect(store.position).toBe(121);
  });

  test('one that is killed while it writes leaves a whole store behind', async () => {
    const file = path('killed.mdb');
    await using store = await AclStore.create(file, admin);
    const write = `${ADD}
      const store = await AclStore.open(file);
      for (let n = 0; ; n += 2) { await store.update([add('a' + n + '@example.com'), add('b' + n + '@example.com')], { by: 'child' }); if (n === 20) console.log('at work'); }`;
    const child = spawn(process.execPath, [...program(write), file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using again = await AclStore.open(file);
    const { list } = again.readList(zone);
    expect(list.size).toBeGreaterThanOrEqual(22);
    expect(list.size % 2).toBe(0);
    expect(again.position).toBe(1 + list.size / 2);
    await store.update([grant('after@example.com')], { by });
    expect(again.readList(zone).list.size).toBe(list.size + 1);
  });

  test('a disk that is full refuses the change as a whole, and the store goes on', async () => {
    const file = path('full.mdb');
    await (await AclStore.create(file, admin)).close();
    // The limit on the size of files stands in for the disk: Node ignores the signal, so that writes fail as they do on a full one.
    const write = `${ADD}
      const store = await AclStore.open(file);
      let error;
      let n = 0;
      while (error === undefined && n < 5000) { n += 1; await store.update(Array.from({ length: 40 }, (_, i) => add('u' + n + 'x' + i + '@example.com')), { by: 'child' }).catch((e) => { error = e; }); }
      const { list } = store.readList(zone);
      await store.close();
      console.log(JSON.stringify({ code: error?.code, message: error?.message, retryable: error?.retryable, n, size: list.size }));`;
    const { stdout } = await run('sh', [
      '-c',
      'ulimit -f 800; exec "$@"',
      'sh',
      process.execPath,
      ...program(write),
      file,
    ]);
    const told = JSON.parse(stdout) as { code: string; message: string; retryable: boolean; n: number; size: number };
    expect(told).toMatchObject({
      code: 'acl-full',
      retryable: true,
      message: expect.stringMatching(/nothing was changed/),
    });
    expect(told.size).toBe((told.n - 1) * 40);
    await using store = await AclStore.open(file);
    expect(store.readList(zone).list.size).toBe(told.size);
    await store.update([grant('more@example.com')], { by });
    expect(store.readList(zone).list.size).toBe(told.size + 1);
  });
});
