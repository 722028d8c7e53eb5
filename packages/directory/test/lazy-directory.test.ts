import { existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { changeDirectory, DIRECTORY_ERRORS, DirectoryError, LazyDirectory, type StoreAudience } from '../src/index.js';
import { add, code } from './fixture.js';
import { KINDS, box, person } from './kinds.js';

const folder = mkdtempSync(join(tmpdir(), 'arpa2-directory-lazy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Refusal extends Error {
  readonly code: string;

  constructor(message: string, options: { readonly code: string; readonly cause: unknown }) {
    super(message, options);
    this.code = options.code;
  }
}

const refuse: StoreAudience['refuse'] = (message, options) => new Refusal(message, options);
const lazily = (file: string, place: StoreAudience['place'] = {}): LazyDirectory =>
  new LazyDirectory({ file }, { kinds: KINDS }, { refuse, place });

/** A host, and what is in its log. */
function host(): { place: StoreAudience['place']; lines: [object, string][] } {
  const lines: [object, string][] = [];
  return { place: { address: '/internetwide/x/y', logger: { error: (...line) => lines.push(line) } }, lines };
}

describe('what commands do with a directory', () => {
  test('opens it once, again when it did not open, and never after the end', async () => {
    const file = join(folder, 'no', 'where.mdb');
    const lazy = lazily(file);
    await expect(lazy.use(async (directory) => await directory.get(box('a')))).rejects.toThrow('make the folder');
    const here = lazily(join(folder, 'here.mdb'));
    const [one, other] = await Promise.all([here.open(), here.open()]);
    expect(one).toBe(other);
    await here.close();
    await expect(here.open()).rejects.toThrow(code('directory-closed'));
    await expect(here.use(async () => await Promise.resolve())).rejects.toMatchObject({ code: 'unavailable' });
    await lazy.close();
  });

  test('finds out at the start whether it can be used, and makes nothing', async () => {
    const file = join(folder, 'start.mdb');
    await using lazy = lazily(file);
    await lazy.check();
    await lazy.warmUp();
    expect(existsSync(file)).toBe(false);
    await (await lazy.open()).apply([add(box('a'))]);
    await lazy.close();
    await using next = lazily(file);
    await next.check();
    await next.close();
    truncateSync(file, 8192);
    await using cut = lazily(file);
    await expect(cut.check()).rejects.toMatchObject({ code: 'directory-damaged' });
    await expect(cut.warmUp()).rejects.toMatchObject({ code: 'directory-damaged' });
    const options = { store: 'ldap', url: 'ldapi://%2Fnowhere', base: 'o=x' };
    await using away = new LazyDirectory(options, { kinds: KINDS }, { refuse, place: {} });
    await away.check();
    await expect(away.warmUp()).rejects.toMatchObject({ code: 'directory-unavailable' });
  });

  test('is done again when others were faster, not for ever', async () => {
    await using lazy = lazily(join(folder, 'races.mdb'));
    const directory = await lazy.open();
    await directory.apply([add(box('a')), add(person('ann'))]);
    const { signal } = new AbortController();
    let looks = 0;
    const plan = async (faster: number) => {
      const entry = (await directory.get(person('ann')))!;
      looks += 1;
      const change = { op: 'set', path: entry.path, values: { name: [`look ${looks}`] } } as const;
      if (looks <= faster) await directory.apply([change]);
      return { changes: [change], unchanged: [entry], result: looks };
    };
    expect(await changeDirectory(directory, async () => await plan(2), signal)).toBe(3);
    await expect(changeDirectory(directory, async () => await plan(99), signal)).rejects.toThrow(
      code('directory-conflict'),
    );
    expect(looks).toBe(8);
  });

  test('that goes wrong with the store is told to callers in words for them, and to the log in full', async () => {
    const file = join(folder, 'cut.mdb');
    {
      await using whole = lazily(file);
      await (await whole.open()).apply([add(box('a'))]);
    }
    truncateSync(file, statSync(file).size - 4096);
    const { place, lines } = host();
    await using lazy = lazily(file, place);
    const refusal: unknown = await lazy.use(async () => await Promise.resolve()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'unavailable', cause: { code: 'directory-damaged' } });
    const { message } = refusal as Error;
    const [, reference] = /^What is kept here cannot be used .* \(([0-9a-f]{8}) in the log of the host\)$/.exec(
      message,
    )!;
    expect(message).not.toContain(folder);
    expect(lines).toEqual([
      [{ reference, error: expect.stringContaining(file), cause: expect.stringMatching(/^\w+: /) }, 'store-failed'],
    ]);
    // Whoever runs the shell without a host is the operator.
    await using own = lazily(file);
    await expect(own.use(async () => await Promise.resolve())).rejects.toThrow(/cut or corrupted .*; restore it from/);
  });

  test('that cannot be done as asked is told as it is, and is no matter of the log', async () => {
    const { place, lines } = host();
    await using lazy = lazily(join(folder, 'asked.mdb'), place);
    await expect(lazy.use(async (at) => await at.apply([add(person('ann'))]))).rejects.toMatchObject({
      code: 'failed',
      message: 'There is no box "a"; add it first, or correct its name',
    });
    const defect = new TypeError('a defect');
    await expect(lazy.use(async () => await Promise.reject(defect))).rejects.toBe(defect);
    expect(lines).toEqual([]);
  });

  test('that fails in the store after a refusal of its own is told without what the store said', () => {
    for (const [name, { told }] of Object.entries(DIRECTORY_ERRORS) as [
      keyof typeof DIRECTORY_ERRORS,
      { told?: string },
    ][]) {
      const error = new DirectoryError(name, 'Cannot open "/secret"');
      expect([name, error.told]).toEqual([name, told ?? 'Cannot open "/secret"']);
    }
  });
});
