// Writes packages/*/man and packages/*/completions: manual pages, and completions for bash, zsh and fish, from the same tables as
// `--help`. Reads the built packages (`npm run build`). `--check` writes nothing and fails when a file is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bashCompletion } from './command-documents/bash.mjs';
import { fishCompletion } from './command-documents/fish.mjs';
import { manPage } from './command-documents/man-page.mjs';
import { describeProgram } from './command-documents/program.mjs';
import { zshCompletion } from './command-documents/zsh.mjs';

const root = path.resolve(import.meta.dirname, '..');
const definitions = [
  'packages/arpa2amqp/dist/cli/program.js',
  'packages/arpa2amqp.d/dist/program.js',
  'packages/arpa2shell/dist/cli/program.js',
];

let stale = 0;
for (const definition of definitions) {
  const folder = path.join(root, ...definition.split('/').slice(0, 2));
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const { PROGRAM } = await import(path.join(root, definition));
  const program = describeProgram(PROGRAM, manifest);
  const files = {
    [`man/${program.name}.${program.section}`]: manPage(program),
    [`completions/${program.name}.bash`]: bashCompletion(program),
    [`completions/_${program.name}`]: zshCompletion(program),
    [`completions/${program.name}.fish`]: fishCompletion(program),
  };
  for (const [name, text] of Object.entries(files)) {
    const target = path.join(folder, name);
    const present = await readFile(target, 'utf8').catch(() => '');
    if (present === text) continue;
    if (process.argv.includes('--check')) {
      console.error(`${path.relative(root, target)} is stale: run "npm run docs:cli"`);
      stale += 1;
    } else {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    }
  }
}
process.exitCode = stale === 0 ? 0 : 1;
