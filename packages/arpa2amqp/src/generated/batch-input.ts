// Generated from schemas/batch-input.json by `npm run schemas`; do not edit.

/**
 * A batch object as the command line reads it. What it leaves out is taken from the options or made.
 */
export interface BatchInputDocument {
  /**
   * A UUID in lower case; for a batch that is sent again.
   */
  id?: string;
  /**
   * The canonical address of the host.
   */
  to?: string;
  /**
   * All commands succeed or none stays.
   */
  atomic?: boolean;
  /**
   * Seconds within which the batch must be confirmed, or it is undone; 0 for none.
   */
  confirm?: number;
  /**
   * Plan and authorize only.
   */
  dryRun?: boolean;
  /**
   * The commands, each an object of the command schema.
   */
  commands: unknown[];
}

export const batchInputSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:batch-input:1',
  title: 'BatchInputDocument',
  description: 'A batch object as the command line reads it. What it leaves out is taken from the options or made.',
  type: 'object',
  properties: {
    id: {
      description: 'A UUID in lower case; for a batch that is sent again.',
      type: 'string',
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    },
    to: {
      description: 'The canonical address of the host.',
      type: 'string',
      maxLength: 200,
    },
    atomic: {
      description: 'All commands succeed or none stays.',
      type: 'boolean',
    },
    confirm: {
      description: 'Seconds within which the batch must be confirmed, or it is undone; 0 for none.',
      type: 'integer',
      minimum: 0,
      maximum: 86400,
    },
    dryRun: {
      description: 'Plan and authorize only.',
      type: 'boolean',
    },
    commands: {
      description: 'The commands, each an object of the command schema.',
      type: 'array',
    },
  },
  required: ['commands'],
  additionalProperties: false,
} as const;
