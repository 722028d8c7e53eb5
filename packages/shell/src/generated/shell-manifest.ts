// Generated from schemas/shell-manifest.json by `npm run schemas`; do not edit.

/**
 * shell.json: how a host runs one shell. Paths that start with ./ are relative to the folder of the manifest and must stay in it.
 */
export type ShellManifest = ProcessManifest | ExecutableManifest;
/**
 * First word of every command of the shell.
 */
export type Name = string;
/**
 * Variables of the host that the shell gets beside PATH, LANG and TZ.
 */
export type Environment = string[];

/**
 * A shell written with the kit: a module that runs in a process of its own.
 */
export interface ProcessManifest {
  $schema?: string;
  name: Name;
  kind: 'process';
  /**
   * The built module; it exports createShell(options).
   */
  module: string;
  /**
   * What createShell gets, below the host's own options.
   */
  options?: {
    [k: string]: unknown;
  };
  environment?: Environment;
}
/**
 * A program in any language that is run once for every command.
 */
export interface ExecutableManifest {
  $schema?: string;
  name: Name;
  kind: 'executable';
  /**
   * The program, ./relative or absolute, and its arguments. No shell reads them.
   *
   * @minItems 1
   * @maxItems 64
   */
  program: string[];
  /**
   * Printed by version behind the name.
   */
  version: string;
  /**
   * What the shell is for, in a few sentences.
   */
  intro: string;
  environment?: Environment;
  types?: Types;
  /**
   * @minItems 1
   */
  commands: Command[];
}
/**
 * Types of variables by their name; a variable not in it takes any word.
 */
export interface Types {
  [k: string]:
    | 'string'
    | 'integer'
    | {
        type: 'string' | 'integer' | 'pattern' | 'choice';
        min?: number;
        max?: number;
        pattern?: string;
        /**
         * @minItems 1
         */
        choices?: string[];
        secret?: boolean;
        help?: string;
      };
}
export interface Command {
  /**
   * Grammar; starts with one literal word, the command's name.
   */
  spec: string;
  /**
   * One line for help.
   */
  summary: string;
  /**
   * Whether it only looks or may alter something.
   */
  effect: 'read' | 'change';
  /**
   * True: everyone with a ticket may give it. A list, beside needs: the literals with which nothing is needed.
   */
  open?: true | string[];
  /**
   * What a caller must hold to give the command. A command has this, or is open.
   */
  needs?: Need | Need[];
  /**
   * Literals of the spec with which the command only looks although its effect is change.
   *
   * @minItems 1
   */
  reads?: string[];
  types?: Types;
  /**
   * One line of help for each literal and <variable> of the spec, as far as there is something to say.
   */
  help?: {
    [k: string]: string;
  };
}
/**
 * Rights on a resource that is named after the variables of the command.
 */
export interface Need {
  /**
   * Only commands with one of these literals of the spec need it; absent: all do.
   *
   * @minItems 1
   */
  with?: string[];
  /**
   * Letters such as RW; the caller must hold each of them.
   */
  rights: string;
  /**
   * Class of the resource.
   */
  class: string;
  /**
   * Instances to ask, in order, such as <zone:lower>; the default of the class comes last by itself.
   *
   * @minItems 1
   */
  instances?: string[];
}

export const shellManifestSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:shell-manifest:1',
  title: 'ShellManifest',
  description:
    'shell.json: how a host runs one shell. Paths that start with ./ are relative to the folder of the manifest and must stay in it.',
  oneOf: [
    {
      $ref: '#/definitions/processManifest',
    },
    {
      $ref: '#/definitions/executableManifest',
    },
  ],
  definitions: {
    processManifest: {
      description: 'A shell written with the kit: a module that runs in a process of its own.',
      type: 'object',
      properties: {
        $schema: {
          type: 'string',
        },
        name: {
          $ref: '#/definitions/name',
        },
        kind: {
          const: 'process',
        },
        module: {
          description: 'The built module; it exports createShell(options).',
          type: 'string',
          pattern: '^\\./.',
        },
        options: {
          description: "What createShell gets, below the host's own options.",
          type: 'object',
        },
        environment: {
          $ref: '#/definitions/environment',
        },
      },
      required: ['name', 'kind', 'module'],
      additionalProperties: false,
    },
    executableManifest: {
      description: 'A program in any language that is run once for every command.',
      type: 'object',
      properties: {
        $schema: {
          type: 'string',
        },
        name: {
          $ref: '#/definitions/name',
        },
        kind: {
          const: 'executable',
        },
        program: {
          description: 'The program, ./relative or absolute, and its arguments. No shell reads them.',
          type: 'array',
          items: {
            type: 'string',
            minLength: 1,
          },
          minItems: 1,
          maxItems: 64,
        },
        version: {
          description: 'Printed by version behind the name.',
          type: 'string',
        },
        intro: {
          description: 'What the shell is for, in a few sentences.',
          type: 'string',
        },
        environment: {
          $ref: '#/definitions/environment',
        },
        types: {
          $ref: '#/definitions/types',
        },
        commands: {
          type: 'array',
          items: {
            $ref: '#/definitions/command',
          },
          minItems: 1,
        },
      },
      required: ['name', 'kind', 'program', 'version', 'intro', 'commands'],
      additionalProperties: false,
    },
    command: {
      type: 'object',
      properties: {
        spec: {
          description: "Grammar; starts with one literal word, the command's name.",
          type: 'string',
        },
        summary: {
          description: 'One line for help.',
          type: 'string',
          minLength: 1,
          maxLength: 200,
        },
        effect: {
          description: 'Whether it only looks or may alter something.',
          enum: ['read', 'change'],
        },
        open: {
          description:
            'True: everyone with a ticket may give it. A list, beside needs: the literals with which nothing is needed.',
          anyOf: [
            {
              const: true,
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
        needs: {
          description: 'What a caller must hold to give the command. A command has this, or is open.',
          anyOf: [
            {
              $ref: '#/definitions/need',
            },
            {
              type: 'array',
              items: {
                $ref: '#/definitions/need',
              },
              minItems: 1,
            },
          ],
        },
        reads: {
          description: 'Literals of the spec with which the command only looks although its effect is change.',
          type: 'array',
          items: {
            type: 'string',
          },
          minItems: 1,
        },
        types: {
          $ref: '#/definitions/types',
        },
        help: {
          description:
            'One line of help for each literal and <variable> of the spec, as far as there is something to say.',
          type: 'object',
          additionalProperties: {
            type: 'string',
            minLength: 1,
            maxLength: 200,
          },
        },
      },
      required: ['spec', 'summary', 'effect'],
      additionalProperties: false,
    },
    need: {
      description: 'Rights on a resource that is named after the variables of the command.',
      type: 'object',
      properties: {
        with: {
          description: 'Only commands with one of these literals of the spec need it; absent: all do.',
          type: 'array',
          items: {
            type: 'string',
          },
          minItems: 1,
        },
        rights: {
          description: 'Letters such as RW; the caller must hold each of them.',
          type: 'string',
        },
        class: {
          description: 'Class of the resource.',
          type: 'string',
        },
        instances: {
          description:
            'Instances to ask, in order, such as <zone:lower>; the default of the class comes last by itself.',
          type: 'array',
          items: {
            type: 'string',
          },
          minItems: 1,
        },
      },
      required: ['rights', 'class'],
      additionalProperties: false,
    },
    types: {
      description: 'Types of variables by their name; a variable not in it takes any word.',
      type: 'object',
      additionalProperties: {
        anyOf: [
          {
            enum: ['string', 'integer'],
          },
          {
            type: 'object',
            properties: {
              type: {
                enum: ['string', 'integer', 'pattern', 'choice'],
              },
              min: {
                type: 'integer',
              },
              max: {
                type: 'integer',
              },
              pattern: {
                type: 'string',
              },
              choices: {
                type: 'array',
                items: {
                  type: 'string',
                  minLength: 1,
                },
                minItems: 1,
              },
              secret: {
                type: 'boolean',
              },
              help: {
                type: 'string',
              },
            },
            required: ['type'],
            additionalProperties: false,
          },
        ],
      },
    },
    name: {
      description: 'First word of every command of the shell.',
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,31}$',
    },
    environment: {
      description: 'Variables of the host that the shell gets beside PATH, LANG and TZ.',
      type: 'array',
      items: {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      },
      uniqueItems: true,
    },
  },
} as const;
