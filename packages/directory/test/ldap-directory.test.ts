import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith, findFreePort, SlapdServer } from '@arpa2amqp/testkit';
import { Attribute, Change as Modification, Client } from 'ldapts';
import { openDirectory, readPart, type Directory, type Entry } from '../src/index.js';
import { add, code } from './fixture.js';
import { INDEXES, KINDS, SCHEMAS, box, person, team } from './kinds.js';

const folder = mkdtempSync(join(tmpdir(), 'arpa2-directory-ldap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const socketOf = (slapd: SlapdServer): string => decodeURIComponent(slapd.url.slice('ldapi://'.length));

/** Between a directory and its server: counts what is sent, and hangs up when told. */
class Wire {
  readonly path = join(folder, 'wire');
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Requests that are let through before the wire is cut. */
  left = Infinity;
  /** Each is done before one request, the first one before the next. */
  readonly before: (() => Promise<unknown>)[] = [];

  constructor(to: string) {
    this.#server = createServer((near) => {
      const far = connect(to);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => this.hangUp());
      }
      near.on('data', (request) => {
        this.left -= 1;
        const work = this.before.shift();
        if (this.left < 0) this.hangUp();
        else if (work === undefined) far.write(request);
        else void work().then(() => far.write(request));
      });
      far.pipe(near);
      if (this.left <= 0) this.hangUp();
    }).listen(this.path);
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.hangUp();
    this.#server.close();
  }
}

describeWith(['slapd'], 'a directory server', () => {
  let slapd: SlapdServer;
  /** Without our code, as an operator. */
  let operator: Client;
  beforeAll(async () => {
    slapd = await SlapdServer.start({ schemas: SCHEMAS, indexes: INDEXES });
    operator = await asPeer(slapd);
  });
  afterAll(async () => {
    await operator.unbind();
    await slapd.close();
  });

  async function asPeer(server: SlapdServer): Promise<Client> {
    const createConnection = (() => connect(socketOf(server))) as typeof connect;
    const client = new Client({ url: 'ldap://slapd', createConnection });
    await client.bind('EXTERNAL');
    return client;
  }

  const open = async (options: object = {}): Promise<Directory> =>
    await openDirectory({ store: 'ldap', url: slapd.url, base: slapd.base, ...options }, { kinds: KINDS });
  const byPassword = (): object => ({ bind: { dn: slapd.adminDn, passwordFile: slapd.passwordFile } });

  test('lets us in by UNIX socket, on loopback, by StartTLS and by TLS', async () => {
    for (const options of [
      { url: slapd.url },
      { url: slapd.url, ...byPassword() },
      { url: slapd.tcpUrl, ...byPassword() },
      { url: slapd.tcpUrl, ca: slapd.authority, ...byPassword() },
      { url: slapd.tlsUrl, ca: slapd.authority, ...byPassword() },
    ]) {
      const base = slapd.freshBase();
      await using directory = await open({ ...options, base });
      await directory.apply([add(box('a'))]);
      expect(await directory.list([], 'box')).toHaveLength(1);
    }
  });

  function file(name: string, text: string, mode = 0o600): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  const bindWith = (passwordFile: string): object => ({ bind: { dn: slapd.adminDn, passwordFile } });

  test.each<[string, () => object | Promise<object>, string, RegExp]>([
    ['a wrong password', () => bindWith(file('wrong', 'x\n')), 'directory-denied', /check the DN and the password/],
    [
      'a password for all to read',
      () => bindWith(file('open', 'x', 0o644)),
      'directory-config',
      /set its mode to 0600/,
    ],
    ['an empty password', () => bindWith(file('none', '\n')), 'directory-config', /it is empty/],
    ['no password', () => bindWith(join(folder, 'nowhere')), 'directory-config', /correct the path/],
    ['a wrong base', () => ({ base: 'o=elsewhere' }), 'directory-config', /no base entry "o=elsewhere"/],
    ['a base that is not there', () => ({ base: `ou=none,${slapd.base}` }), 'directory-config', /add it, or correct/],
    [
      'an unknown authority',
      () => ({ url: slapd.tlsUrl, ...byPassword() }),
      'directory-config',
      /its certificate is not accepted/,
    ],
    [
      'another name',
      // The same address as another name, which is not in the certificate.
      () => ({ url: slapd.tlsUrl.replace('127.0.0.1', '127.1'), ca: slapd.authority, ...byPassword() }),
      'directory-config',
      /its certificate is not accepted/,
    ],
    [
      'an authority that is no file',
      () => ({ url: slapd.tlsUrl, ca: '/nowhere', ...byPassword() }),
      'directory-config',
      /Cannot read the authorities/,
    ],
    [
      'a port without TLS',
      () => ({ url: slapd.tcpUrl.replace('ldap', 'ldaps'), ca: slapd.authority, ...byPassword() }),
      'directory-unavailable',
      /cannot be reached/,
    ],
    [
      'nobody there',
      async () => ({ url: `ldap://127.0.0.1:${await findFreePort()}`, ...byPassword() }),
      'directory-unavailable',
      /check that it runs/,
    ],
    ['no socket', () => ({ url: 'ldapi://%2Fnowhere' }), 'directory-unavailable', /check that it runs/],
  ])('is not used with %s', async (_, options, name, words) => {
    const error: unknown = await open(await options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: name, retryable: name === 'directory-unavailable' });
    expect((error as Error).message).toMatch(words);
    expect((error as Error).message).not.toContain(readFileSync(slapd.passwordFile, 'utf8').trim());
  });

  test('without our schema is told from one that has it', async () => {
    await using bare = await SlapdServer.start({ schemas: [] });
    await expect(open({ url: bare.url })).rejects.toMatchObject({
      code: 'directory-config',
      message: expect.stringMatching(/lacks arpa2Entry, .*; load schemas\/ldap\/arpa2.ldif/),
    });
  });

  test('may refuse what we are not allowed, and give less than there is', async () => {
    const base = slapd.freshBase();
    await using directory = await open({ base });
    const people = Array.from({ length: 12 }, (_, index) => add(person(`p${index}`)));
    await directory.apply([add(box('a')), ...people]);
    const reader = `cn=reader,${base}`;
    const password = { objectClass: ['organizationalRole', 'simpleSecurityObject'], userPassword: ['secret'] };
    await operator.add(reader, password);
    const database = 'olcDatabase={1}mdb,cn=config';
    const set = async (type: string, operation: 'add' | 'delete', ...values: string[]): Promise<void> => {
      await operator.modify(database, new Modification({ operation, modification: new Attribute({ type, values }) }));
    };
    const rule = `{1}to dn.subtree="${base}" by dn.exact="${reader}" read by * break`;
    const bind = { dn: reader, passwordFile: file('reader', 'secret') };
    await expect(open({ base, bind })).rejects.toMatchObject({
      code: 'directory-config',
      message: expect.stringMatching(/no base entry .* that we may see/),
    });
    await set('olcAccess', 'add', rule);
    await set('olcSizeLimit', 'add', '10');
    try {
      await using reading = await open({ base, bind });
      expect(await reading.get(person('p1'))).not.toBeNull();
      await expect(reading.apply([add(box('b'))])).rejects.toMatchObject({
        code: 'directory-denied',
        retryable: false,
        message: expect.stringMatching(/Cannot add box "b": the server does not let us.*\(LDAP result 50/),
      });
      await expect(reading.list(box('a'), 'person')).rejects.toMatchObject({
        code: 'directory-config',
        message: expect.stringMatching(/raise its limits for us, see docs\/ldap.md/),
      });
    } finally {
      await set('olcAccess', 'delete', '{1}');
      await set('olcSizeLimit', 'delete');
    }
  });

  test('that goes away fails the calls of that time, and no others', async () => {
    const base = slapd.freshBase();
    await using directory = await open({ base });
    await directory.apply([add(box('a'))]);
    await slapd.stop();
    const gone = { code: 'directory-unavailable', retryable: true };
    await expect(directory.get(box('a'))).rejects.toMatchObject(gone);
    await expect(directory.apply([add(box('b'))])).rejects.toMatchObject(gone);
    await slapd.restart();
    expect(await directory.get(box('a'))).not.toBeNull();
    await slapd.stop();
    await slapd.restart();
    await directory.apply([add(box('b'))]);
    expect(await directory.list([], 'box')).toHaveLength(2);
    operator = await asPeer(slapd);
  });

  test('that does not answer is not waited for longer than told', async () => {
    const base = slapd.freshBase();
    await using directory = await open({ base, timeoutMs: 300 });
    await directory.apply([add(box('a'))]);
    slapd.pause();
    try {
      const controller = new AbortController();
      const aborted = directory.list([], 'box', { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(aborted).rejects.toThrow('enough');
      const start = performance.now();
      const calls = [directory.get(box('a')), directory.list([], 'box'), directory.apply([add(box('b'))])];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: code('directory-unavailable') });
      }
      await expect(open({ base, timeoutMs: 300 })).rejects.toThrow(code('directory-unavailable'));
      expect(performance.now() - start).toBeLessThan(4000);
    } finally {
      slapd.resume();
    }
    expect(await directory.get(box('a'))).not.toBeNull();
  });

  test('is left at once when the directory is destroyed', async () => {
    const directory = await open({ base: slapd.freshBase() });
    slapd.pause();
    try {
      const waiting = directory.list([], 'box');
      const outcome = expect(waiting).rejects.toThrow(code('directory-closed'));
      await new Promise(setImmediate);
      directory.destroy();
      await outcome;
      await expect(directory.list([], 'box')).rejects.toThrow(code('directory-closed'));
    } finally {
      slapd.resume();
    }
  });

  test('is asked for many entries by id in few questions', async () => {
    const wire = new Wire(socketOf(slapd));
    try {
      await using directory = await open({ base: slapd.freshBase(), url: `ldapi://${encodeURIComponent(wire.path)}` });
      const ids = Array.from({ length: 250 }, () => randomUUID());
      await directory.apply([add(box('a')), ...ids.map((id, index) => add(person(`p${index}`), { id }))]);
      wire.left = 1000;
      expect((await directory.getByIds(ids)).size).toBe(250);
      // Those of a hundred are larger than what a socket gives at a time.
      expect(1000 - wire.left).toBeLessThan(15);
    } finally {
      wire.close();
    }
  });

  test('that is lost in the middle of changes leaves some, and we are told which', async () => {
    const base = slapd.freshBase();
    const wire = new Wire(socketOf(slapd));
    try {
      await using directory = await open({ base, url: `ldapi://${encodeURIComponent(wire.path)}` });
      // Two questions and an answer for the first entry, and for the second one a question.
      wire.left = 4;
      const lost = directory.apply([add(box('a')), add(box('a', 'b')), add(box('a', 'c'))]);
      await expect(lost).rejects.toMatchObject({
        code: 'directory-unavailable',
        message: expect.stringMatching(/what was done before could not be undone: add box "a"; look at it/),
      });
      wire.left = Infinity;
      expect(await directory.get(box('a'))).not.toBeNull();
      expect(await directory.list(box('a'), 'box')).toEqual([]);
    } finally {
      wire.close();
    }
  });

  test('is not asked for lists that nobody waits for any longer', async () => {
    const wire = new Wire(socketOf(slapd));
    try {
      await using directory = await open({ base: slapd.freshBase(), url: `ldapi://${encodeURIComponent(wire.path)}` });
      await directory.apply([add(box('a'))]);
      const controller = new AbortController();
      const { signal } = controller;
      wire.left = 1000;
      const given = Array.from({ length: 10 }, async () => await directory.list([], 'box', { signal }));
      controller.abort(new Error('given up'));
      const ends = await Promise.allSettled(given);
      expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 'rejected'));
      expect(await directory.list([], 'box')).toHaveLength(1);
      // The last one, and at most one that had begun.
      expect(wire.left).toBeGreaterThanOrEqual(998);
    } finally {
      wire.close();
    }
  });

  test('gives a part of a list whole, though some of it goes meanwhile', async () => {
    const base = slapd.freshBase();
    const wire = new Wire(socketOf(slapd));
    try {
      await using directory = await open({ base, url: `ldapi://${encodeURIComponent(wire.path)}` });
      const keys = Array.from({ length: 20 }, (_, index) => `p${10 + index}`);
      await directory.apply([add(box('a')), ...keys.map((key) => add(person(key)))]);
      const part = async (limit: number, ...leaving: readonly string[]): Promise<readonly string[]> => {
        // The names are known then, and the entries are asked for.
        wire.before.push(
          async () => await Promise.resolve(),
          async () => await Promise.all(leaving.map(async (key) => await operator.del(`uid=${key},testBox=a,${base}`))),
        );
        return (await directory.list(box('a'), 'person', { limit, after: 'p10' })).map(({ path }) => path.at(-1)![1]);
      };
      expect(await part(3, 'p11')).toEqual(['p12', 'p13', 'p14']);
      expect(await part(3, 'p12', 'p13', 'p14')).toEqual(['p15', 'p16', 'p17']);
      expect(await part(14, 'p15', 'p20', 'p29')).toEqual(keys.filter((key) => key > 'p15' && !/20|29/.test(key)));
      const request = { limit: 3 };
      const rowsOf = (entries: readonly Entry[]): readonly string[] => entries.map(({ path }) => path.at(-1)![1]);
      wire.before.push(
        async () => await Promise.resolve(),
        async () => await operator.del(`uid=p17,testBox=a,${base}`),
      );
      const { signal } = new AbortController();
      expect(await readPart(directory, { parent: box('a'), kind: 'person', request, rowsOf, signal })).toEqual({
        rows: ['p10', 'p16', 'p18'],
        more: { after: 'p18' },
      });
    } finally {
      wire.close();
    }
  });

  test('may hold what is not ours', async () => {
    const base = slapd.freshBase();
    await using directory = await open({ base });
    await directory.apply([add(box('a')), add(box('mixed'))]);
    const foreign = { objectClass: ['account'], uid: ['stranger'] };
    await operator.add(`uid=stranger,testBox=mixed,${base}`, foreign);
    await operator.add(`testBox=odd+description=x,${base}`, {
      objectClass: ['testBoxObject', 'arpa2Entry'],
      testBox: 'odd',
      description: 'x',
      arpa2EntryId: '00000000-0000-4000-8000-000000000009',
    });
    expect((await directory.list([], 'box')).map(({ path }) => path)).toEqual([box('a'), box('mixed')]);
    expect(await directory.list(box('mixed'), 'person')).toEqual([]);
    expect(await directory.get(person('stranger', 'mixed'))).toBeNull();
    await expect(directory.apply([add(team('stranger', 'mixed'))])).rejects.toMatchObject({
      code: 'directory-exists',
      by: [],
    });
    await expect(directory.apply([{ op: 'remove', path: box('mixed') }])).rejects.toThrow(code('directory-not-empty'));
    expect(await directory.get(box('mixed'))).not.toBeNull();
  });

  test('gives thousands of entries in pages', async () => {
    const base = slapd.freshBase();
    await using directory = await open({ base });
    await directory.apply([add(box('a'))]);
    const count = 1500;
    const addPerson = async (number: number): Promise<void> => {
      const arpa2EntryId = `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`;
      const entry = { objectClass: ['testPersonObject', 'arpa2Entry'], uid: `p${number}`, cn: 'N', arpa2EntryId };
      await operator.add(`uid=p${number},testBox=a,${base}`, entry);
    };
    // slapd hangs up on whoever has more than a thousand requests open.
    for (let from = 0; from < count; from += 500) {
      await Promise.all(Array.from({ length: 500 }, async (_, index) => await addPerson(from + index)));
    }
    const start = performance.now();
    const both = await Promise.all([directory.list(box('a'), 'person'), directory.list(box('a'), 'person')]);
    expect(both.map((entries) => entries.length)).toEqual([count, count]);
    expect(performance.now() - start).toBeLessThan(4000);
    expect(await directory.list(box('a'), 'person', { prefix: 'p149', limit: 5 })).toHaveLength(5);
    const part = await directory.list(box('a'), 'person', { after: 'p1498', limit: 700 });
    expect(part.map(({ path }) => path.at(-1)![1])).toEqual(
      Array.from({ length: count }, (_, index) => `p${index}`)
        .sort()
        .filter((name) => name > 'p1498')
        .slice(0, 700),
    );
    const controller = new AbortController();
    const left = directory.list(box('a'), 'person', { limit: 5, signal: controller.signal });
    setImmediate(() => controller.abort(new Error('given up')));
    await expect(left).rejects.toThrow('given up');
    expect(await directory.list(box('a'), 'person', { limit: 600 })).toHaveLength(600);
  });
});
