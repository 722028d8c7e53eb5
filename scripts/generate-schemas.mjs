// Writes packages/*/src/generated/*.ts from schemas/*.json: the schema as a constant and the types derived from it.
// The schemas are the source of truth. `--check` writes nothing and fails when a generated file is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { format } from 'prettier';

const root = path.resolve(import.meta.dirname, '..');
const targets = {
  batch: 'packages/protocol',
  command: 'packages/protocol',
  reply: 'packages/protocol',
  'completion-reply': 'packages/protocol',
  'shell-manifest': 'packages/shell',
  'daemon-config': 'packages/arpa2amqp.d',
  'client-options': 'packages/arpa2amqp',
  'batch-options': 'packages/arpa2amqp',
  'batch-input': 'packages/arpa2amqp',
};
const camel = (name) => name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase());

let stale = 0;
for (const [name, folder] of Object.entries(targets)) {
  const source = path.join(root, 'schemas', `${name}.json`);
  const schema = JSON.parse(await readFile(source, 'utf8'));
  const types = await compile(JSON.parse(JSON.stringify(schema)), camel(name), {
    bannerComment: '',
    format: false,
    ignoreMinAndMaxItems: true,
  });
  const text = await format(
    `// Generated from schemas/${name}.json by \`npm run schemas\`; do not edit.\n\n${types}\n` +
      `export const ${camel(name)}Schema = ${JSON.stringify(schema, null, 2)} as const;\n`,
    { parser: 'typescript', printWidth: 120, singleQuote: true },
  );
  const target = path.join(root, folder, 'src/generated', `${name}.ts`);
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${path.relative(root, target)} is stale: run "npm run schemas"`);
    stale += 1;
  } else {
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
