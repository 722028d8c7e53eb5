import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDirectory, type Change, type Path } from '@arpa2amqp/directory';
import { describeWith, WorkDirectory } from '@arpa2amqp/testkit';
import { KINDS } from '../src/kinds.js';
import { dataOf, header, ReservoirShell, STORES, type TestStore } from './reservoir-shell.js';

const DONE = { stdout_: '' };
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

for (const kind of STORES) {
  describeWith(kind.parts, `a reservoir in ${kind.name}`, () => {
    let store: TestStore;
    let shell: ReservoirShell;
    let domains = 0;

    beforeAll(async () => {
      store = await kind.start();
      shell = await ReservoirShell.open(store.fresh());
    });
    afterAll(async () => {
      await shell[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    });

    const freshDomain = async (): Promise<string> => {
      domains += 1;
      await shell.prepare(`domain add d${domains}.nep`);
      return `d${domains}.nep`;
    };

    describe('domains', () => {
      test('are added, listed in order, and deleted, several all or none', async () => {
        await using fresh = await ReservoirShell.open(store.fresh());
        expect(await fresh.run('domain list')).toEqual({ domains: [] });
        expect(await fresh.run('domain add Orvelte.NEP')).toEqual(DONE);
        await fresh.prepare('domain add a-b.orvelte.nep', 'domain add 1.nep');
        expect(await fresh.run('domain list')).toEqual({ domains: ['1.nep', 'a-b.orvelte.nep', 'orvelte.nep'] });
        expect(await fresh.refusal('domain add ORVELTE.nep')).toBe('failed: There is a domain "orvelte.nep" already');
        expect(await fresh.refusal('domain del 1.nep two.nep')).toBe(
          'failed: There is no domain "two.nep"; add it first, or correct its name',
        );
        expect(await fresh.run('domain list')).toMatchObject({ domains: expect.arrayContaining(['1.nep']) });
        expect(await fresh.batch(['domain del 1.NEP orvelte.nep', 'domain list'])).toEqual([
          DONE,
          { domains: ['a-b.orvelte.nep'] },
        ]);
        expect(await fresh.run({ do_: 'domain del', domains: ['a-b.orvelte.nep', 'A-B.orvelte.nep'] })).toEqual(DONE);
        expect(await fresh.run('domain list')).toEqual({ domains: [] });
      });

      test('stay while they have collections; the names in their index go with them', async () => {
        const [domain, other] = [await freshDomain(), await freshDomain()];
        const inside = await shell.addCollection(domain);
        const outside = await shell.addCollection(other);
        await shell.prepare(
          `index add in domain ${domain} ${outside} away`,
          `index add in domain ${domain} ${inside} home`,
        );
        expect(await shell.refusal(`domain del ${domain}`)).toBe(
          `failed: Cannot delete domain "${domain}": it has 1 collection; delete what collection list shows of it first`,
        );
        expect(await shell.refusal(`collection del ${domain} ${inside}`)).toBe(
          `failed: Cannot delete collection ${inside}: 1 name in an index is for it; delete what index list shows of it first`,
        );
        await shell.prepare(
          `index del in domain ${domain} home`,
          `collection del ${domain} ${inside}`,
          `domain del ${domain}`,
        );
        await shell.prepare(`collection del ${other} ${outside}`);
        for (let added = 0; added < 21; added += 1) await shell.addCollection(other);
        expect(await shell.refusal(`domain del ${other}`)).toMatch(/: it has 21 collections; delete what /);
      });

      test.each([
        ['nodots', 'two or more labels'],
        ['..', 'two or more labels'],
        ['a..nep', 'two or more labels'],
        ['example.nep.', 'two or more labels'],
        ['../../etc/passwd', 'two or more labels'],
        ['a.nep/../b.nep', 'two or more labels'],
        ['a.nep,o=other', 'two or more labels'],
        ['*.nep', 'two or more labels'],
        ['a.nep)(objectClass=*', 'two or more labels'],
        ['ex\u0430mple.nep', 'two or more labels'],
        ['\u212a.nep', 'two or more labels'],
        ['a.nep\r\nX: y', 'two or more labels'],
        [`${'a.'.repeat(112)}b`, 'at most 224 characters'],
      ])('%j is no name of one', async (name, why) => {
        for (const command of [
          { do_: 'domain add', newdomain: name },
          { do_: 'domain del', domain: name },
          { do_: 'index list in domain', domain: name },
          { do_: 'collection add', domain: name, descr: 'x' },
          { do_: 'collection list', domain: name },
        ]) {
          expect(await shell.refusal(command)).toContain(why);
        }
      });
    });

    describe('collections', () => {
      test('are added with all words of their description, listed and deleted', async () => {
        const [domain, other] = [await freshDomain(), await freshDomain()];
        const [first] = await shell.prepare(`collection add ${domain} Minutes of  meetings`.replace('  ', ' '));
        const a = header(first!, 'Collection');
        expect(first).toEqual({ headers_: [['Collection', a]], stdout_: '' });
        expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        const b = await shell.addCollection(domain, 'Caf\u00e9, "quoted" \u2713 (x)*\\');
        const c = await shell.addCollection(other, 'Elsewhere');
        const rows = [
          { domain, colluuid: a, description: 'Minutes of meetings' },
          { domain, colluuid: b, description: 'Caf\u00e9, "quoted" \u2713 (x)*\\' },
        ].sort((x, y) => (x.colluuid < y.colluuid ? -1 : 1));
        expect(await shell.run(`collection list ${domain.toUpperCase()}`)).toEqual({ collections: rows });
        const { collections } = (await shell.run('collection list')) as unknown as { collections: unknown[] };
        expect(collections).toEqual(
          expect.arrayContaining([...rows, { domain: other, colluuid: c, description: 'Elsewhere' }]),
        );
        // Not those of another domain, not twice, and all or none.
        expect(await shell.refusal(`collection del ${domain} ${c}`)).toBe(
          `failed: There is no collection ${c} in domain "${domain}"`,
        );
        expect(await shell.refusal(`collection del ${domain} ${a} ${c}`)).toContain(
          `There is no collection ${c} in domain`,
        );
        expect(await shell.run(`collection list ${domain}`)).toEqual({ collections: rows });
        await shell.prepare(`collection del ${domain} ${a.toUpperCase()} ${b}`);
        expect(await shell.batch([`collection list ${domain}`, `collection del ${domain} ${a}`])).toEqual([
          { collections: [] },
          { stderr_: `There is no collection ${a} in domain "${domain}"\n`, error_: { code: 'failed' } },
        ]);
      });

      test('stay while they have resources; those of one index that go together may name one another', async () => {
        const domain = await freshDomain();
        const [a, b] = [await shell.addCollection(domain), await shell.addCollection(domain)];
        const key = await shell.addResource(a, 'x');
        expect(await shell.refusal(`collection del ${domain} ${a}`)).toBe(
          `failed: Cannot delete collection ${a}: it has 1 resource; delete what resource list shows of it first`,
        );
        await shell.prepare(
          `resource del ${key}`,
          `index add in collection ${a} ${b} other`,
          `index add in collection ${b} ${a} other`,
          `index add in collection ${a} ${a} self`,
        );
        // Not counting its own name for itself.
        expect(await shell.refusal(`collection del ${domain} ${a}`)).toContain(': 1 name in an index is for it');
        expect(await shell.batch([`collection del ${domain} ${a} ${b}`, `collection list ${domain}`])).toEqual([
          DONE,
          { collections: [] },
        ]);
      });

      test('refuse domains that are not there, and descriptions that cannot be printed', async () => {
        const domain = await freshDomain();
        expect(await shell.refusal('collection add nowhere.nep x')).toContain('There is no domain "nowhere.nep"');
        expect(await shell.refusal('collection list nowhere.nep')).toContain('There is no domain "nowhere.nep"');
        const refusal = async (descr: string): Promise<string> =>
          await shell.refusal({ do_: 'collection add', domain, descr });
        expect(await refusal('two\nlines')).toContain('has a character that cannot be printed');
        expect(await refusal('\u0085')).toContain('has a character that cannot be printed');
        expect(await refusal('two\u2028lines')).toContain('has a character that cannot be printed');
        expect(await refusal(' x')).toContain('begins or ends with white space');
        expect(await refusal('x'.repeat(513))).toContain('is longer than 512 characters');
        for (const id of ['x', '..', '*', `${randomUUID()}/..`, `{${randomUUID()}}`, `urn:uuid:${randomUUID()}`]) {
          expect(await shell.refusal({ do_: 'collection del', domain, colluuid: id })).toContain(
            'is not the UUID of a collection',
          );
        }
        expect(await shell.run(`collection list ${domain}`)).toEqual({ collections: [] });
      });
    });

    describe('indexes', () => {
      test('have names, by the index that the words say and by the current one', async () => {
        const domain = await freshDomain();
        const [a, b] = [await shell.addCollection(domain), await shell.addCollection(domain)];
        const replies = await shell.batch([
          `index domain ${domain}`,
          'index dn',
          `index add ${a} Reports.2026`,
          'index list',
          `index collection ${a.toUpperCase()}`,
          'index dn',
          `index add ${b} sub`,
          'index list',
          `index list in domain ${domain}`,
          `index list in collection ${a}`,
          'index del sub',
          'index list',
          `index del in domain ${domain} reports.2026`,
          `index list in domain ${domain}`,
        ]);
        expect(replies).toEqual([
          DONE,
          { domain },
          DONE,
          { domain, names: [{ name: 'reports.2026', colluuid: a }] },
          DONE,
          { domain, colluuid: a },
          DONE,
          { domain, colluuid: a, names: [{ name: 'sub', colluuid: b }] },
          { domain, names: [{ name: 'reports.2026', colluuid: a }] },
          { domain, colluuid: a, names: [{ name: 'sub', colluuid: b }] },
          DONE,
          { domain, colluuid: a, names: [] },
          DONE,
          { domain, names: [] },
        ]);
      });

      test('are walked by names, each time from the index that was chosen', async () => {
        const domain = await freshDomain();
        const [a, b] = [await shell.addCollection(domain), await shell.addCollection(domain)];
        await shell.prepare(
          `index add in domain ${domain} ${a} docs`,
          `index add in collection ${a} ${b} docs`,
          `index add in collection ${b} ${a} up`,
        );
        const key = await shell.addResource(b, 'x');
        const replies = await shell.batch([
          `index domain ${domain}`,
          'index path docs DOCS',
          'index dn',
          'resource list',
          // An interactive shell says it again in front of each batch.
          'index path docs',
          'index path docs',
          'index dn',
          'index path docs docs up',
          'index dn',
          'index path docs gone',
          'index path ..',
          'index path /',
          'index dn',
        ]);
        expect(replies.map(({ stderr_: error, ...reply }) => error ?? reply)).toEqual([
          DONE,
          DONE,
          { domain, colluuid: b },
          { colluuid: b, resources: [expect.objectContaining({ key })] },
          DONE,
          DONE,
          { domain, colluuid: a },
          DONE,
          { domain, colluuid: a },
          'The index has no name "gone"\n',
          expect.stringContaining('The name ".." is not letters'),
          expect.stringContaining('The name "/" is not letters'),
          { domain, colluuid: a },
        ]);
      });

      test('are chosen before they are used, in each batch anew', async () => {
        const domain = await freshDomain();
        const a = await shell.addCollection(domain);
        for (const line of ['index dn', 'index list', 'index path x', `index add ${a} x`, 'index del x']) {
          await shell.prepare(`index domain ${domain}`);
          expect(await shell.refusal(line)).toBe(
            'failed: No index was chosen: use index domain or index collection before',
          );
        }
        expect(await shell.refusal(`index collection ${randomUUID()}`)).toContain('There is no collection');
        expect(await shell.refusal('index domain nowhere.nep')).toContain('There is no domain');
        const gone = await freshDomain();
        const replies = await shell.batch([`index domain ${gone}`, `domain del ${gone}`, 'index list', 'index path x']);
        expect(replies.map(({ stderr_: error }) => error)).toEqual([
          undefined,
          undefined,
          'The index is gone: choose another one\n',
          'The index is gone: choose another one\n',
        ]);
      });

      test('refuse names twice, names for nothing, and names that a path could be made of', async () => {
        const domain = await freshDomain();
        const a = await shell.addCollection(domain);
        await shell.prepare(`index add in domain ${domain} ${a} one`);
        expect(await shell.refusal(`index add in domain ${domain} ${a} ONE`)).toBe(
          'failed: The index has a name "one" already',
        );
        expect(await shell.refusal(`index del in domain ${domain} two`)).toBe('failed: The index has no name "two"');
        const nowhere = randomUUID();
        expect(await shell.refusal(`index add in domain ${domain} ${nowhere} x`)).toBe(
          `failed: There is no collection ${nowhere}`,
        );
        const names = [
          '.',
          '..',
          'a/b',
          '/etc',
          'a..b',
          '.a',
          'a b',
          'a*',
          'a\tb',
          'cn=x,o=y',
          'caf\u00e9',
          'x'.repeat(129),
        ];
        for (const newname of names) {
          expect(await shell.refusal({ do_: 'index add in domain', domain, colluuid: a, newname })).toContain(
            'is not letters, digits, - and _',
          );
        }
        expect(await shell.run(`index list in domain ${domain}`)).toEqual({
          domain,
          names: [{ name: 'one', colluuid: a }],
        });
      });
    });

    describe('resources', () => {
      test('are added, listed, printed, changed and deleted', async () => {
        const colluuid = await shell.addCollection(await freshDomain());
        const [added] = await shell.prepare({
          do_: ['resource', 'add', 'in'],
          colluuid,
          'var=val': ['name=Minutes (May).txt', 'type=text/plain; charset=utf-8', 'description=Of the board'],
          stdin_: 'First line\nSecond line\n',
        });
        const key = header(added!, 'Resource');
        expect(added).toEqual({ headers_: [['Resource', key]], stdout_: '' });
        const about = {
          key,
          name: 'Minutes (May).txt',
          type: 'text/plain; charset=utf-8',
          description: 'Of the board',
          encoding: 'text',
          size: 23,
          sha256: sha256('First line\nSecond line\n'),
        };
        expect(await shell.run(`resource list in ${colluuid}`)).toEqual({ colluuid, resources: [about] });
        const got = {
          headers_: [
            ['Resource', key],
            ['Content-Type', 'text/plain; charset=utf-8'],
            ['Name', 'Minutes (May).txt'],
            ['Description', 'Of the board'],
            ['Content-Length', '23'],
          ],
          stdout_: 'First line\nSecond line\n',
        };
        expect(await shell.run(`resource get in ${colluuid} ${key}`)).toEqual(got);
        expect(await shell.run(`resource get ${key.toUpperCase()}`)).toEqual(got);

        await shell.prepare({ do_: 'resource set in', colluuid, key, 'var=val': ['name=May', 'description='] });
        expect(await shell.run(`resource list in ${colluuid}`)).toEqual({
          colluuid,
          resources: [{ ...about, name: 'May', description: undefined }].map(({ description: _, ...rest }) => rest),
        });
        await shell.prepare({ do_: 'resource set', key, stdin_: 'Other' });
        const reply = await shell.run(`resource get ${key}`);
        expect(dataOf(reply).toString()).toBe('Other');
        expect(header(reply, 'Name')).toBe('May');
        await shell.prepare({
          do_: 'resource set',
          key,
          'var=val': ['encoding=base64', 'type=image/png'],
          stdin_: '/wA=',
        });
        expect(await shell.run(`resource get ${key}`)).toEqual({
          headers_: [
            ['Resource', key],
            ['Content-Type', 'image/png'],
            ['Name', 'May'],
            ['Content-Length', '2'],
            ['Content-Transfer-Encoding', 'base64'],
          ],
          stdout_: '/wA=\n',
        });
        await shell.prepare({ do_: 'resource set', key, 'var=val': ['encoding=text', 'data=Typed by hand'] });
        expect(dataOf(await shell.run(`resource get ${key}`)).toString()).toBe('Typed by hand');
        await shell.prepare(`resource set ${key} data=`);
        expect(await shell.run(`resource get ${key}`)).toMatchObject({ stdout_: '' });
        expect(await shell.batch([`resource del in ${colluuid} ${key}`, `resource list in ${colluuid}`])).toEqual([
          DONE,
          { colluuid, resources: [] },
        ]);
        expect(await shell.refusal(`resource get ${key}`)).toBe(`failed: There is no resource ${key}`);
      });

      test('are added to the current collection, and listed by name', async () => {
        const domain = await freshDomain();
        const colluuid = await shell.addCollection(domain);
        const add = (name: string) => ({
          do_: 'resource add',
          'var=val': [`name=${name}`, 'type=text/plain'],
          stdin_: name,
        });
        const replies = await shell.batch([
          'resource list',
          `index domain ${domain}`,
          'resource list',
          add('nowhere'),
          `index collection ${colluuid}`,
          add('b'),
          add('B'),
          add('a'),
          'resource list',
        ]);
        const told =
          'No collection was chosen: use index collection or index path before, or name it behind the word in\n';
        expect([0, 2, 3].map((index) => replies[index]?.stderr_)).toEqual([told, told, told]);
        const { resources } = replies[8] as unknown as { resources: { name: string; key: string }[] };
        expect(resources.map(({ name }) => name)).toEqual(['B', 'a', 'b']);
        expect(resources[2]!.key).toBe(header(replies[5]!, 'Resource'));
      });

      test('are only those of the collection that the words name', async () => {
        const domain = await freshDomain();
        const [a, b] = [await shell.addCollection(domain), await shell.addCollection(domain)];
        const [mine, other] = [await shell.addResource(a, 'mine'), await shell.addResource(b, 'other')];
        const told = `failed: There is no resource ${other} in collection ${a}`;
        expect(await shell.refusal(`resource get in ${a} ${other}`)).toBe(told);
        expect(await shell.refusal({ do_: 'resource set in', colluuid: a, key: other, stdin_: 'x' })).toBe(told);
        expect(await shell.refusal(`resource set in ${a} ${other} name=x`)).toBe(told);
        expect(await shell.refusal(`resource del in ${a} ${mine} ${other}`)).toBe(told);
        // A UUID of another kind of thing is none of a resource.
        expect(await shell.refusal(`resource get ${a}`)).toBe(`failed: There is no resource ${a}`);
        expect(await shell.refusal(`resource list in ${mine}`)).toBe(`failed: There is no collection ${mine}`);
        expect(dataOf(await shell.run(`resource get ${other}`)).toString()).toBe('other');
        // Of several all or none, and each once.
        await shell.prepare({ do_: 'resource del', key: [mine, other, mine.toUpperCase()] });
        expect(await shell.refusal(`resource get ${mine}`)).toContain('There is no resource');
        expect(await shell.refusal(`resource get ${other}`)).toContain('There is no resource');
      });

      test('refuse what is missing, twice, unknown or of another form, and store nothing', async () => {
        const colluuid = await shell.addCollection(await freshDomain());
        const refusal = async (words: readonly string[], stdin_ = 'x'): Promise<string> =>
          await shell.refusal({ do_: 'resource add in', colluuid, 'var=val': words, stdin_ });
        const [name, type] = ['name=x', 'type=text/plain'];
        expect(await refusal([type])).toContain('The resource has no name');
        expect(await refusal([name])).toContain('The resource has no media type');
        // Not even an empty one: its file may have been forgotten.
        expect(await refusal([name, type], '')).toMatch(
          /^failed: The resource has no data: give it in stdin_, .* data= alone$/,
        );
        expect(await refusal([name, type, 'name=y'])).toContain('"name" is given twice');
        expect(await refusal([name, type, 'nmae=y'])).toContain(
          'There is no variable "nmae"; there are name, type, description, encoding, data',
        );
        expect(await refusal([name, type, 'file=/etc/passwd'])).toContain('Files of the host are not read');
        expect(await refusal([name, type, 'digest=00'])).toContain('There is no variable "digest"');
        expect(await refusal([name, type, 'data=y'])).toContain('The data is given twice');
        expect(await refusal([name, type, '__proto__=00'])).toMatch(/^syntax: /);
        expect(await refusal([name, type, 'constructor=00'])).toContain('There is no variable "constructor"');
        expect(await refusal(['name=', type])).toContain('The name is empty');
        expect(await refusal(['name=a\r\nSet-Cookie: x', type])).toContain('cannot be printed');
        expect(await refusal([`name=${'x'.repeat(257)}`, type])).toContain('is longer than 256 characters');
        expect(await refusal([name, type, `description=${'x'.repeat(513)}`])).toContain(
          'is longer than 512 characters',
        );
        for (const wrong of [
          'text',
          'text/',
          '/plain',
          'text/plain; x',
          'text/pl\u00e4in',
          'a/b/c',
          'text/plain\nX: y',
        ]) {
          expect(await refusal([name, `type=${wrong}`])).toContain('is not a media type');
        }
        expect(await refusal([name, type, 'encoding=gzip'])).toContain('"gzip" is not text or base64');
        for (const wrong of ['a', 'YQ', 'YR==', '_w==', 'YQ==YQ==', 'Y=Q=', 'gr\u00fcn']) {
          expect(await refusal([name, type, 'encoding=base64'], wrong)).toContain('The data is not base64');
        }
        expect(await refusal([name, type], '\ud800')).toContain('half of a character');
        expect(await refusal([name, type], 'x'.repeat(512 * 1024 + 1))).toMatch(
          /^too-large: The data has 524289 bytes, a resource at most 524288; nothing was stored/,
        );
        expect(await refusal(['x'])).toMatch(/^syntax: /);
        expect(await shell.run(`resource list in ${colluuid}`)).toEqual({ colluuid, resources: [] });

        const key = await shell.addResource(colluuid, 'data');
        expect(await shell.refusal(`resource set ${key}`)).toContain('Nothing was given to change');
        expect(await shell.refusal(`resource set ${key} encoding=base64`)).toContain('give the data too');
        expect(
          await shell.refusal({ do_: 'resource set', key, 'var=val': ['encoding=base64'], stdin_: '!' }),
        ).toContain('not base64');
        expect(await shell.refusal(`resource set ${key} name=`)).toContain('The name is empty');
        for (const wrong of ['x', '../../etc/passwd', `${key}/..`, '*']) {
          expect(await shell.refusal(`resource get ${wrong}`)).toContain('is not the UUID of a resource');
        }
        expect(dataOf(await shell.run(`resource get ${key}`)).toString()).toBe('data');
      });

      test('may have any name that can be printed: it is never part of a path', async () => {
        const colluuid = await shell.addCollection(await freshDomain());
        const names = [
          '../../../etc/passwd',
          '/dev/null',
          '..',
          'C:\\x',
          'a\u202eb',
          'x: y',
          '(cn=*)',
          'o=x,o=y',
          '\ud83d\udcdc',
        ];
        for (const name of names) {
          const key = await shell.addResource(colluuid, 'x', `name=${name}`, 'type=text/plain');
          expect(header(await shell.run(`resource get in ${colluuid} ${key}`), 'Name')).toBe(name);
        }
      });
    });

    test('lists come in parts when they are asked for so', async () => {
      const domain = await freshDomain();
      const names = ['a', 'b', 'ba', 'bb', 'c'];
      const first = await shell.addCollection(domain);
      await shell.prepare(...names.map((name) => `domain add ${name}.parts.nep`));
      await shell.prepare(...names.map((name) => `index add in domain ${domain} ${first} ${name}`));
      for (let added = 0; added < 4; added += 1) {
        await shell.addCollection(domain);
        await shell.addResource(first, 'x', `name=${9 - added}`, 'type=a/b');
      }
      expect(await shell.run('domain list prefix b limit 2')).toMatchObject({
        domains: ['b.parts.nep', 'ba.parts.nep'],
        more: { after: 'ba.parts.nep' },
      });
      expect(await shell.run(`index list in domain ${domain} prefix B limit 9 after ba`)).toEqual({
        domain,
        names: [{ name: 'bb', colluuid: first }],
      });
      expect(await shell.batch([`index domain ${domain}`, 'index list limit 1 after a'])).toEqual([
        DONE,
        { domain, names: [{ name: 'b', colluuid: first }], more: { after: 'b' } },
      ]);
      for (const [list, plural, key] of [
        [`collection list ${domain}`, 'collections', 'colluuid'],
        [`resource list in ${first}`, 'resources', 'key'],
      ] as const) {
        const read = async (words: string): Promise<[string[], unknown]> => {
          const { [plural]: rows, more } = (await shell.run(`${list} ${words}`)) as unknown as Record<
            string,
            Record<string, string>[] | undefined
          >;
          return [rows!.map((row) => row[key]!), more];
        };
        const whole = (await read('limit 50'))[0];
        expect(whole).toEqual([...whole].sort());
        const [part, more] = await read('limit 3');
        expect([part, more]).toEqual([whole.slice(0, 3), { after: whole[2] }]);
        expect(await read(`limit 3 after ${whole[2]!.toUpperCase()}`)).toEqual([whole.slice(3), undefined]);
        expect(await shell.refusal(`${list} limit 9 after x`)).toMatch(/^failed: "x" is not the UUID of a /);
        expect(await shell.refusal(`${list} limit 0`)).toMatch(/^syntax: /);
      }
      // As a whole, resources come by name.
      const { resources } = (await shell.run(`resource list in ${first}`)) as unknown as {
        resources: { name: string }[];
      };
      expect(resources.map(({ name }) => name)).toEqual(['6', '7', '8', '9']);
    });
  });
}

test('a list that no answer can hold is refused as a whole, and comes in parts', async () => {
  const work = new WorkDirectory('arpa2reservoir');
  const directory = { file: work.file('reservoir.mdb') };
  const collection = (domain: string): Change => {
    const id = randomUUID();
    const path: Path = [
      ['domain', domain],
      ['collection', id],
    ];
    return { op: 'add', path, id, values: { description: ['x'.repeat(500)] } };
  };
  {
    await using opened = await openDirectory(directory, { kinds: KINDS });
    for (const domain of ['one.nep', 'two.nep']) {
      const collections = Array.from({ length: 1200 }, () => collection(domain));
      await opened.apply([{ op: 'add', path: [['domain', domain]] }, ...collections]);
    }
  }
  await using shell = await ReservoirShell.open({ directory });
  const told = 'too-large: The list of collections is larger than an answer can be: ask for';
  expect(await shell.refusal('collection list')).toBe(`${told} those of one domain`);
  await using opened = await openDirectory(directory, { kinds: KINDS });
  await opened.apply(Array.from({ length: 1200 }, () => collection('two.nep')));
  expect(await shell.refusal('collection list two.nep')).toBe(`${told} a part of it, such as limit 1000`);
  expect(await shell.run('collection list one.nep')).toHaveProperty('collections.length', 1200);
  const reply = (await shell.run('collection list two.nep limit 9999')) as unknown as {
    collections: { colluuid: string }[];
    more: { after: string };
  };
  expect(reply.collections.length).toBeGreaterThan(1000);
  expect(reply.more.after).toBe(reply.collections.at(-1)!.colluuid);
  expect(await shell.run(`collection list two.nep limit 9999 after ${reply.more.after}`)).toHaveProperty(
    'collections.length',
    2400 - reply.collections.length,
  );
  work.remove();
});
