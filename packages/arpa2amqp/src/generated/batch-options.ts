// Generated from schemas/batch-options.json by `npm run schemas`; do not edit.

/**
 * How the client library sends one batch. The abort signal, which is no JSON, is checked apart.
 */
export interface BatchOptionsDocument {
  /**
   * How long the batch is good, in milliseconds.
   */
  timeoutMs?: number;
  /**
   * All commands succeed or none stays.
   */
  atomic?: boolean;
  /**
   * Plan and authorize only.
   */
  dryRun?: boolean;
  /**
   * Seconds within which the batch must be confirmed, or it is undone; 0 for none.
   */
  confirm?: number;
  /**
   * A UUID in lower case; for a batch that is sent again.
   */
  batchId?: string;
}

export const batchOptionsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:batch-options:1',
  title: 'BatchOptionsDocument',
  description: 'How the client library sends one batch. The abort signal, which is no JSON, is checked apart.',
  type: 'object',
  properties: {
    timeoutMs: {
      description: 'How long the batch is good, in milliseconds.',
      type: 'integer',
      minimum: 1,
    },
    atomic: {
      description: 'All commands succeed or none stays.',
      type: 'boolean',
    },
    dryRun: {
      description: 'Plan and authorize only.',
      type: 'boolean',
    },
    confirm: {
      description: 'Seconds within which the batch must be confirmed, or it is undone; 0 for none.',
      type: 'integer',
      minimum: 0,
      maximum: 86400,
    },
    batchId: {
      description: 'A UUID in lower case; for a batch that is sent again.',
      type: 'string',
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    },
  },
  additionalProperties: false,
} as const;
