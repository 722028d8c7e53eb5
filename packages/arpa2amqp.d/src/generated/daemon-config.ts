// Generated from schemas/daemon-config.json by `npm run schemas`; do not edit.

/**
 * The configuration of arpa2amqp.d: the YAML file, overridden by the command line.
 */
export interface DaemonConfig {
  /**
   * The canonical address of this host, /internetwide/<domain>/<host>.
   */
  address?: string;
  /**
   * Accept AMQP connections at this URL, without any broker; port 0 takes a free one.
   */
  listen?: string;
  /**
   * Take batches from this broker instead.
   */
  connect?: string;
  /**
   * The broker's address profile; detected unless given.
   */
  profile?: 'auto' | 'direct' | 'generic';
  /**
   * The keytab that holds the key of the service; the system's default unless given.
   */
  keytab?: string;
  /**
   * The service to answer as, <service>@<host>; follows from the address unless given.
   */
  service?: string;
  /**
   * A directory of the daemon's own for what must survive a restart.
   */
  state?: string;
  /**
   * The file of the audit log, - for stdout; audit.log in the state directory unless given.
   */
  audit?: string;
  /**
   * Directories of shells, each a shell or a directory of shells.
   */
  shells?: string[];
  /**
   * Options for shells, by the shell's name.
   */
  shellOptions?: {
    [k: string]: {
      [k: string]: unknown;
    };
  };
  /**
   * To which domain the principals of a realm belong; false: to none, they are denied everything. A realm that is not named belongs to the domain of its own name in lower case, unless "*" is false; one that is not the own realm must be in upper case.
   */
  realms?: {
    [k: string]: string | false;
  };
  /**
   * Let everyone with a ticket run every command.
   */
  open?: boolean;
  /**
   * The least severe messages that are logged.
   */
  logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /**
   * Certificate and key for an amqps URL, as files in PEM form.
   */
  tls?: {
    /**
     * The own certificate with its chain.
     */
    certificate?: string;
    /**
     * The key of the own certificate.
     */
    key?: string;
    /**
     * The authorities whose certificates count; when listening, peers must then show one.
     */
    ca?: string;
  };
  /**
   * How connections are authenticated; every message is, whatever this says.
   */
  sasl?: {
    /**
     * Offered to peers when listening: ANONYMOUS (loopback only), EXTERNAL (TLS), GSSAPI.
     *
     * @minItems 1
     */
    mechanisms?: ('ANONYMOUS' | 'EXTERNAL' | 'GSSAPI')[];
    /**
     * The user name for PLAIN when connecting to a broker.
     */
    user?: string;
    /**
     * A file that holds the password for PLAIN.
     */
    passwordFile?: string;
  };
  /**
   * Bounds on what peers may ask for; see docs/limits.md.
   */
  limits?: {
    maxMessageBytes?: number;
    maxCommands?: number;
    maxDepth?: number;
    maxStdinBytes?: number;
    maxOutputBytes?: number;
    commandTimeoutMs?: number;
    maxBatches?: number;
    maxContexts?: number;
    maxClockSkewMs?: number;
    maxLifeMs?: number;
  };
}

export const daemonConfigSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:daemon-config:1',
  title: 'DaemonConfig',
  description: 'The configuration of arpa2amqp.d: the YAML file, overridden by the command line.',
  type: 'object',
  properties: {
    address: {
      description: 'The canonical address of this host, /internetwide/<domain>/<host>.',
      type: 'string',
    },
    listen: {
      description: 'Accept AMQP connections at this URL, without any broker; port 0 takes a free one.',
      type: 'string',
    },
    connect: {
      description: 'Take batches from this broker instead.',
      type: 'string',
    },
    profile: {
      description: "The broker's address profile; detected unless given.",
      enum: ['auto', 'direct', 'generic'],
    },
    keytab: {
      description: "The keytab that holds the key of the service; the system's default unless given.",
      type: 'string',
    },
    service: {
      description: 'The service to answer as, <service>@<host>; follows from the address unless given.',
      type: 'string',
    },
    state: {
      description: "A directory of the daemon's own for what must survive a restart.",
      type: 'string',
    },
    audit: {
      description: 'The file of the audit log, - for stdout; audit.log in the state directory unless given.',
      type: 'string',
      minLength: 1,
    },
    shells: {
      description: 'Directories of shells, each a shell or a directory of shells.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    shellOptions: {
      description: "Options for shells, by the shell's name.",
      type: 'object',
      additionalProperties: {
        type: 'object',
      },
    },
    realms: {
      description:
        'To which domain the principals of a realm belong; false: to none, they are denied everything. A realm that is not named belongs to the domain of its own name in lower case, unless "*" is false; one that is not the own realm must be in upper case.',
      type: 'object',
      additionalProperties: {
        anyOf: [
          {
            type: 'string',
          },
          {
            const: false,
          },
        ],
      },
    },
    open: {
      description: 'Let everyone with a ticket run every command.',
      type: 'boolean',
    },
    logLevel: {
      description: 'The least severe messages that are logged.',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    },
    tls: {
      description: 'Certificate and key for an amqps URL, as files in PEM form.',
      type: 'object',
      properties: {
        certificate: {
          description: 'The own certificate with its chain.',
          type: 'string',
        },
        key: {
          description: 'The key of the own certificate.',
          type: 'string',
        },
        ca: {
          description: 'The authorities whose certificates count; when listening, peers must then show one.',
          type: 'string',
        },
      },
      additionalProperties: false,
    },
    sasl: {
      description: 'How connections are authenticated; every message is, whatever this says.',
      type: 'object',
      properties: {
        mechanisms: {
          description: 'Offered to peers when listening: ANONYMOUS (loopback only), EXTERNAL (TLS), GSSAPI.',
          type: 'array',
          items: {
            enum: ['ANONYMOUS', 'EXTERNAL', 'GSSAPI'],
          },
          minItems: 1,
        },
        user: {
          description: 'The user name for PLAIN when connecting to a broker.',
          type: 'string',
        },
        passwordFile: {
          description: 'A file that holds the password for PLAIN.',
          type: 'string',
        },
      },
      additionalProperties: false,
    },
    limits: {
      description: 'Bounds on what peers may ask for; see docs/limits.md.',
      type: 'object',
      properties: {
        maxMessageBytes: {
          type: 'integer',
          minimum: 1024,
          maximum: 67108864,
        },
        maxCommands: {
          type: 'integer',
          minimum: 1,
          maximum: 100000,
        },
        maxDepth: {
          type: 'integer',
          minimum: 4,
          maximum: 1000,
        },
        maxStdinBytes: {
          type: 'integer',
          minimum: 0,
          maximum: 67108864,
        },
        maxOutputBytes: {
          type: 'integer',
          minimum: 1,
          maximum: 67108864,
        },
        commandTimeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 86400000,
        },
        maxBatches: {
          type: 'integer',
          minimum: 1,
          maximum: 10000,
        },
        maxContexts: {
          type: 'integer',
          minimum: 1,
          maximum: 1000000,
        },
        maxClockSkewMs: {
          type: 'integer',
          minimum: 0,
          maximum: 86400000,
        },
        maxLifeMs: {
          type: 'integer',
          minimum: 1000,
          maximum: 86400000,
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;
