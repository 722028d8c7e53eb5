import { jsonSchemaOf } from '@arpa2amqp/grammar';
import type { CommandTable } from './command-table.js';

/**
 * Makes the JSON Schema (2020-12) of the commands of a shell in their JSON form: any of the schemas of its commands, which may be
 * referred to by an `$id` of their own, `urn:arpa2amqp:schema:shell:<shell>:<first word>`.
 *
 * @returns plain data
 */
export function shellSchemaOf(table: CommandTable): Readonly<Record<string, unknown>> {
  const { name, intro, commands } = table.description;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:arpa2amqp:schema:shell:${name}`,
    title: `Commands of ${name}`,
    description: `One command for the shell ${name}. ${intro.replace(/\s+/g, ' ').trim()}`,
    type: 'object',
    // In place and not behind references: validators lose the base of references in a schema that is embedded and referred to.
    anyOf: table.grammars.map((grammar, index) => {
      const schema = jsonSchemaOf(grammar, name);
      return { ...schema, description: `${commands[index]?.summary ?? ''}\n${String(schema['description'])}` };
    }),
  };
}
