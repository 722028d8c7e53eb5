// Generated from schemas/batch.json by `npm run schemas`; do not edit.

/**
 * A batch of commands as a client seals it. All that a broker could change outside the seal is repeated inside.
 */
export interface BatchDocument {
  /**
   * A random UUID. A batch sent again keeps it, so that nothing runs twice.
   */
  id: string;
  /**
   * The canonical address of the host.
   */
  to: string;
  /**
   * The reply-to of the message that carries the batch.
   */
  replyTo?: string;
  /**
   * When the batch was made (RFC 3339).
   */
  issued: string;
  /**
   * After this instant nothing of the batch is started (RFC 3339), at most 24 hours after issued.
   */
  expires: string;
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
   *
   * @minItems 1
   */
  commands: unknown[];
}

export const batchSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:batch:1',
  title: 'BatchDocument',
  description:
    'A batch of commands as a client seals it. All that a broker could change outside the seal is repeated inside.',
  type: 'object',
  properties: {
    id: {
      description: 'A random UUID. A batch sent again keeps it, so that nothing runs twice.',
      type: 'string',
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    },
    to: {
      description: 'The canonical address of the host.',
      type: 'string',
      maxLength: 200,
    },
    replyTo: {
      description: 'The reply-to of the message that carries the batch.',
      type: 'string',
      maxLength: 1024,
    },
    issued: {
      description: 'When the batch was made (RFC 3339).',
      type: 'string',
      format: 'rfc3339',
    },
    expires: {
      description: 'After this instant nothing of the batch is started (RFC 3339), at most 24 hours after issued.',
      type: 'string',
      format: 'rfc3339',
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
      minItems: 1,
    },
  },
  required: ['id', 'to', 'issued', 'expires', 'commands'],
  additionalProperties: false,
} as const;
