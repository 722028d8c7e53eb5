import { DEFAULT_LISTEN } from './configuration.js';

/**
 * The program as its users see it. `--help`, the manual page and the completions of shells are made from this (the latter two by
 * `npm run docs:cli`), so nothing is told twice. `valueName` FILE or DIR completes names of files or directories.
 */
export const PROGRAM = {
  name: 'arpa2amqp.d',
  section: 8,
  title: 'run batches of commands for callers with a Kerberos ticket',
  synopsis: '--address /internetwide/<domain>/<host> --keytab FILE --shells DIR --open',
  description: [
    'Runs batches of commands for callers with a Kerberos ticket.',
    'It takes batches for one host, from a broker or from clients that connect to it, runs their commands in the shells of this host and answers them. Brokers on the way can neither read nor change a batch, and none runs twice.',
    'It stays in the foreground and logs JSON lines on standard error: one with "msg":"ready" and the bound URL, one for every batch, never anything of a payload. A listener beyond loopback needs TLS or SASL, which the configuration file sets.',
  ],
  options: {
    config: {
      type: 'string',
      requiresArg: true,
      valueName: 'FILE',
      describe: 'YAML file with these settings and more; the command line wins',
    },
    address: { type: 'string', requiresArg: true, valueName: 'ADDRESS', describe: 'Canonical address of this host' },
    listen: {
      type: 'string',
      requiresArg: true,
      valueName: 'URL',
      describe: `Accept AMQP connections here, without a broker [default: ${DEFAULT_LISTEN}]`,
    },
    connect: {
      type: 'string',
      requiresArg: true,
      valueName: 'URL',
      describe: 'Take batches from the broker at this URL',
    },
    keytab: { type: 'string', requiresArg: true, valueName: 'FILE', describe: 'Keytab with the key of the service' },
    service: {
      type: 'string',
      requiresArg: true,
      valueName: 'SERVICE',
      describe: 'Service to answer as, <service>@<host> [default: arpa2amqp@<host>.<domain>]',
    },
    state: {
      type: 'string',
      requiresArg: true,
      valueName: 'DIR',
      describe: 'Directory for what must survive a restart',
    },
    shells: { type: 'string', array: true, requiresArg: true, valueName: 'DIR', describe: 'Directories of shells' },
    open: { type: 'boolean', describe: 'Let everyone with a ticket run every command' },
    'log-level': {
      type: 'string',
      requiresArg: true,
      choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      valueName: 'LEVEL',
      describe: 'Least severe messages to log [default: info]',
    },
  },
  sections: [
    {
      title: 'Exit codes',
      rows: [
        ['0', 'stopped by SIGTERM or SIGINT'],
        ['2', 'wrong usage or configuration (the keytab included)'],
        ['4', 'cannot listen or connect'],
      ],
    },
    {
      title: 'Signals',
      rows: [
        [
          'SIGTERM, SIGINT',
          'finish the batches at work (within the time of one command), answer them and exit; a second one exits at once',
        ],
        ['SIGHUP', 'read the keytab and the shells again'],
      ],
    },
  ],
  seeAlso: ['arpa2amqp(1)', 'arpa2shell(1)', 'krb5.conf(5)', 'kadmin(1)'],
} as const;

/** The text that `--help` shows below the options. */
export function epilogue(): string {
  return PROGRAM.sections
    .map(({ title, rows }) => {
      const width = Math.max(...rows.map(([term]) => term.length));
      return [title, ...rows.map(([term, text]) => `  ${term.padEnd(width)}  ${text}`)].join('\n');
    })
    .join('\n\n');
}
