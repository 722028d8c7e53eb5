import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '@arpa2amqp/testkit';
import { inlineHost, startProcessHost, type Shell, type ShellPlace } from '../src/index.js';
import { Probe, recordingLogger } from './probe.js';

const module = fileURLToPath(new URL('fixtures/life-shell.mjs', import.meta.url));
const PLACE = { state: '/var/lib/x', address: '/internetwide/arpa2.test/reservoir' };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'arpa2-life-'));
});
afterAll(async () => await rm(folder, { recursive: true }));

const lines = async (notes: string): Promise<string[]> => (await readFile(notes, 'utf8')).trim().split('\n');

test('a shell in a process is told of its host, starts its own work once and gives back what it holds', async () => {
  const notes = path.join(folder, 'process');
  const log = recordingLogger();
  const host = await startProcessHost({ name: 'life', module, options: { notes }, place: PLACE, logger: log.logger });
  const probe = await Probe.open(host);
  expect(await probe.reply('place here')).toEqual({ ...PLACE, logger: 0 });
  const question = { command: 0, variable: 'where', partial: '', values: {}, literals: [] };
  // The first question only starts the second process, whose hooks know that they are all it is for.
  const found = await waitUntil(async () => {
    const candidates = await probe.session.complete(question, { timeoutMs: 200 });
    return candidates.length > 0 ? candidates : null;
  });
  expect(found).toEqual([{ value: 'completes-only' }]);
  await host.close();
  expect((await lines(notes)).sort()).toEqual(['close', 'close', 'start /var/lib/x']);
  expect(log.events.map(({ event }) => event)).toContain('shell-living');
});

test('a shell that fails to start its work serves on, and one that clings to what it holds ends', async () => {
  const log = recordingLogger();
  for (const mood of ['sick', 'clinging']) {
    const notes = path.join(folder, mood);
    const host = await startProcessHost({ name: 'life', module, options: { notes, mood }, logger: log.logger });
    expect(await (await Probe.open(host)).codes(['place x'])).toEqual(['ok']);
    await host.close();
    expect(await lines(notes)).toEqual(['start undefined', 'close']);
  }
  expect(log.events.filter(({ event }) => event === 'shell-start-broke')).toEqual([
    { event: 'shell-start-broke', fields: { shell: 'life', text: 'error: no "work" today\\u{a}' } },
  ]);
});

test('a shell may log what is not flat: its process lives on, and the line has what can be said', async () => {
  const log = recordingLogger();
  const options = { notes: path.join(folder, 'chatty'), mood: 'chatty' };
  const host = await startProcessHost({ name: 'life', module, options, logger: log.logger });
  expect(await (await Probe.open(host)).codes(['place x'])).toEqual(['ok']);
  await host.close();
  const texts = log.events.map(({ event, fields }) => `${event} ${String(fields['text'])}`);
  expect(texts.filter((text) => !text.startsWith('shell-living'))).toEqual([
    'shell-odd big: 1, nested: {"of":["a",null]}',
    'shell-odd error: a "cause", at: 1970-01-01T00:00:00.000Z',
    `shell-odd long: ${'x'.repeat(1994)}...`,
    'shell-log text: alone',
    'shell-log text: a text',
  ]);
});

test('a shell in this process has the same life', async () => {
  const notes = path.join(folder, 'inline');
  const { createShell } = (await import(module)) as { createShell: (o: object, place: ShellPlace) => Shell };
  const host = inlineHost(createShell({ notes }, PLACE));
  expect(await (await Probe.open(host)).reply('place x')).toEqual({ ...PLACE, logger: 0 });
  await host.close();
  await host.close();
  expect(await lines(notes)).toEqual(['start /var/lib/x', 'close']);
});
