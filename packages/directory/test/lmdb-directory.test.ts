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
import { checkDirectoryOptions, DirectoryError, openDirectory, type Change, type Directory } from '../src/index.js';
import { add, code, dump } from './fixture.js';
import { KINDS, box, person } from './kinds.js';

const folder = mkdtempSync(join(tmpdir(), 'arpa2-directory-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const open = async (file: string): Promise<Directory> => await openDirectory({ file }, { kinds: KINDS });

/** A file with a deep tree, a wide one, references, a large value, and pages that are free again unless all is to be in use. */
async function fill(file: string, isAllInUse = false): Promise<readonly unknown[]> {
  await using directory = await open(file);
  const id = '00000000-0000-4000-8000-000000000001';
  const deep = Array.from({ length: 20 }, (_, index) => add(box(...Array.from({ length: index + 1 }, () => 'deep'))));
  const wide = Array.from({ length: 150 }, (_, index) =>
    add(person(`p${index}`), { references: { friends: [id] }, values: { name: ['N'] } }),
  );
  const notes = { notes: ['x'.repeat(15_000)] };
  await directory.apply([...deep, add(box('a'), { values: notes }), add(person('first'), { id }), ...wide]);
  if (isAllInUse) return await dump(directory);
  for (let index = 0; index < 40; index += 1) {
    await directory.apply([{ op: 'set', path: person(`p${index}`), values: { name: [`N${index}`] } }]);
  }
  await directory.apply(
    Array.from({ length: 40 }, (_, index): Change => ({ op: 'remove', path: person(`p${index + 100}`) })),
  );
  return await dump(directory);
}

/** A program on the built package, in a process of its own. */
function program(body: string): string[] {
  const index = new URL('../dist/index.js', import.meta.url).href;
  const kinds = JSON.stringify(KINDS.map((kind) => ({ ...kind, key: kind.key.source })));
  const head = `import { openDirectory } from '${index}';
    const kinds = ${kinds}.map((kind) => ({ ...kind, key: new RegExp(kind.key, 'u') }));
    const directory = await openDirectory({ file: process.argv[1] }, { kinds });
    const add = (...keys) => ({ op: 'add', path: keys.map((key) => ['box', key]) });`;
  return ['--input-type=module', '-e', head + body];
}

const run = promisify(execFile);

describe('a file that is not whole', () => {
  test('is refused with what to do, wherever it is cut', async () => {
    const whole = at('whole.mdb');
    const before = await fill(whole);
    const { size } = statSync(whole);
    for (let length = 0; length < size; length += 4096 * 9 + 123) {
      const cut = at('cut.mdb');
      copyFileSync(whole, cut);
      truncateSync(cut, length);
      await expect(open(cut)).rejects.toThrow(code('directory-damaged'));
      await expect(open(cut)).rejects.toThrow(/cut or corrupted.*restore it from a backup/);
      expect(statSync(cut).size).toBe(length);
    }
    await using directory = await open(whole);
    expect(await dump(directory)).toEqual(before);
  });

  test('is refused, or has lost nothing, wherever bytes are changed', async () => {
    const whole = at('flipped.mdb');
    const before = await fill(whole, true);
    const bytes = readFileSync(whole);
    let refused = 0;
    for (let turn = 0; turn < 25; turn += 1) {
      const file = at(`flip${turn}.mdb`);
      const changed = Buffer.from(bytes);
      const place = (turn * 7919 * 13) % bytes.length;
      changed[place] = (changed[place] ?? 0) ^ (1 << (turn % 8));
      writeFileSync(file, changed);
      try {
        await using directory = await open(file);
        expect([place, await dump(directory)]).toEqual([place, before]);
      } catch (error) {
        if (!(error instanceof DirectoryError)) throw error;
        expect([place, error.code]).toEqual([place, 'directory-damaged']);
        refused += 1;
      }
      rmSync(file);
    }
    expect(refused).toBeGreaterThan(2);
  });

  test('is told from one that cannot be made, and from what is no file', async () => {
    writeFileSync(at('empty.mdb'), '');
    await expect(open(at('empty.mdb'))).rejects.toThrow(code('directory-damaged'));
    expect(statSync(at('empty.mdb')).size).toBe(0);
    mkdirSync(at('folder.mdb'));
    await expect(open(at('folder.mdb'))).rejects.toThrow(code('directory-unavailable'));
    await expect(open(at('no/folder.mdb'))).rejects.toMatchObject({
      code: 'directory-unavailable',
      message: expect.stringContaining('make the folder'),
    });
  });
});

describe('several processes', () => {
  test('may make the file at the same time, and nobody else may read it', async () => {
    const file = at('new.mdb');
    const directories = await Promise.all([open(file), open(file)]);
    const { stdout } = await run(process.execPath, [
      ...program(`await directory.apply([add('a')]); await directory.close(); console.log('made');`),
      file,
    ]);
    expect(stdout).toBe('made\n');
    for (const directory of directories) {
      expect(await directory.list([], 'box')).toHaveLength(1);
      await directory.close();
    }
    for (const name of [file, `${file}-lock`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('of which one is killed while it writes leave whole changes behind', async () => {
    const file = at('killed.mdb');
    await using directory = await open(file);
    const write = `for (let n = 0; ; n += 1) {
      await directory.apply([add('b' + n), add('b' + n, 'inner')]);
      if (n === 20) console.log('at work');
    }`;
    const child = spawn(process.execPath, [...program(write), file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using again = await open(file);
    const boxes = await again.list([], 'box');
    expect(boxes.length).toBeGreaterThan(20);
    for (const { path } of boxes) expect(await again.list(path, 'box')).toHaveLength(1);
    await directory.apply([add(box('after'))]);
    expect(await again.get(box('after'))).not.toBeNull();
  });

  test('that find the disk full change nothing, and go on', async () => {
    const file = at('full.mdb');
    await (await open(file)).close();
    // The limit on the size of files stands in for the disk: Node ignores the signal, so that writes fail as they do on a full one.
    const write = `let error, n = 0;
      while (error === undefined && n < 5000) {
        const changes = [add('b' + n), ...Array.from({ length: 40 }, (_, i) => add('b' + n, 'i' + i))];
        await directory.apply(changes).then(() => { n += 1; }, (e) => { error = e; });
      }
      const count = (await directory.list([], 'box')).length;
      await directory.close();
      console.log(JSON.stringify({ code: error?.code, message: error?.message, retryable: error?.retryable, n, count }));`;
    const limited = ['-c', 'ulimit -f 800; exec "$@"', 'sh', process.execPath, ...program(write), file];
    const told = JSON.parse((await run('sh', limited)).stdout) as { n: number; count: number };
    expect(told).toMatchObject({
      code: 'directory-full',
      retryable: true,
      message: expect.stringMatching(/nothing was changed; free some space around/),
    });
    expect(told.count).toBe(told.n);
    await using directory = await open(file);
    expect(await directory.list([], 'box')).toHaveLength(told.n);
    await directory.apply([add(box('more'))]);
  });
});

test('a long row of reads can be stopped, as others have their turn in between', async () => {
  await using directory = await open(at('turns.mdb'));
  const controller = new AbortController();
  setImmediate(() => controller.abort(new Error('stopped')));
  const readMany = async (): Promise<void> => {
    for (let count = 0; count < 10_000; count += 1) await directory.get(box('none'), { signal: controller.signal });
  };
  await expect(readMany()).rejects.toThrow('stopped');
});

test('ten thousand entries are made and listed in no time', async () => {
  await using directory = await open(at('many.mdb'));
  const people = Array.from({ length: 10_000 }, (_, index) => add(person(`p${index}`)));
  await directory.apply([add(box('a')), ...people]);
  const start = performance.now();
  expect(await directory.list(box('a'), 'person')).toHaveLength(10_000);
  expect(await directory.list(box('a'), 'person', { prefix: 'p99', limit: 100 })).toHaveLength(100);
  // A twentieth of this on an idle machine.
  expect(performance.now() - start).toBeLessThan(5000);
});

describe('the configuration', () => {
  test('has the file that the host says, unless it names one', async () => {
    const contents = { kinds: KINDS, defaultFile: at('default.mdb') };
    for (const [options, name] of [
      [undefined, 'default.mdb'],
      [{ store: 'lmdb' }, 'default.mdb'],
      [{ file: at('named.mdb') }, 'named.mdb'],
    ] as const) {
      await using directory = await openDirectory(options, contents);
      await directory.apply([]);
      expect(statSync(at(name)).isFile()).toBe(true);
    }
    await expect(openDirectory({}, { kinds: KINDS })).rejects.toThrow(code('directory-config'));
  });

  test.each<[string, unknown]>([
    ['unknown key "fill" in the document, did you mean "file"', { fill: '/x' }],
    ['"file" must match', { file: 'relative.mdb' }],
    ['"store" must be one of', { store: 'sql' }],
    ['must be of type object', 'lmdb'],
    ['lacks "url"', { store: 'ldap', base: 'o=x' }],
    ['unknown key "file"', { store: 'ldap', url: 'ldapi://%2Fx', base: 'o=x', file: '/x' }],
    ['none of ldapi://', { store: 'ldap', url: 'http://x', base: 'o=x' }],
    ['none of ldapi://', { store: 'ldap', url: 'ldap://x/o=x??sub', base: 'o=x' }],
    ['no path of a socket', { store: 'ldap', url: 'ldapi://relative', base: 'o=x' }],
    ['no path of a socket', { store: 'ldap', url: 'ldapi://%', base: 'o=x' }],
    ['no path of a socket', { store: 'ldap', url: `ldapi://%2F${'x'.repeat(110)}`, base: 'o=x' }],
    ['no host and port', { store: 'ldap', url: 'ldaps://x:99999', base: 'o=x' }],
    ['no host and port', { store: 'ldap', url: 'ldaps://::1', base: 'o=x' }],
    ['"x" in base is no DN', { store: 'ldap', url: 'ldapi://%2Fx', base: 'x' }],
    ['in base is no DN', { store: 'ldap', url: 'ldapi://%2Fx', base: 'o="x"' }],
    [
      'in bind.dn is no DN',
      { store: 'ldap', url: 'ldaps://x', base: 'o=x', bind: { dn: 'admin', passwordFile: '/x' } },
    ],
    ['lacks "bind"', { store: 'ldap', url: 'ldaps://x', base: 'o=x' }],
    ['no certificate', { store: 'ldap', url: 'ldapi://%2Fx', base: 'o=x', ca: '/x' }],
    ['"timeoutMs" must be', { store: 'ldap', url: 'ldapi://%2Fx', base: 'o=x', timeoutMs: 1 }],
  ])('is refused: %s', (words, options) => {
    expect(() => checkDirectoryOptions(options)).toThrow(code('directory-config'));
    expect(() => checkDirectoryOptions(options)).toThrow(words);
  });

  test.each<[unknown]>([
    [{ store: 'ldap', url: 'ldapi://%2Frun%2Fslapd%2Fldapi', base: 'ou=IdentityHub, o=a\\2Cb\\, c, dc=x' }],
    [{ store: 'ldap', url: 'ldaps://[::1]:636/', base: 'o=x', bind: { dn: 'cn=x,o=x', passwordFile: '/x' } }],
    [
      {
        store: 'ldap',
        url: 'ldap://ldap.example.com',
        base: 'o=x',
        bind: { dn: 'cn=x,o=x', passwordFile: '/x' },
        ca: '/x',
      },
    ],
    [null],
  ])('%j is fine', (options) => {
    expect(checkDirectoryOptions(options)).toEqual(options ?? {});
  });

  test('does not open with kinds that contradict one another', async () => {
    const [first, second, ...others] = KINDS as [(typeof KINDS)[0], (typeof KINDS)[0], ...typeof KINDS];
    const open = async (...kinds: typeof KINDS): Promise<unknown> =>
      await openDirectory({ file: at('kinds.mdb') }, { kinds });
    await expect(open(first)).rejects.toThrow('which is no kind');
    await expect(open(first, first)).rejects.toThrow('Two kinds have one name');
    await expect(open(first, { ...second, namespace: 'other' }, ...others)).rejects.toThrow('must share both');
    await expect(open(first, { ...second, ldap: { ...second.ldap, rdn: 'cn' } }, ...others)).rejects.toThrow('twice');
    await expect(open(first, { ...second, ldap: { ...second.ldap, attributes: {} } }, ...others)).rejects.toThrow(
      'no LDAP attribute',
    );
    const confused = { ...second.ldap, objectClasses: ['testBoxObject', 'x'] };
    await expect(open(first, { ...second, ldap: confused }, ...others)).rejects.toThrow('cannot be told apart');
  });
});
