import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ProgramError, runProgram, WorkDirectory } from '@arpa2amqp/testkit';

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = new WorkDirectory('arpa2-completion');
for (const name of ['shells', 'state']) mkdirSync(directory.file(name));
for (const name of ['batch one.json', 'batch two.json', 'keytab']) writeFileSync(directory.file(name), '');

afterAll(() => directory.remove());

const programs = [
  { name: 'arpa2amqp', page: 'arpa2amqp.1' },
  { name: 'arpa2amqp.d', page: 'arpa2amqp.d.8' },
  { name: 'arpa2shell', page: 'arpa2shell.1' },
];
const folderOf = (name: string): string => path.join(root, 'packages', name);
const completionOf = (name: string): string => path.join(folderOf(name), 'completions', `${name}.bash`);
const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort();

test('manual pages and completions are current', async () => {
  const script = path.join(root, 'scripts/generate-command-documents.mjs');
  const check = runProgram(process.execPath, [script, '--check']).catch((error: unknown) => {
    throw error instanceof ProgramError ? new Error(error.output) : error;
  });
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

describe.each(programs)('$name', ({ name, page }) => {
  test('has each option of its help in the manual and in every completion', async () => {
    const { stdout } = await runProgram(process.execPath, [path.join(folderOf(name), 'dist/main.js'), '--help']);
    const wanted = sorted([...stdout.matchAll(/^ +(?:-\w, )?--([a-z-]+) /gm)].map(([, option]) => option ?? ''));
    expect(wanted.length).toBeGreaterThan(5);

    const read = (file: string): string => readFileSync(path.join(folderOf(name), file), 'utf8');
    const found = (text: string, pattern: RegExp): string[] =>
      sorted([...text.matchAll(pattern)].map(([, option]) => (option ?? '').replaceAll('\\', '')));
    expect({
      man: found(read(`man/${page}`), /^(?:\\fB\\-\w\\fR, )?\\fB\\-\\-([a-z\\-]+)\\fR/gm),
      bash: found(/kind=\(-W '(--.*)'\)/.exec(read(`completions/${name}.bash`))?.[1] ?? '', /--([a-z-]+)/g),
      zsh: found(read(`completions/_${name}`), /^ *'[^[]*?--([a-z-]+)/gm),
      fish: found(read(`completions/${name}.fish`), / -l ([a-z-]+)/g),
    }).toEqual({ man: wanted, bash: wanted, zsh: wanted, fish: wanted });
  });

  test('is documented where npm looks', () => {
    const manifest = JSON.parse(readFileSync(path.join(folderOf(name), 'package.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({
      man: [`./man/${page}`],
      files: expect.arrayContaining(['completions', 'man']),
    });
  });
});

/** What bash offers when Tab is pressed behind the last of these words, in a directory with some files. */
async function complete(...words: readonly string[]): Promise<string[]> {
  const [called = ''] = words;
  const name = called === 'arpa2dns' ? 'arpa2shell' : called;
  const script = `
    cd "$1" && source "$2" && shift 2
    called=$(complete -p "$1"); called=\${called#*-F }; called=\${called%% *}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    $called && printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', script, 'bash', directory.path, completionOf(name), ...words];
  const { stdout, stderr } = await runProgram('bash', args);
  expect(stderr).toBe('');
  return sorted(stdout.split('\n').filter((line) => line !== ''));
}

describe('bash completes', () => {
  test('options, those that begin so', async () => {
    expect(await complete('arpa2amqp', '--co')).toEqual(['--confirm', '--connect']);
    expect(await complete('arpa2amqp', '--atomic', '-q')).toEqual(['-q']);
    expect(await complete('arpa2amqp.d', '--shells', 'shells', '--op')).toEqual(['--open']);
  });

  test('values: of a list, files, directories, and none that it cannot know', async () => {
    expect(await complete('arpa2amqp.d', '--log-level', '')).toContain('silent');
    expect(await complete('arpa2amqp.d', '--log-level', '=', 'de')).toEqual(['debug']);
    expect(await complete('arpa2amqp.d', '--log-level', '=')).toContain('info');
    expect(await complete('arpa2amqp', '--ca', 'k')).toEqual(['keytab']);
    expect(await complete('arpa2amqp.d', '--shells', 'state', 's')).toEqual(['shells', 'state']);
    expect(await complete('arpa2amqp', '--to', 'k')).toEqual([]);
    expect(await complete('arpa2dns', '-f', 'k')).toEqual(['keytab']);
    expect(await complete('arpa2dns', '-c', 'k')).toEqual([]);
  });

  test('files where the batch is named, with blanks too', async () => {
    expect(await complete('arpa2amqp', '--pretty', 'batch')).toEqual(['batch one.json', 'batch two.json']);
    expect(await complete('arpa2amqp', '--', '-q')).toEqual([]);
    expect(await complete('arpa2amqp.d', 'k')).toEqual([]);
  });
});
