// Generated from schemas/shell-config.json by `npm run schemas`; do not edit.

/**
 * The configuration of arpa2shell: a YAML file of the administrator, overridden by options.
 */
export interface ShellConfig {
  /**
   * URL of the broker or of the daemon that listens, with user and password where it wants them.
   */
  connect?: string;
  /**
   * The canonical address of the host, /internetwide/<domain>/<host>.
   */
  to?: string;
  /**
   * The Kerberos service of the host, <service>@<host>; follows from the address unless given.
   */
  service?: string;
  /**
   * How long a command may take: a number with ms, s or m.
   */
  timeout?: string;
  /**
   * PEM file that signs the certificate of an amqps:// URL.
   */
  ca?: string;
  /**
   * Log in at the broker with the ticket.
   */
  gssapiLogin?: boolean;
  /**
   * Run the shells in this process, without a daemon.
   */
  local?: boolean;
  /**
   * Directories of shells for local use.
   */
  shells?: string[];
  /**
   * Trust nothing of the environment; true for login shells and SSH sessions unless given.
   */
  restricted?: boolean;
  /**
   * The krb5.conf to use instead of the system's.
   */
  krb5Config?: string;
  /**
   * Keep the lines of each user in a file at home; true unless given.
   */
  history?: boolean;
}

export const shellConfigSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:arpa2amqp:schema:shell-config:1',
  title: 'ShellConfig',
  description: 'The configuration of arpa2shell: a YAML file of the administrator, overridden by options.',
  type: 'object',
  properties: {
    connect: {
      description: 'URL of the broker or of the daemon that listens, with user and password where it wants them.',
      type: 'string',
    },
    to: {
      description: 'The canonical address of the host, /internetwide/<domain>/<host>.',
      type: 'string',
    },
    service: {
      description: 'The Kerberos service of the host, <service>@<host>; follows from the address unless given.',
      type: 'string',
    },
    timeout: {
      description: 'How long a command may take: a number with ms, s or m.',
      type: 'string',
    },
    ca: {
      description: 'PEM file that signs the certificate of an amqps:// URL.',
      type: 'string',
    },
    gssapiLogin: {
      description: 'Log in at the broker with the ticket.',
      type: 'boolean',
    },
    local: {
      description: 'Run the shells in this process, without a daemon.',
      type: 'boolean',
    },
    shells: {
      description: 'Directories of shells for local use.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    restricted: {
      description: 'Trust nothing of the environment; true for login shells and SSH sessions unless given.',
      type: 'boolean',
    },
    krb5Config: {
      description: "The krb5.conf to use instead of the system's.",
      type: 'string',
    },
    history: {
      description: 'Keep the lines of each user in a file at home; true unless given.',
      type: 'boolean',
    },
  },
  additionalProperties: false,
} as const;
