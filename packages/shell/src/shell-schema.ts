import { jsonSchemaOf } from '@arpa2amqp/grammar';
import type { CommandTable } from './command-table.js';

/**
 * Makes the JSON Schema (2020-12) of the commands of a shell in their JSON form: one of the schemas of its commands, which are in
 * `$defs` by their first word and may be referred to by an `$id` of their own, `urn:arpa2amqp:schema:shell:<shell>:<first word>`.
 *
 * @returns plain data
 */
export function shellSchemaOf(table: CommandTable): Readonly<Record<string, unknown>> {
  const { name, intro, commands } = table.description;
  const schemas = table.grammars.map((grammar, index) => {
    const schema = jsonSchemaOf(grammar, name);
    return {
      ...schema,
      $id: schema['$id'],
      description: `${commands[index]?.summary ?? ''}\n${String(schema['description'])}`,
    };
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:arpa2amqp:schema:shell:${name}`,
    title: `Commands of ${name}`,
    description: `One command for the shell ${name}. ${intro.replace(/\s+/g, ' ').trim()}`,
    type: 'object',
    anyOf: schemas.map((schema) => ({ $ref: schema.$id })),
    $defs: Object.fromEntries(table.heads.map((head, index) => [head, schemas[index]])),
  };
}
