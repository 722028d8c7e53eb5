// Generated from schemas/reply.json by `npm run schemas`; do not edit.

/**
 * The answer to a batch: one reply per command, in order.
 */
export interface ReplyDocument {
  /**
   * The id of the batch.
   */
  re: string;
  /**
   * The canonical address of the host that answers.
   */
  from: string;
  replies: Reply[];
}
/**
 * What one command gave. Members without a trailing underscore are those of a JSON object that the command printed.
 */
export interface Reply {
  /**
   * Present exactly when the command failed.
   */
  stderr_?: string;
  error_?: ReplyError;
  /**
   * The header lines of stdout, in order, repeats kept.
   */
  headers_?: [name: string, value: string][];
  /**
   * What remains of stdout and is not one JSON object.
   */
  stdout_?: string;
  [k: string]: unknown;
}
/**
 * Only with stderr_: why, in a form for programs.
 */
export interface ReplyError {
  /**
   * A code of the error catalogue.
   */
  code: string;
  /**
   * The index of the offending word.
   */
  at?: number;
  [k: string]: unknown;
}

export const replySchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:reply:1',
  title: 'ReplyDocument',
  description: 'The answer to a batch: one reply per command, in order.',
  type: 'object',
  properties: {
    re: {
      description: 'The id of the batch.',
      type: 'string',
    },
    from: {
      description: 'The canonical address of the host that answers.',
      type: 'string',
    },
    replies: {
      type: 'array',
      items: {
        $ref: '#/definitions/Reply',
      },
    },
  },
  required: ['re', 'from', 'replies'],
  additionalProperties: false,
  definitions: {
    Reply: {
      title: 'Reply',
      description:
        'What one command gave. Members without a trailing underscore are those of a JSON object that the command printed.',
      type: 'object',
      properties: {
        stderr_: {
          description: 'Present exactly when the command failed.',
          type: 'string',
        },
        error_: {
          title: 'ReplyError',
          description: 'Only with stderr_: why, in a form for programs.',
          type: 'object',
          properties: {
            code: {
              description: 'A code of the error catalogue.',
              type: 'string',
            },
            at: {
              description: 'The index of the offending word.',
              type: 'integer',
              minimum: 0,
            },
          },
          required: ['code'],
        },
        headers_: {
          description: 'The header lines of stdout, in order, repeats kept.',
          type: 'array',
          items: {
            type: 'array',
            items: {
              type: 'string',
            },
            minItems: 2,
            maxItems: 2,
            tsType: '[name: string, value: string]',
          },
        },
        stdout_: {
          description: 'What remains of stdout and is not one JSON object.',
          type: 'string',
        },
      },
      dependencies: {
        error_: ['stderr_'],
      },
    },
  },
} as const;
