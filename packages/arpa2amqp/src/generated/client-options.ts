// Generated from schemas/client-options.json by `npm run schemas`; do not edit.

/**
 * Options of the client library. The logger and the abort signal, which are no JSON, are checked apart.
 */
export interface ClientOptionsDocument {
  /**
   * amqp:// or amqps:// URL of a broker or a listening daemon.
   */
  url?: string;
  /**
   * Kerberos credentials cache; default as libkrb5 finds it.
   */
  ccache?: string;
  /**
   * Keytab with a key of the caller; tickets got with it stay in memory unless ccache is set.
   */
  keytab?: string;
  /**
   * Principal of the keytab or cache to act as; default the first of the keytab.
   */
  principal?: string;
  /**
   * Service of every host, <service>@<host>; default derived from the address.
   */
  service?: string;
  /**
   * Default time limit of a batch in milliseconds.
   */
  timeoutMs?: number;
  /**
   * Time limit of one attempt to connect in milliseconds.
   */
  connectTimeoutMs?: number;
  /**
   * Authenticate the host before the first batch is sent.
   */
  isMutual?: boolean;
  /**
   * Speak the protocol of the original arpa2shell.
   */
  isRaw?: boolean;
  /**
   * TLS options, checked by the transport.
   */
  tls?: {
    [k: string]: unknown;
  };
  /**
   * How to log in at the broker; by default as the URL says.
   */
  sasl?: {
    mechanism: 'ANONYMOUS' | 'PLAIN' | 'EXTERNAL' | 'GSSAPI';
    /**
     * For PLAIN.
     */
    username?: string;
    /**
     * For PLAIN.
     */
    password?: string;
  };
  /**
   * Address profile, by name or made by the caller; default detected from the peer.
   */
  profile?:
    | string
    | {
        [k: string]: unknown;
      };
  /**
   * Limits that differ from the defaults.
   */
  limits?: {
    maxMessageBytes?: number;
    maxCommands?: number;
    maxDepth?: number;
    maxStdinBytes?: number;
    maxLifeMs?: number;
  };
}

export const clientOptionsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:client-options:1',
  title: 'ClientOptionsDocument',
  description: 'Options of the client library. The logger and the abort signal, which are no JSON, are checked apart.',
  type: 'object',
  properties: {
    url: {
      description: 'amqp:// or amqps:// URL of a broker or a listening daemon.',
      type: 'string',
      minLength: 1,
    },
    ccache: {
      description: 'Kerberos credentials cache; default as libkrb5 finds it.',
      type: 'string',
      minLength: 1,
    },
    keytab: {
      description: 'Keytab with a key of the caller; tickets got with it stay in memory unless ccache is set.',
      type: 'string',
      minLength: 1,
    },
    principal: {
      description: 'Principal of the keytab or cache to act as; default the first of the keytab.',
      type: 'string',
      minLength: 1,
    },
    service: {
      description: 'Service of every host, <service>@<host>; default derived from the address.',
      type: 'string',
    },
    timeoutMs: {
      description: 'Default time limit of a batch in milliseconds.',
      type: 'integer',
      minimum: 1,
    },
    connectTimeoutMs: {
      description: 'Time limit of one attempt to connect in milliseconds.',
      type: 'integer',
      minimum: 1,
    },
    isMutual: {
      description: 'Authenticate the host before the first batch is sent.',
      type: 'boolean',
    },
    isRaw: {
      description: 'Speak the protocol of the original arpa2shell.',
      type: 'boolean',
    },
    tls: {
      description: 'TLS options, checked by the transport.',
      type: 'object',
    },
    sasl: {
      description: 'How to log in at the broker; by default as the URL says.',
      type: 'object',
      properties: {
        mechanism: {
          enum: ['ANONYMOUS', 'PLAIN', 'EXTERNAL', 'GSSAPI'],
        },
        username: {
          description: 'For PLAIN.',
          type: 'string',
        },
        password: {
          description: 'For PLAIN.',
          type: 'string',
        },
      },
      required: ['mechanism'],
      if: {
        properties: {
          mechanism: {
            const: 'PLAIN',
          },
        },
      },
      then: {
        required: ['username', 'password'],
      },
      else: {
        properties: {
          username: false,
          password: false,
        },
      },
      additionalProperties: false,
    },
    profile: {
      description: 'Address profile, by name or made by the caller; default detected from the peer.',
      type: ['string', 'object'],
    },
    limits: {
      description: 'Limits that differ from the defaults.',
      type: 'object',
      properties: {
        maxMessageBytes: {
          type: 'integer',
          minimum: 1024,
        },
        maxCommands: {
          type: 'integer',
          minimum: 1,
        },
        maxDepth: {
          type: 'integer',
          minimum: 3,
        },
        maxStdinBytes: {
          type: 'integer',
          minimum: 0,
        },
        maxLifeMs: {
          type: 'integer',
          minimum: 1,
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;
