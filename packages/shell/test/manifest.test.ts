import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BusError } from '@arpa2amqp/protocol';
import { hostFor, loadShells } from '../src/index.js';
import { Probe, PROBE_MODULE } from './probe.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'arpa2-shells-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const EXECUTABLE = {
  name: 'probe',
  kind: 'executable',
  program: ['./run.sh'],
  version: '0.1',
  intro: 'Probes.',
  types: { zone: { type: 'pattern', pattern: '[a-z.]+' } },
  commands: [{ spec: 'show <zone>', summary: 'Show a zone', effect: 'read', open: true }],
};
const PROCESS = { name: 'probe', kind: 'process', module: './dist/index.js', options: { colour: 'red' } };

function write(folder: string, manifest: object | string): string {
  const directory = path.join(root, folder);
  mkdirSync(path.join(directory, 'dist'), { recursive: true });
  const file = path.join(directory, 'shell.json');
  writeFileSync(file, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  writeFileSync(path.join(directory, 'run.sh'), '#!/bin/sh\ncat\n', { mode: 0o755 });
  writeFileSync(path.join(directory, 'dist/index.js'), '');
  return directory;
}

async function refusal(...folders: string[]): Promise<string> {
  const error: unknown = await loadShells(folders.length === 0 ? [root] : folders).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BusError);
  expect((error as BusError).code).toBe('config');
  return (error as BusError).message;
}

describe('loadShells', () => {
  test('takes folders of shells and single shells, each once', async () => {
    write('one', EXECUTABLE);
    const two = write('two', { ...PROCESS, name: 'other' });
    mkdirSync(path.join(root, 'node_modules'));
    writeFileSync(path.join(root, 'README.md'), '');
    const loaded = await loadShells([root, two]);
    expect(loaded).toMatchObject([
      { name: 'probe', kind: 'executable', program: [path.join(root, 'one/run.sh')], environment: [] },
      { name: 'other', kind: 'process', module: path.join(two, 'dist/index.js'), options: { colour: 'red' } },
    ]);
    expect(loaded[0]).toMatchObject({
      description: { commands: [{ spec: 'show <zone>', types: { zone: { pattern: '[a-z.]+' } } }] },
    });
  });

  test('makes hosts: an executable one', async () => {
    write('one', EXECUTABLE);
    const [manifest] = await loadShells([root]);
    const host = await hostFor(manifest!);
    const reply = await (await Probe.open(host)).reply('show a.nep');
    expect(JSON.parse(String(reply.stdout_))).toEqual({
      do_: ['probe', 'show'],
      words_: ['probe', 'show', 'a.nep'],
      zone: ['a.nep'],
    });
    expect(host.table.planLine(['show', 'A'])).toMatchObject({ code: 'syntax', invalid: 'zone' });
  });

  test('makes hosts: a process one, with options over those of the manifest', async () => {
    const folder = write('one', { ...PROCESS, module: './shell.mjs', options: { name: 'other', closedDoor: false } });
    cpSync(path.dirname(PROBE_MODULE), folder, { recursive: true });
    writeFileSync(
      path.join(folder, 'shell.mjs'),
      `import { createShell as probe } from ${JSON.stringify(PROBE_MODULE)};
       export const createShell = (options) => probe(options);`,
    );
    const [manifest] = await loadShells([folder]);
    const host = await hostFor(manifest!, { options: { name: 'probe' } });
    expect(await (await Probe.open(host)).reply('hello a')).toEqual({ stdout_: 'Hello a\n' });
    await host.close();
  });

  test('names a folder that is none', async () => {
    expect(await refusal()).toContain('is no shell and holds none');
    expect(await refusal(path.join(root, 'absent'))).toContain('absent" failed');
  });

  test.each([
    ['text that is no JSON', '{', 'cannot be read'],
    ['a key twice', '{"name":"a","name":"b"}', 'cannot be read'],
    ['an array', [], 'its "kind" must be'],
    ['no kind', { ...PROCESS, kind: undefined }, 'its "kind" must be'],
    ['an unknown key', { ...PROCESS, modul: 'x' }, 'unknown key "modul" in the document, did you mean "module"?'],
    ['a key of the other kind', { ...PROCESS, program: ['./run.sh'] }, 'unknown key "program"'],
    [
      'an unknown key of a command',
      command({ sumary: '' }),
      'unknown key "sumary" in "commands.0", did you mean "summary"?',
    ],
    ['a missing effect', command({ effect: undefined }), '"commands.0" lacks "effect"'],
    ['another effect', command({ effect: 'maybe' }), 'must be one of read, change'],
    ['a bad spec', command({ spec: 'show (' }), 'commands[0].spec is refused'],
    ['a bad name', { ...PROCESS, name: 'Probe' }, '"name" must match pattern'],
    ['a bad version', { ...EXECUTABLE, version: 'a b' }, 'version must be'],
    ['a type of no variable', { ...EXECUTABLE, types: { zoen: 'integer' } }, 'types has "zoen"'],
    ['a missing module', { ...PROCESS, module: './absent.js' }, 'there is no "./absent.js"'],
    ['a module without ./', { ...PROCESS, module: 'index.js' }, '"module" must match pattern'],
    ['a module elsewhere', { ...PROCESS, module: './../one/../../etc' }, /there is no|outside the folder/],
    ['a program to be searched', { ...EXECUTABLE, program: ['python3'] }, 'must start with "./" or "/"'],
    ['a program that cannot be executed', { ...EXECUTABLE, program: ['./shell.json'] }, 'cannot be executed'],
    ['a script that is not there', { ...EXECUTABLE, program: ['/bin/sh', './absent.sh'] }, 'there is no "./absent.sh"'],
  ])('refuses %s', async (_what, manifest, message) => {
    write('one', manifest);
    const text = await refusal();
    expect(text).toMatch(message);
    expect(text).toContain(path.join(root, 'one/shell.json'));
  });

  test('refuses two shells of one name', async () => {
    write('one', EXECUTABLE);
    write('two', EXECUTABLE);
    expect(await refusal()).toContain('has a shell named "probe" too');
  });

  test('follows links, but not out of the folder', async () => {
    const folder = write('one', { ...PROCESS, module: './link.js' });
    symlinkSync('dist/index.js', path.join(folder, 'link.js'));
    expect(await loadShells([root])).toMatchObject([{ module: path.join(folder, 'dist/index.js') }]);
    rmSync(path.join(folder, 'link.js'));
    writeFileSync(path.join(root, 'elsewhere.js'), '');
    symlinkSync('../elsewhere.js', path.join(folder, 'link.js'));
    expect(await refusal()).toContain('is outside the folder of the manifest');
  });

  test.each(['shell.json', 'run.sh', '.'])('refuses when everyone may write %s', async (name) => {
    const folder = write('one', EXECUTABLE);
    chmodSync(path.join(folder, name), 0o777);
    expect(await refusal()).toContain('may be written by everyone');
  });

  test('refuses a script that everyone may write behind an interpreter', async () => {
    const folder = write('one', { ...EXECUTABLE, program: ['/bin/sh', './run.sh'] });
    chmodSync(path.join(folder, 'run.sh'), 0o666);
    expect(await refusal()).toContain('may be written by everyone');
  });
});

function command(change: object): object {
  return { ...EXECUTABLE, commands: [{ ...EXECUTABLE.commands[0], ...change }] };
}
