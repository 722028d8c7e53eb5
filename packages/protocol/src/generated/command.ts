// Generated from schemas/command.json by `npm run schemas`; do not edit.

/**
 * One command for one shell. Every key that does not end in an underscore is a variable of the command's grammar; its value is a string or an array of strings.
 */
export type Command = {
  /**
   * The shell's name and then the literal words of the grammar, as one string of words or as an array of words.
   */
  do_?: string | string[];
  /**
   * Instead of do_: a whole typed line as words (shell, literals and values mixed), as the interactive shell sends it.
   *
   * @minItems 1
   */
  words_?: string[];
  /**
   * Instead of do_: asks for what may come next in a typed line. Nothing runs; the answer is of the completion-reply schema.
   */
  complete_?: {
    /**
     * The whole words before the cursor, the shell's name first; empty to ask for the shells.
     */
    words: string[];
    /**
     * What stands of the word at the cursor; may be empty.
     */
    partial: string;
  };
  /**
   * Text fed to the command's standard input.
   */
  stdin_?: string;
  /**
   * The value or values of one <variable>.
   *
   * This interface was referenced by `undefined`'s JSON-Schema definition
   * via the `patternProperty` "[^_]$".
   */
  [k: string]:
    | string
    | string[]
    | {
        /**
         * The whole words before the cursor, the shell's name first; empty to ask for the shells.
         */
        words: string[];
        /**
         * What stands of the word at the cursor; may be empty.
         */
        partial: string;
      }
    | undefined;
} & {
  [k: string]: unknown;
};

export const commandSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:command:1',
  title: 'Command',
  description:
    "One command for one shell. Every key that does not end in an underscore is a variable of the command's grammar; its value is a string or an array of strings.",
  type: 'object',
  properties: {
    do_: {
      description:
        "The shell's name and then the literal words of the grammar, as one string of words or as an array of words.",
      anyOf: [
        {
          type: 'string',
        },
        {
          type: 'array',
          items: {
            type: 'string',
          },
          minItems: 1,
        },
      ],
    },
    words_: {
      description:
        'Instead of do_: a whole typed line as words (shell, literals and values mixed), as the interactive shell sends it.',
      type: 'array',
      items: {
        type: 'string',
      },
      minItems: 1,
    },
    complete_: {
      description:
        'Instead of do_: asks for what may come next in a typed line. Nothing runs; the answer is of the completion-reply schema.',
      type: 'object',
      properties: {
        words: {
          description: "The whole words before the cursor, the shell's name first; empty to ask for the shells.",
          type: 'array',
          items: {
            type: 'string',
          },
        },
        partial: {
          description: 'What stands of the word at the cursor; may be empty.',
          type: 'string',
        },
      },
      required: ['words', 'partial'],
      additionalProperties: false,
    },
    stdin_: {
      description: "Text fed to the command's standard input.",
      type: 'string',
    },
  },
  patternProperties: {
    '[^_]$': {
      description: 'The value or values of one <variable>.',
      anyOf: [
        {
          type: 'string',
        },
        {
          type: 'array',
          items: {
            type: 'string',
          },
        },
      ],
    },
  },
  oneOf: [
    {
      required: ['do_'],
    },
    {
      required: ['words_'],
    },
    {
      required: ['complete_'],
    },
  ],
  additionalProperties: false,
} as const;
