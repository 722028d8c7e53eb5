import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { BusError, DocumentValidator } from '@arpa2amqp/protocol';
import { ProgramError, runProgram } from '@arpa2amqp/testkit';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = path.join(root, 'schemas');
const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
const names = files.map(({ name }) => path.basename(name, '.json'));

/** Packages with types and validators derived from a schema. */
const users = readdirSync(path.join(root, 'packages'), { recursive: true, encoding: 'utf8' }).flatMap(
  (file) => /^[^/]+\/src\/generated\/([^/]+)\.ts$/.exec(file)?.[1] ?? [],
);

test('the types derived from the schemas, and the schemas of the shells, are current', async () => {
  const script = path.join(root, 'scripts/generate-schemas.mjs');
  const check = runProgram(process.execPath, [script, '--check']).catch((error: unknown) => {
    throw error instanceof ProgramError ? new Error(error.output) : error;
  });
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

test('each schema is used, and nothing is derived from one that is gone', () => {
  expect(names.length).toBeGreaterThan(5);
  expect([...users].sort()).toEqual([...names].sort());
});

const shells = readdirSync(path.join(root, 'shells'));

test('each shell has a schema of its commands', () => {
  expect(shells.length).toBeGreaterThan(1);
  expect(readdirSync(path.join(folder, 'shells')).sort()).toEqual(shells.map((shell) => `${shell}.json`).sort());
});

describe.each(shells)('schemas/shells/%s.json', (shell) => {
  const schema = JSON.parse(readFileSync(path.join(folder, 'shells', `${shell}.json`), 'utf8')) as {
    readonly anyOf: readonly { readonly $id: string; readonly description: string }[];
  };

  test('says what it is, and holds a schema for every command', () => {
    const id = `urn:arpa2amqp:schema:shell:${shell}`;
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: id,
      description: expect.stringMatching(/^\S.{20,}\.$/),
    });
    const heads = schema.anyOf.map((command) => command.$id.slice(id.length + 1));
    expect(heads).toEqual(expect.arrayContaining(['help', 'version', 'whoami', 'describe']));
    expect(schema.anyOf.map((command) => command.$id)).toEqual(heads.map((head) => `${id}:${head}`));
    for (const [index, head] of heads.entries()) {
      expect(schema.anyOf[index]!.description).toContain(`\n${shell} ${head}`);
    }
  });
});

describe.each(names)('schemas/%s.json', (name) => {
  const schema = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Record<string, unknown>;

  test('says what it is, under a name of its own', () => {
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: `urn:arpa2amqp:schema:${name}:1`,
      title: expect.stringMatching(/^[A-Z][A-Za-z]+$/),
      description: expect.stringMatching(/^\S.{20,}\.$/),
    });
  });

  test('compiles, and refuses what is no object', () => {
    const validator = new DocumentValidator(schema, 'config');
    for (const document of [null, 'text', 5, true, []]) {
      expect(validator.accepts(document)).toBe(false);
      expect(() => validator.check(document, 'It')).toThrow(BusError);
    }
  });

  test('refuses keys that it does not know, unless any key may be a variable or a member', () => {
    const isOpen = name === 'command' || name === 'reply';
    const objects = objectsIn(schema).filter(({ properties }) => properties !== undefined);
    expect(objects.length).toBeGreaterThan(0);
    if (isOpen) return;
    expect(objects.filter(({ additionalProperties }) => additionalProperties === undefined)).toEqual([]);
  });
});

interface ObjectSchema {
  readonly properties?: unknown;
  readonly additionalProperties?: unknown;
}

/** Every part of a schema that describes an object. */
function objectsIn(schema: unknown): ObjectSchema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'type' in schema && schema.type === 'object' ? [schema as ObjectSchema] : [];
  return [...own, ...Object.values(schema).flatMap(objectsIn)];
}
