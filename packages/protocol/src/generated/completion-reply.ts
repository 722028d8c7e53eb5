// Generated from schemas/completion-reply.json by `npm run schemas`; do not edit.

/**
 * The reply to a complete_ command: what may stand at the cursor, as far as the caller may see it. Values are data of unknown origin: they may hold any character.
 */
export interface CompletionReply {
  /**
   * Whole words that begin with the partial one, in order of their characters.
   *
   * @maxItems 200
   */
  candidates: Candidate[];
  /**
   * The variables that may take the word, in the order of the grammar.
   */
  placeholders: Placeholder[];
  /**
   * The words before the cursor are a whole command.
   */
  mayEnd: boolean;
  /**
   * There are more candidates than are listed.
   */
  more?: true;
  [k: string]: unknown;
}
/**
 * A word that may stand at the cursor.
 */
export interface Candidate {
  /**
   * The whole word, without quotes.
   */
  value: string;
  /**
   * One line for people.
   */
  help?: string;
}
/**
 * A variable of the grammar.
 */
export interface Placeholder {
  /**
   * Such as <port>, or <rdata...> for the rest of the line.
   */
  name: string;
  /**
   * One line for people.
   */
  help?: string;
}

export const completionReplySchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:completion-reply:1',
  title: 'CompletionReply',
  description:
    'The reply to a complete_ command: what may stand at the cursor, as far as the caller may see it. Values are data of unknown origin: they may hold any character.',
  type: 'object',
  properties: {
    candidates: {
      description: 'Whole words that begin with the partial one, in order of their characters.',
      type: 'array',
      maxItems: 200,
      items: {
        $ref: '#/definitions/Candidate',
      },
    },
    placeholders: {
      description: 'The variables that may take the word, in the order of the grammar.',
      type: 'array',
      items: {
        $ref: '#/definitions/Placeholder',
      },
    },
    mayEnd: {
      description: 'The words before the cursor are a whole command.',
      type: 'boolean',
    },
    more: {
      description: 'There are more candidates than are listed.',
      const: true,
    },
  },
  required: ['candidates', 'placeholders', 'mayEnd'],
  additionalProperties: true,
  definitions: {
    Candidate: {
      title: 'Candidate',
      description: 'A word that may stand at the cursor.',
      type: 'object',
      properties: {
        value: {
          description: 'The whole word, without quotes.',
          type: 'string',
          maxLength: 255,
        },
        help: {
          description: 'One line for people.',
          type: 'string',
          maxLength: 255,
        },
      },
      required: ['value'],
      additionalProperties: false,
    },
    Placeholder: {
      title: 'Placeholder',
      description: 'A variable of the grammar.',
      type: 'object',
      properties: {
        name: {
          description: 'Such as <port>, or <rdata...> for the rest of the line.',
          type: 'string',
        },
        help: {
          description: 'One line for people.',
          type: 'string',
          maxLength: 255,
        },
      },
      required: ['name'],
      additionalProperties: false,
    },
  },
} as const;
