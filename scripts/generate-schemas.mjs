// Writes what follows from the definitions of commands and documents; the schemas and the shells are the sources of truth:
// - packages/*/src/generated/*.ts from schemas/*.json: the schema as a constant and the types derived from it;
// - schemas/shells/*.json from the shells in shells/, as they describe themselves once they are built.
// `--check` writes nothing and fails when a file is stale.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  'shell-config': 'packages/arpa2shell',
};
const isCheck = process.argv.includes('--check');
const camel = (name) => name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase());

/** Text null: there is to be no such file. */
async function put(target, text) {
  const present = await readFile(target, 'utf8').catch(() => null);
  if (present === text) return;
  if (isCheck) {
    console.error(`${path.relative(root, target)} is stale: run "npm run build && npm run schemas"`);
    process.exitCode = 1;
  } else if (text === null) {
    await rm(target);
  } else {
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}

async function writeTypes(name, folder) {
  const schema = JSON.parse(await readFile(path.join(root, 'schemas', `${name}.json`), 'utf8'));
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
  await put(path.join(root, folder, 'src/generated', `${name}.ts`), text);
}

async function writeShells() {
  const { hostFor, loadShells, shellSchemaOf } = await import('../packages/shell/dist/index.js').catch(() => {
    throw new Error('The shells are not built: run "npm run build" first');
  });
  const folder = path.join(root, 'schemas/shells');
  const files = new Set(await readdir(folder).catch(() => []));
  for (const manifest of await loadShells([path.join(root, 'shells')])) {
    const host = await hostFor(manifest);
    const text = await format(JSON.stringify(shellSchemaOf(host.table)), { parser: 'json', printWidth: 120 });
    await host.close();
    await put(path.join(folder, `${manifest.name}.json`), text);
    files.delete(`${manifest.name}.json`);
  }
  for (const file of files) await put(path.join(folder, file), null);
}

for (const [name, folder] of Object.entries(targets)) await writeTypes(name, folder);
await writeShells();
