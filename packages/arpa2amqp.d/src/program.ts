import type { ProgramText } from '@arpa2amqp/protocol';
import { DEFAULT_LISTEN } from './configuration.js';

/** The commands of `arpa2amqp.d acl`, in the notation of yargs. */
export const ACL_COMMANDS = [
  { name: 'init', words: ['<identity>'], describe: 'Make the lists, with a first administrator' },
  { name: 'grant', words: ['<words..>'], describe: 'Set rights: <class> [<instance>] %<rights> <selector>...' },
  { name: 'revoke', words: ['<words..>'], describe: 'Take entries away: <class> [<instance>] <selector>...' },
  { name: 'list', words: ['[words..]'], describe: 'Print entries: [<class> [<instance>]]' },
  { name: 'log', words: ['[words..]'], describe: 'Print who changed what, the newest last: [<class> [<instance>]]' },
  {
    name: 'explain',
    words: ['<identity>', '<words..>'],
    describe: 'Say why a command, <shell> <word>..., would be granted or denied; exit code 1 when denied',
  },
] as const;

/** The options of `arpa2amqp.d acl`. */
export const ACL_OPTIONS = {
  state: { type: 'string', requiresArg: true, describe: 'Directory with the access control lists' },
  config: { type: 'string', requiresArg: true, describe: 'YAML file of the daemon, instead of --state and --shells' },
  shells: { type: 'string', array: true, nargs: 1, requiresArg: true, describe: 'Directory of shells, for explain' },
  instance: {
    type: 'string',
    requiresArg: true,
    describe: 'The instance, where it looks like rights or a selector',
  },
  since: { type: 'string', requiresArg: true, describe: 'For log: only updates after this position' },
  limit: { type: 'string', requiresArg: true, describe: 'For log: at most so many updates, the newest [default: 100]' },
  force: { type: 'boolean', describe: 'Do it even when it leaves no administrator' },
} as const;

/** The options of `arpa2amqp.d audit verify`. */
export const AUDIT_OPTIONS = {
  state: {
    type: 'string',
    requiresArg: true,
    describe: 'State directory of the daemon, whose kept end of the chain must be reached',
  },
  config: { type: 'string', requiresArg: true, describe: 'YAML file of the daemon, instead of --state' },
} as const;

/**
 * The program as its users see it. `--help`, the manual page and the completions of shells are made from this (the latter two by
 * `npm run docs:cli`), so nothing is told twice. `valueName` FILE or DIR completes names of files or directories.
 */
export const PROGRAM = {
  name: 'arpa2amqp.d',
  section: 8,
  title: 'run batches of commands for callers with a Kerberos ticket',
  synopsis: '--address /internetwide/<domain>/<host> --keytab FILE --shells DIR --state DIR',
  description: [
    'Runs batches of commands for callers with a Kerberos ticket.',
    'It takes batches for one host, from a broker or from clients that connect to it, runs their commands in the shells of this host and answers them. Brokers on the way can neither read nor change a batch, and none runs twice.',
    'Who may do what is in access control lists, which "arpa2amqp.d acl" makes and changes: without an entry everything is denied but what is open to all, such as whoami.',
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
      describe: 'Directory for what must survive a restart; it holds the access control lists',
    },
    audit: {
      type: 'string',
      requiresArg: true,
      valueName: 'FILE',
      describe: 'Audit log, - for stdout [default: audit.log in the state directory]',
    },
    shells: { type: 'string', array: true, requiresArg: true, valueName: 'DIR', describe: 'Directories of shells' },
    open: { type: 'boolean', describe: 'No access control lists: let everyone with a ticket run every command' },
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
      title: 'Access control',
      rows: [
        ['acl init <identity>', 'make the lists, with a first administrator'],
        [
          'acl grant <class> [<instance>] %<rights> <selector>...',
          'set rights of users, domains (@example.com) or everyone (@.)',
        ],
        ['acl revoke <class> [<instance>] <selector>...', 'take entries away'],
        ['acl list [<class> [<instance>]]', 'print entries'],
        [
          'acl log [--since POSITION] [--limit N] [<class> [<instance>]]',
          'print who changed what and when, the newest last; the first number of a line is the position of its update',
        ],
        ['acl explain <identity or principal> <shell> <word>...', 'say why a command would be granted or denied'],
      ],
    },
    {
      title: 'Audit',
      rows: [
        [
          'audit verify [FILE...]',
          'follow the chain of the audit log, through rotated files in order, - for stdin; says which line is changed, missing, moved or doubled',
        ],
      ],
    },
    {
      title: 'Exit codes',
      rows: [
        ['0', 'stopped by SIGTERM or SIGINT; done; granted; whole'],
        ['1', 'denied (acl explain); no such entry (acl revoke); not as it was written (audit verify)'],
        ['2', 'wrong usage or configuration (the keytab and the lists included)'],
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
        ['SIGHUP', 'go on in a new audit log, if the old one was renamed, and read the keytab and the shells again'],
      ],
    },
  ],
  seeAlso: ['arpa2amqp(1)', 'arpa2shell(1)', 'krb5.conf(5)', 'kadmin(1)'],
} as const satisfies ProgramText;
