import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { describeWith, KnotServer, waitUntil } from '@arpa2amqp/testkit';
import { ControlConversation } from '../src/control-connection.js';
import { Knot } from '../src/knot.js';
import { conversations, DnsShell } from './dns-shell.js';

const ZONE = 'zone.nep.';
const PATIENT = new AbortController().signal;
const RECORD = { owner: `new.${ZONE}`, ttl: 60, type: 'A', data: '192.0.2.1' };
/** A deadline that makes the tests quick and is still ample for a healthy knotd on a busy machine. */
const TIMEOUT_MS = 1200;

describeWith(['knotd'], 'when Knot or others on it fail', () => {
  let server: KnotServer;
  let knot: Knot;
  let shell: DnsShell;

  beforeAll(async () => {
    server = await KnotServer.start();
    shell = new DnsShell({ socket: server.socket, timeoutMs: TIMEOUT_MS });
    knot = new Knot({ socket: server.socket, timeoutMs: TIMEOUT_MS });
    expect(await shell.run('zone add zone.nep ns1.example.org a@example.org')).toEqual({ stdout_: '' });
    expect(await shell.run('zone add alpha.nep ns1.example.org a@example.org')).toEqual({ stdout_: '' });
  });
  afterAll(async () => {
    await server.close();
  });

  /** Whatever a test did, the next one finds the server free of transactions and the zone as it was. */
  beforeEach(async () => {
    await isUntouched();
  });

  async function isUntouched(): Promise<void> {
    await waitUntil(() => conversations(server.socket) === 0, { what: 'the end of all conversations' });
    expect(await server.knotc('zone-status', '+transaction')).not.toContain('open');
    expect(await server.knotc('conf-begin')).toBe('OK\n');
    await server.knotc('conf-abort');
    expect((await knot.readRecords(ZONE, {}, PATIENT)).map(({ type }) => type).sort()).toEqual(['NS', 'SOA']);
  }

  const unavailable = (words: string) => ({ stderr_: expect.stringContaining(words), error_: { code: 'unavailable' } });

  test('no socket: unavailable, with what to do', async () => {
    const nowhere = new DnsShell({ socket: join(server.directory, 'none.sock') });
    expect(await nowhere.run('zone list')).toEqual(unavailable('there is no such socket; check that knotd is running'));
    writeFileSync(join(server.directory, 'file.sock'), '');
    const nobody = new DnsShell({ socket: join(server.directory, 'file.sock') });
    expect(await nobody.run('zone list')).toEqual(
      unavailable('nobody listens on the socket; check that knotd is running'),
    );
  });

  test('knotd stands still: unavailable in time, and nothing happens when it goes on', async () => {
    server.pause();
    const started = performance.now();
    const replies = await Promise.all([
      shell.run('record add zone.nep new A 192.0.2.1'),
      shell.run('zone add other.nep ns1.example.org a@example.org'),
    ]);
    // The second one's time began when the first one's was over.
    expect(performance.now() - started).toBeLessThan(3 * TIMEOUT_MS);
    server.resume();
    expect(replies).toEqual([unavailable('did not answer in time'), unavailable('did not answer in time')]);
    expect(await shell.run('zone list')).toEqual({ zones: ['alpha.nep', 'zone.nep'] });
  });

  test('knotd stands still inside a transaction: when it goes on, the zone is not left locked', async () => {
    const change = knot.changeZone(ZONE, PATIENT, async (editor) => {
      server.pause();
      await editor.set(RECORD);
    });
    await expect(change).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('release it there with "knotc zone-abort zone.nep."'),
    });
    server.resume();
    await waitUntil(async () => !(await server.knotc('zone-status', '+transaction')).includes('open'));
  });

  test('a late answer to a commit counts', async () => {
    const change = knot.changeZone('alpha.nep.', PATIENT, async (editor) => {
      await editor.set({ ...RECORD, owner: 'late.alpha.nep.' });
      server.pause();
      setTimeout(() => server.resume(), TIMEOUT_MS + 300);
      return 'changed';
    });
    await expect(change).resolves.toBe('changed');
    expect((await server.query('late.alpha.nep', 'A')).records).toHaveLength(1);
  });

  test('no answer to a commit: nobody says that it is known what happened', async () => {
    const change = knot.changeZone('alpha.nep.', PATIENT, async (editor) => {
      await editor.set({ ...RECORD, owner: 'unknown.alpha.nep.' });
      server.pause();
    });
    await expect(change).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringContaining('is not known'),
    });
    server.resume();
    // Knot did what it was told, as soon as it could.
    await waitUntil(async () => (await server.query('unknown.alpha.nep', 'A')).records.length === 1);
  });

  test('knotd dies inside a transaction: an error at once, and the zone as before', async () => {
    const started = performance.now();
    const change = knot.changeZone(ZONE, PATIENT, async (editor) => {
      await editor.set(RECORD);
      await server.kill();
      await editor.set({ ...RECORD, owner: `other.${ZONE}` });
    });
    await expect(change).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS);
    await server.restart();
  });

  test('a foreign transaction on the zone: unavailable with a hint, and it is left alone', async () => {
    await server.knotc('zone-begin', 'zone.nep');
    await server.knotc('zone-set', 'zone.nep', 'foreign', '60', 'A', '192.0.2.9');
    const refusal = unavailable('end it on the server with "knotc zone-abort zone.nep."');
    expect(await shell.run('record add zone.nep new A 192.0.2.1')).toEqual(refusal);
    expect(await shell.run('zone del zone.nep')).toEqual(refusal);
    expect(await server.knotc('zone-get', 'zone.nep', 'foreign')).toContain('192.0.2.9');
    await server.knotc('zone-abort', 'zone.nep');
  });

  test('a foreign transaction that ends soon is waited for, others meanwhile served', async () => {
    await server.knotc('zone-begin', 'zone.nep');
    const waiting = shell.run('record add zone.nep new A 192.0.2.1');
    expect(await shell.run('record list alpha.nep nothing')).toEqual({ records: [] });
    await server.knotc('zone-abort', 'zone.nep');
    expect(await waiting).toMatchObject({ headers_: [['Cache-Update-Delay', '3600']] });
    await shell.run('record del zone.nep new A 192.0.2.1');
  });

  test('a foreign change of the configuration: zones can be neither added nor deleted, records can', async () => {
    await server.knotc('conf-begin');
    await server.knotc('conf-set', 'server.identity', 'foreign');
    const refusal = unavailable('end it on the server with "knotc conf-abort"');
    expect(await shell.run('zone add other.nep ns1.example.org a@example.org')).toEqual(refusal);
    expect(await shell.run('zone del zone.nep')).toEqual(refusal);
    expect(await shell.run('record add alpha.nep meanwhile A 192.0.2.1')).toMatchObject({ stdout_: '' });
    expect(await server.knotc('conf-diff')).toContain('foreign');
    await server.knotc('conf-abort');
  });

  test('a foreign conversation that is held open: unavailable, and what was not asked in time is not done later', async () => {
    const holder = await ControlConversation.open(server.socket, AbortSignal.timeout(TIMEOUT_MS));
    expect(await shell.run('record add zone.nep new A 192.0.2.1')).toEqual(
      unavailable('another program holds its control socket'),
    );
    holder.close();
    await isUntouched();
  });

  test('a caller who gives up while others are served', async () => {
    const holder = await ControlConversation.open(server.socket, AbortSignal.timeout(TIMEOUT_MS));
    const patience = new AbortController();
    const first = shell.run('zone list');
    const second = shell.run('zone list', patience.signal);
    patience.abort();
    expect((await second).error_).toEqual({ code: 'interrupted' });
    holder.close();
    expect(await first).toEqual({ zones: ['alpha.nep', 'zone.nep'] });
  });

  test('adding a zone whose records are refused takes the zone out again', async () => {
    const soa = { owner: 'other.nep.', ttl: 60, type: 'SOA', data: 'a. b. 1 1 1 1 1' };
    const contradiction = { owner: 'other.nep.', ttl: 60, type: 'CNAME', data: 'c.' };
    await expect(knot.addZone('other.nep.', [soa, contradiction], PATIENT)).rejects.toMatchObject({ code: 'failed' });
    await expect(knot.addZone('other.nep.', [{ ...soa, data: 'rubbish' }], PATIENT)).rejects.toMatchObject({
      code: 'failed',
    });
    const tooLarge = { ...soa, type: 'TXT', data: 'x'.repeat(70_000) };
    await expect(knot.addZone('other.nep.', [soa, tooLarge], PATIENT)).rejects.toMatchObject({ code: 'failed' });
    expect(await knot.listZones(PATIENT)).toEqual(['alpha.nep.', ZONE]);
    expect((await server.query('other.nep', 'SOA')).status).toBe('REFUSED');
  });

  test('a zone file that is there already is neither taken over nor lost', async () => {
    const file = join(server.directory, 'storage/kept.nep.zone');
    const content = '@ 60 SOA a. b. 1 1 1 1 1\n@ 60 NS a.\n';
    writeFileSync(file, content);
    expect(await shell.run('zone add kept.nep ns1.example.org a@example.org')).toMatchObject({
      stderr_: expect.stringContaining('the server still has records of it'),
      error_: { code: 'failed' },
    });
    expect(readFileSync(file, 'utf8')).toBe(content);
    expect(await shell.run('zone list')).toEqual({ zones: ['alpha.nep', 'zone.nep'] });
  });

  test('several zones: all or none, locked in order', async () => {
    const edit = knot.changeZones([ZONE, 'Alpha.nep.'], PATIENT, async (editorOf) => {
      await editorOf('alpha.nep.').set({ ...RECORD, owner: 'both.alpha.nep.' });
      await editorOf(ZONE).set(RECORD);
    });
    await edit;
    const begun = [...server.log.matchAll(/\[(\S+)\] control, received command 'zone-begin'/g)].map(([, zone]) => zone);
    expect(begun.slice(-2)).toEqual(['alpha.nep.', ZONE]);
    await knot.changeZone(ZONE, PATIENT, async (editor) => await editor.unset(RECORD));

    await server.knotc('zone-begin', ZONE);
    const failing = knot.changeZones([ZONE, 'alpha.nep.'], PATIENT, async (editorOf) => {
      await editorOf('alpha.nep.').set({ ...RECORD, owner: 'none.alpha.nep.' });
    });
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
    await server.knotc('zone-abort', ZONE);
    expect(await knot.readRecords('alpha.nep.', { owner: 'none.alpha.nep.' }, PATIENT)).toEqual([]);
  });

  test('many processes at the one socket wait for each other', async () => {
    const others = Array.from({ length: 16 }, () => new Knot({ socket: server.socket, timeoutMs: 10_000 }));
    await Promise.all(
      others.map(async (other, index) => {
        await other.changeZone('alpha.nep.', new AbortController().signal, async (editor) => {
          await editor.set({ ...RECORD, owner: `other${index}.alpha.nep.` });
        });
      }),
    );
    const records = await knot.readRecords('alpha.nep.', {}, PATIENT);
    expect(records.filter(({ owner }) => owner.startsWith('other'))).toHaveLength(16);
  });
});
