import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDirectory, type Change, type Directory, type Path } from '@arpa2amqp/directory';
import { describeWith, waitUntil, WorkDirectory } from '@arpa2amqp/testkit';
import fc from 'fast-check';
import { BlobFolder } from '../src/blob-folder.js';
import { BlobStore } from '../src/blob-store.js';
import { KINDS } from '../src/kinds.js';
import { bytesOf, MAX_DATA_BYTES, printed } from '../src/resource-data.js';
import { dataOf, filesOf, header, ReservoirShell, STORES, type TestStore } from './reservoir-shell.js';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const placeOf = (folder: string, digest: string): string => path.join(folder, digest.slice(0, 2), digest.slice(2));
const BINARY = ['name=x', 'type=application/octet-stream', 'encoding=base64'];

for (const kind of STORES) {
  describeWith(kind.parts, `data of a reservoir in ${kind.name}`, () => {
    let store: TestStore;
    let data: string;
    let shell: ReservoirShell;
    let colluuid: string;

    beforeAll(async () => {
      store = await kind.start();
      const options = store.fresh();
      ({ data } = options);
      shell = await ReservoirShell.open(options);
      colluuid = await shell.addCollection('data.nep');
    });
    afterAll(async () => {
      await shell[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    });

    const get = async (key: string): Promise<Buffer> => dataOf(await shell.run(`resource get in ${colluuid} ${key}`));

    test.each([
      '',
      '\n',
      '\n\nx',
      'no last line end',
      'Name: forged\nContent-Length: 1\n\nbody\n',
      '{"error_":{"code":"denied"}}',
      '{"do_": "x"}\n',
      '{"members": "of the reply"}',
      ' \t\n{"a":1}\n\n',
      '[1,2]',
      '"text"',
      '{not json}',
      '\ufeff{"a":1}',
      '\ufeffmark',
      'a\r\nb\r\n',
      '\u0000\u0001\u001b[31m\u2028\u0085',
      '\ud83d\udcdc gr\u00fcn',
    ])('text comes back exactly: %j', async (text) => {
      const key = await shell.addResource(colluuid, text);
      const reply = await shell.run(`resource get in ${colluuid} ${key}`);
      expect(dataOf(reply).toString('utf8')).toBe(text);
      expect(Object.keys(reply).sort()).toEqual(['headers_', 'stdout_']);
      expect(reply.headers_).toEqual(
        expect.arrayContaining([
          ['Resource', key],
          ['Content-Type', 'text/plain'],
          ['Name', 'test'],
        ]),
      );
    });

    test('any text and any bytes come back exactly', async () => {
      const json = fc.jsonValue().map((value) => JSON.stringify(value));
      const lines = fc
        .array(fc.oneof(fc.stringMatching(/^[A-Za-z-]{1,9}: ?.{0,9}$/), fc.string(), json))
        .map((all) => all.join('\n'));
      const text = fc.oneof(fc.string({ unit: 'binary' }), json, lines).map((stdin) => {
        return { stdin, bytes: Buffer.from(stdin), words: [] as string[] };
      });
      const binary = fc.uint8Array({ maxLength: 300 }).map((array) => {
        const bytes = Buffer.from(array);
        return { stdin: bytes.toString('base64'), bytes, words: BINARY };
      });
      // Many at once: the disk writes them together.
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(text, binary), { minLength: 20, maxLength: 20 }), async (all) => {
          const roundTrip = async ({ stdin, bytes, words }: (typeof all)[number]): Promise<void> => {
            const key = await shell.addResource(colluuid, stdin, ...words);
            expect((await get(key)).equals(bytes)).toBe(true);
          };
          await Promise.all(all.map(roundTrip));
        }),
        { numRuns: 3 },
      );
    });

    test('as much as a resource may have comes back, also when all of it has to be escaped', async () => {
      for (const text of [
        'x'.repeat(MAX_DATA_BYTES),
        '\u0001'.repeat(MAX_DATA_BYTES),
        `{"a":"${'x'.repeat(MAX_DATA_BYTES - 8)}"}`,
      ]) {
        const key = await shell.addResource(colluuid, text);
        const reply = await shell.run(`resource get in ${colluuid} ${key}`);
        expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(1024 * 1024);
        expect(dataOf(reply).equals(Buffer.from(text))).toBe(true);
      }
    });

    test('the same content is one file, for as long as a resource has it', async () => {
      const options = store.fresh();
      await using fresh = await ReservoirShell.open(options);
      const [a, b] = [await fresh.addCollection('one.nep'), await fresh.addCollection('two.nep')];
      const digest = sha256('shared');
      const keys = await Promise.all(
        Array.from({ length: 8 }, async (_, index) => await fresh.addResource(index % 2 === 0 ? a : b, 'shared')),
      );
      keys.push(await fresh.addResource(a, Buffer.from('shared').toString('base64'), ...BINARY));
      expect(filesOf(options.data)).toEqual([digest]);
      expect((await stat(placeOf(options.data, digest))).mode & 0o777).toBe(0o600);
      expect((await stat(options.data)).mode & 0o777).toBe(0o700);
      const last = keys.pop()!;
      await Promise.all(keys.map(async (key) => await fresh.prepare(`resource del ${key}`)));
      expect(filesOf(options.data)).toEqual([digest]);
      expect(dataOf(await fresh.run(`resource get ${last}`)).toString()).toBe('shared');
      await fresh.prepare({ do_: 'resource set', key: last, 'var=val': ['encoding=text'], stdin_: 'other' });
      expect(filesOf(options.data)).toEqual([sha256('other')]);
      await fresh.prepare(`resource del ${last}`);
      expect(filesOf(options.data)).toEqual([]);
    });

    test('a file that is not what was stored is never given out', async () => {
      const [key, other] = [
        await shell.addResource(colluuid, 'original'),
        await shell.addResource(colluuid, 'neighbour'),
      ];
      const file = placeOf(data, sha256('original'));
      const told = async (): Promise<string> => await shell.refusal(`resource get in ${colluuid} ${key}`);
      const bytes = await readFile(file);
      bytes[3]! ^= 1;
      await writeFile(file, bytes);
      expect(await told()).toMatch(/^failed: The data was changed by other hands on the disk of the host/);
      await truncate(file, 3);
      expect(await told()).toMatch(/^failed: The data was changed by other hands/);
      await rm(file);
      await symlink(placeOf(data, sha256('neighbour')), file);
      expect(await told()).toMatch(/^failed: The data was changed by other hands/);
      await rm(file);
      expect(await told()).toMatch(/^failed: The data is missing on the disk/);
      expect(await shell.run(`resource list in ${colluuid}`)).toMatchObject({ resources: expect.anything() });
      // Whoever stores the same content heals it.
      await shell.addResource(colluuid, 'original');
      expect((await get(key)).toString()).toBe('original');
      expect((await get(other)).toString()).toBe('neighbour');
    });

    test('what a crash left behind is swept at the next start, and nothing else', async () => {
      const fresh = store.fresh();
      const folder = fresh.data;
      let first = await ReservoirShell.open(fresh);
      const collection = await first.addCollection('crash.nep');
      const keys: string[] = [];
      for (const text of ['kept', 'set aside']) keys.push(await first.addResource(collection, text));
      await first[Symbol.asyncDispose]();
      {
        // An entry that nothing refers to, with its file.
        await using directory = await openDirectory(fresh.directory, { kinds: KINDS });
        const digest = sha256('entry only');
        await directory.apply([{ op: 'add', path: [['blob', digest]], values: { size: ['10'] } }]);
        await writeData(folder, digest, 'entry only');
      }
      await writeData(folder, sha256('file only'), 'file only');
      await rename(
        placeOf(folder, sha256('set aside')),
        path.join(folder, 'old', `${sha256('set aside')}.${randomUUID()}`),
      );
      await writeFile(path.join(folder, 'old', `${sha256('gone')}.${randomUUID()}`), 'gone');
      await writeFile(path.join(folder, 'new', 'half'), 'half a fi');
      await writeFile(path.join(folder, 'new', 'young'), 'just being written');
      const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
      await utimes(path.join(folder, 'new', 'half'), hoursAgo, hoursAgo);
      first = await ReservoirShell.open(fresh);
      const left = [sha256('kept'), sha256('set aside'), 'new/young'].sort();
      await waitUntil(() => filesOf(folder).join() === left.join(), { what: 'the sweep' });
      for (const [index, text] of ['kept', 'set aside'].entries()) {
        expect(dataOf(await first.run(`resource get ${keys[index]!}`)).toString()).toBe(text);
      }
      await first[Symbol.asyncDispose]();
      await using directory = await openDirectory(fresh.directory, { kinds: KINDS });
      expect((await directory.list([], 'blob')).map(({ path: where }) => where[0]![1]).sort()).toEqual(
        [sha256('kept'), sha256('set aside')].sort(),
      );
    });

    test('data is not taken for leftovers by a directory that knows nothing of it', async () => {
      const [right, wrong] = [store.fresh(), store.fresh()];
      await using first = await ReservoirShell.open(right);
      const collection = await first.addCollection('moved.nep');
      for (const text of ['a', 'b', 'c']) await first.addResource(collection, text);
      const folder = await BlobFolder.open(right.data);
      await using other = await openDirectory(wrong.directory, { kinds: KINDS });
      const told = 'The directory knows 0 of 3 files of data, so none was removed';
      await expect(new BlobStore(other, folder).sweep(new AbortController().signal)).rejects.toThrow(told);
      expect(filesOf(right.data)).toHaveLength(3);
    });

    test('changes of one resource at once leave one of them, and no data of the others', async () => {
      const fresh = store.fresh();
      await using busy = await ReservoirShell.open(fresh);
      const key = await busy.addResource(await busy.addCollection('busy.nep'), 'first');
      const texts = ['second', 'third', 'fourth'];
      const replies = await Promise.all(
        texts.map(async (stdin_) => await busy.run({ do_: 'resource set', key, stdin_ })),
      );
      expect(replies.filter(({ stderr_ }) => stderr_ === undefined).length).toBeGreaterThan(0);
      const now = dataOf(await busy.run(`resource get ${key}`)).toString();
      expect(texts).toContain(now);
      expect(filesOf(fresh.data)).toEqual([sha256(now)]);
    });

    test('data that was changed while its resource is being deleted goes too', async () => {
      const fresh = store.fresh();
      await using busy = await ReservoirShell.open(fresh);
      const collection = await busy.addCollection('busy.nep');
      const keys = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => await busy.addResource(collection, `text ${index}`)),
      );
      // The last of them goes last: there is time to change it.
      await Promise.all([
        busy.run({ do_: 'resource set', key: keys.at(-1)!, stdin_: 'changed' }),
        busy.run({ do_: 'resource del', key: keys }),
      ]);
      expect(await busy.run(`resource list in ${collection}`)).toMatchObject({ resources: [] });
      expect(filesOf(fresh.data)).toEqual([]);
    });
  });
}

async function writeData(folder: string, digest: string, text: string): Promise<void> {
  await mkdir(path.dirname(placeOf(folder, digest)), { recursive: true });
  await writeFile(placeOf(folder, digest), text);
}

describe('adding and removing the same content at once', () => {
  const collection = randomUUID();
  const within: Path = [
    ['domain', 'race.nep'],
    ['collection', collection],
  ];
  let folder: WorkDirectory;
  let directory: Directory;
  let runs = 0;

  beforeAll(async () => {
    folder = new WorkDirectory('arpa2reservoir');
    directory = await openDirectory({ file: folder.file('reservoir.mdb') }, { kinds: KINDS });
    await directory.apply([
      { op: 'add', path: within.slice(0, 1) },
      { op: 'add', path: within, id: collection, values: { description: ['x'] } },
    ]);
    await add(new BlobStore(directory, await filesIn()), ANCHOR, randomUUID());
  });
  afterAll(async () => {
    await directory.close();
    folder.remove();
  });

  const { signal } = new AbortController();
  /** Is there all the time. */
  const ANCHOR = Buffer.from('anchor');
  const pathOf = (key: string): Path => [...within, ['resource', key]];
  const filesIn = async (): Promise<BlobFolder> => await BlobFolder.open(folder.file('data'));

  async function add(blobs: BlobStore, bytes: Buffer, key: string): Promise<void> {
    const plan = async ({ id, digest }: { id: string; digest: string }) => {
      const values = { name: ['x'], type: ['a/b'], encoding: ['text'], size: ['1'], digest: [digest] };
      const change: Change = { op: 'add', path: pathOf(key), id: key, values, references: { data: [id] } };
      return await Promise.resolve({ change, result: undefined });
    };
    await blobs.store(bytes, plan, signal);
  }

  async function remove(blobs: BlobStore, bytes: Buffer, key: string): Promise<void> {
    await directory.apply([{ op: 'remove', path: pathOf(key) }]);
    await blobs.release(sha256(bytes));
  }

  /** The same object, with something done before each call of some methods. */
  function before<T extends object>(target: T, names: readonly string[], act: (name: string) => Promise<void>): T {
    return new Proxy(target, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
        if (!names.includes(String(name))) return call;
        return async (...args: unknown[]) => {
          await act(String(name));
          return await call(...args);
        };
      },
    });
  }

  test('content that comes again while its file is being removed gets it back', async () => {
    const files = await filesIn();
    const bytes = Buffer.from('comes again');
    const [first, second] = [randomUUID(), randomUUID()];
    const calm = new BlobStore(directory, files);
    await add(calm, bytes, first);
    const remover = new BlobStore(
      directory,
      before(files, ['setAside'], async () => await add(calm, bytes, second)),
    );
    await remove(remover, bytes, first);
    expect((await calm.read(sha256(bytes), bytes.length)).equals(bytes)).toBe(true);
    await remove(calm, bytes, second);
    expect(filesOf(folder.file('data'))).toEqual([sha256(ANCHOR)]);
  });

  test('content that is removed while it comes again is written again', async () => {
    const files = await filesIn();
    const bytes = Buffer.from('goes meanwhile');
    const [first, second] = [randomUUID(), randomUUID()];
    const calm = new BlobStore(directory, files);
    await add(calm, bytes, first);
    let isRemoved = false;
    const removeOnce = async (): Promise<void> => {
      if (isRemoved) return;
      isRemoved = true;
      await remove(calm, bytes, first);
      expect(filesOf(folder.file('data'))).toEqual([sha256(ANCHOR)]);
    };
    await add(new BlobStore(before(directory, ['apply'], removeOnce), files), bytes, second);
    expect((await calm.read(sha256(bytes), bytes.length)).equals(bytes)).toBe(true);
    await remove(calm, bytes, second);
    expect(filesOf(folder.file('data'))).toEqual([sha256(ANCHOR)]);
  });

  test('keeps the file for as long as an entry refers to it, in whatever order the steps happen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 3 }), async (scheduler, others) => {
        runs += 1;
        const bytes = Buffer.from(`content ${runs}`);
        const files = await filesIn();
        const calm = new BlobStore(directory, files);
        const calls = ['get', 'referrers', 'apply', 'write', 'has', 'setAside', 'putBack', 'discard'];
        const turn = async (name: string): Promise<void> => await scheduler.schedule(Promise.resolve(), name);
        // Each party has its own, as if they were processes.
        const party = (): BlobStore => new BlobStore(before(directory, calls, turn), before(files, calls, turn));
        const [old, ...keys] = Array.from({ length: others + 1 }, () => randomUUID());
        await add(calm, bytes, old!);
        const adding = keys.map(async (key) => await add(party(), bytes, key));
        await scheduler.waitFor(Promise.all([remove(party(), bytes, old!), ...adding, party().sweep(signal)]));
        expect((await calm.read(sha256(bytes), bytes.length)).equals(bytes)).toBe(true);
        for (const key of keys) await remove(calm, bytes, key);
        await calm.sweep(signal);
        expect(filesOf(folder.file('data'))).toEqual([sha256(ANCHOR)]);
        expect(await directory.list([], 'blob')).toHaveLength(1);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the folder of the data', () => {
  let folder: WorkDirectory;
  beforeAll(() => {
    folder = new WorkDirectory('arpa2reservoir');
  });
  afterAll(() => {
    folder.remove();
  });

  test('is made in the state directory of the host, at the first command that needs it', async () => {
    const state = folder.file('state');
    await mkdir(state);
    await using shell = await ReservoirShell.open(undefined, { state });
    expect(filesOf(state)).toEqual([]);
    const colluuid = await shell.addCollection('state.nep');
    expect(filesOf(state)).toContain('reservoir.mdb');
    await shell.addResource(colluuid, 'x');
    expect(filesOf(path.join(state, 'reservoir'))).toEqual([sha256('x')]);
  });

  test('has to be told of where there is no state directory', async () => {
    await using nowhere = await ReservoirShell.open();
    expect(await nowhere.refusal('domain list')).toMatch(/^unavailable: .*no file/);
    await using shell = await ReservoirShell.open({ directory: { file: folder.file('only.mdb') } });
    const colluuid = await shell.addCollection('a.nep');
    const add = { do_: 'resource add in', colluuid, 'var=val': ['name=x', 'type=a/b'], stdin_: 'x' };
    expect(await shell.refusal(add)).toMatch(
      /^unavailable: There is no place for the data of resources: name a folder/,
    );
    await expect(ReservoirShell.open({ data: 'relative' })).rejects.toThrow(/data/);
    await expect(ReservoirShell.open({ dato: '/x' } as object)).rejects.toThrow(/dato/);
    await expect(ReservoirShell.open({ directory: { fyle: '/x' } })).rejects.toThrow(/fyle/);
  });

  test('is not opened beside a directory that was cut, which is refused with what to do', async () => {
    const [file, data] = [folder.file('cut.mdb'), folder.file('whole')];
    {
      await using shell = await ReservoirShell.open({ directory: { file }, data });
      await shell.addResource(await shell.addCollection('a.nep'), 'kept');
    }
    await truncate(file, 8192);
    const cut = await readFile(file);
    await expect(ReservoirShell.open({ directory: { file }, data })).rejects.toThrow(
      /^Cannot open .*cut\.mdb": the file is cut or corrupted \(.*\); restore it from a backup, or move it away/,
    );
    expect((await readFile(file)).equals(cut)).toBe(true);
    expect(filesOf(data)).toEqual([sha256('kept')]);
  });

  test('is of no use without the directory', async () => {
    const directory = { store: 'ldap', url: `ldapi://${encodeURIComponent(folder.file('nobody'))}`, base: 'o=x' };
    await using shell = await ReservoirShell.open({ directory, data: folder.file('unused') });
    for (const line of ['domain list', 'domain add a.nep', `resource get ${randomUUID()}`]) {
      expect(await shell.refusal(line)).toMatch(/^unavailable: /);
    }
    expect(existsSync(folder.file('unused'))).toBe(false);
  });

  test('is refused when others may write there, and used as soon as they may not', async () => {
    const data = folder.file('shared');
    await mkdir(data);
    await chmod(data, 0o777);
    await using shell = await ReservoirShell.open({ directory: { file: folder.file('shared.mdb') }, data });
    const colluuid = await shell.addCollection('a.nep');
    const add = { do_: 'resource add in', colluuid, 'var=val': ['name=x', 'type=a/b'], stdin_: 'x' };
    expect(await shell.refusal(add)).toMatch(
      /^unavailable: Opening the folder of the data failed: others may write there/,
    );
    await chmod(data, 0o700);
    const [added] = await shell.prepare(add);
    await chmod(data, 0o777);
    await using next = await ReservoirShell.open({ directory: { file: folder.file('shared.mdb') }, data });
    const remove = `resource del ${header(added!, 'Resource')}`;
    expect(await next.refusal(remove)).toMatch(/^unavailable: /);
    await chmod(data, 0o700);
    // Nothing was changed by the one that failed.
    await next.prepare(remove);
    expect(filesOf(data)).toEqual([]);
  });

  test('is named in the log of the host, and not to callers', async () => {
    const data = folder.file('secret');
    await mkdir(data);
    const lines: object[] = [];
    const ignore = (): void => undefined;
    const error = (fields: object): number => lines.push(fields);
    const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error };
    const place = { address: '/internetwide/arpa2.test/here', logger };
    await using shell = await ReservoirShell.open({ directory: { file: folder.file('secret.mdb') }, data }, place);
    const colluuid = await shell.addCollection('a.nep');
    const key = await shell.addResource(colluuid, 'x');
    expect(lines).toEqual([]);
    await rm(placeOf(data, sha256('x')));
    expect(await shell.refusal(`resource get ${key}`)).toMatch(
      /^failed: The data is missing on the disk of the host, so it is not given out; .* \(\w{8} in the log of the host\)$/,
    );
    expect(lines).toEqual([
      { reference: expect.any(String), error: expect.stringContaining(placeOf(data, sha256('x'))), cause: '' },
    ]);
    await rm(data, { recursive: true });
    const add = { do_: 'resource add in', colluuid, 'var=val': ['name=x', 'type=a/b'], stdin_: 'x' };
    expect(await shell.refusal(add)).toMatch(
      /^unavailable: Writing the data failed; tell the operator of the host \(\w{8} in the log of the host\)$/,
    );
    expect(JSON.stringify(lines.at(-1))).toContain(data);
  });

  test('on a disk without room refuses what does not fit as a whole, and goes on', async () => {
    // The limit on the size of files stands in for the disk: Node ignores the signal, so that writes fail as they do on a full one.
    const dist = new URL('../dist/index.js', import.meta.url).href;
    const program = `
      import { createShell } from ${JSON.stringify(dist)};
      import { inlineHost } from ${JSON.stringify(import.meta.resolve('@arpa2amqp/shell').replace('/src/index.ts', '/dist/index.js'))};
      const [file, data] = process.argv.slice(1);
      const host = inlineHost(await createShell({ directory: { file }, data }));
      const session = await host.open({ identity: 'a@b.nep', principal: 'a@B.NEP', expires: null });
      const run = async (stdin, ...words) => await session.run(host.table.planLine(words).command, { timeoutMs: 20000, maxOutputBytes: 1e6, stdin });
      await run('', 'domain', 'add', 'a.nep');
      const added = await run('', 'collection', 'add', 'a.nep', 'x');
      const add = async (stdin) => await run(stdin, 'resource', 'add', 'in', added.stdout.match(/: (.*)/)[1], 'name=x', 'type=a/b');
      console.log(JSON.stringify([await add('x'.repeat(500_000)), await add('small')]));
      await session.close();
      await host.close();`;
    const [file, data] = [folder.file('full.mdb'), folder.file('full')];
    const words = [
      '-c',
      'ulimit -f 800; exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      program,
      file,
      data,
    ];
    const { stdout } = await promisify(execFile)('sh', words);
    expect(JSON.parse(stdout)).toEqual([
      {
        stdout: '',
        stderr: expect.stringMatching(
          /^Writing the data failed: the disk of the host has no room; nothing was stored, repeat/,
        ),
        code: 'unavailable',
      },
      { stdout: expect.stringMatching(/^Resource: /), stderr: '' },
    ]);
    expect(filesOf(data)).toEqual([sha256('small')]);
  });
});

test('base64 and text are told apart by what was declared, never by what it looks like', () => {
  expect(bytesOf('aGk=', 'text').toString()).toBe('aGk=');
  expect(bytesOf(' aG\r\nk=\n', 'base64').toString()).toBe('hi');
  expect(printed(Buffer.from('aGk='), 'text')).toEqual({ text: 'aGk=', isBase64: false });
  // Text whose file was replaced by other bytes with the digest of them cannot be printed as it is.
  expect(printed(Buffer.from([0xff]), 'text')).toEqual({ text: '/w==', isBase64: true });
});
