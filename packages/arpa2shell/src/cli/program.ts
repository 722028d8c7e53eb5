import type { ProgramText } from '@arpa2amqp/protocol';

/** The broker or daemon when none is named. */
export const DEFAULT_URL = 'amqp://127.0.0.1:5672';

/** The configuration that is read when no other is named, if it is there. */
export const DEFAULT_CONFIG = '/etc/arpa2/arpa2shell.yaml';

/** How words become options, for the parser of yargs. */
export const OPTION_SYNTAX = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'greedy-arrays': true,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
} as const;

/**
 * The program as its users see it. `--help`, the manual page and the completions of shells are made from this (the latter two by
 * `npm run docs:cli`), so nothing is told twice. `valueName` FILE or DIR completes names of files or directories.
 */
export const PROGRAM = {
  name: 'arpa2shell',
  section: 1,
  title: 'work in the ARPA2 shells of a host',
  synopsis: '[options]',
  description: [
    'Works in the ARPA2 shells of a host, on a terminal or from a script.',
    'The commands travel over the bus with your Kerberos ticket; the host decides on each. Started as arpa2dns, arpa2acl, arpa2id, arpa2reservoir or arpa2hello it begins in that shell. On a terminal a question mark shows what may come next, Tab completes.',
    'Without -c and -f, commands come from the terminal, or one a line from standard input. A line that starts with # is a comment.',
  ],
  options: {
    command: {
      type: 'string',
      alias: 'c',
      array: true,
      nargs: 1,
      requiresArg: true,
      valueName: 'COMMAND',
      describe: 'run this line and end; may be repeated',
    },
    file: { type: 'string', alias: 'f', requiresArg: true, valueName: 'FILE', describe: 'run the lines of this file' },
    'exit-on-error': { type: 'boolean', alias: 'e', describe: 'end at the first command that fails' },
    json: { type: 'boolean', describe: 'print one JSON document, the array of the replies' },
    to: {
      type: 'string',
      requiresArg: true,
      valueName: 'ADDRESS',
      describe: 'address of the host, /internetwide/<domain>/<host>',
    },
    connect: {
      type: 'string',
      requiresArg: true,
      valueName: 'URL',
      describe: `broker or daemon [default: ${DEFAULT_URL}]`,
    },
    service: {
      type: 'string',
      requiresArg: true,
      valueName: 'SERVICE',
      describe: 'Kerberos service of the host, <service>@<host>',
    },
    timeout: {
      type: 'string',
      requiresArg: true,
      valueName: 'TIME',
      describe: 'how long a command may take: ms, s or m [default: 30s]',
    },
    ca: {
      type: 'string',
      requiresArg: true,
      valueName: 'FILE',
      describe: 'PEM file that signs the certificate of amqps://',
    },
    'gssapi-login': { type: 'boolean', describe: 'log in at the broker with the ticket (SASL GSSAPI)' },
    local: { type: 'boolean', describe: 'run the shells here, without a daemon, access lists and audit log' },
    shells: {
      type: 'string',
      array: true,
      requiresArg: true,
      valueName: 'DIR',
      describe: 'directories of shells, with --local',
    },
    config: {
      type: 'string',
      requiresArg: true,
      valueName: 'FILE',
      describe: `YAML file with these settings [default: ${DEFAULT_CONFIG}, if it is there]`,
    },
    restricted: { type: 'boolean', describe: 'trust nothing of the environment' },
    'trust-environment': { type: 'boolean', describe: 'trust it, even in an SSH session' },
  },
  examples: [
    ['arpa2shell --to /internetwide/arpa2.net/reservoir', 'work on a terminal'],
    [`arpa2dns -c 'zone list'`, 'run one command of a shell'],
    ['arpa2shell --json -e -f changes.txt', 'run a script up to the first error'],
  ],
  sections: [
    {
      title: 'Input of commands',
      rows: [
        ['COMMAND < FILE', 'gives the command a file of this machine as input'],
        ['COMMAND < base64:FILE', 'the same in base64, for what is no text'],
        ['COMMAND < -', 'standard input, with -c and -f'],
        ['COMMAND <<END', 'the lines that follow, up to a line END'],
      ],
    },
    {
      title: 'Exit codes',
      rows: [
        ['0', 'all well'],
        ['1', 'some command failed, or was none'],
        ['2', 'wrong usage or configuration'],
        ['3', 'no ticket, refused or expired'],
        ['4', 'broker or host cannot be reached'],
        ['5', 'timed out, interrupted or outcome unknown'],
      ],
    },
    {
      title: 'Environment',
      rows: [
        ['ARPA2AMQP_URL', 'for --connect'],
        ['ARPA2AMQP_TO', 'for --to'],
        ['KRB5CCNAME', 'the credentials cache with your ticket'],
        ['NO_COLOR', 'no colours, if not empty'],
        ['TERM', 'dumb for a terminal without cursor keys'],
      ],
    },
    {
      title: 'As login shell, and in SSH sessions',
      text: 'In an SSH session, as login shell, or with --restricted, nothing of the environment counts but KRB5CCNAME and what describes terminal and language, and settings come from options and the configuration file alone. The command that sshd was asked to run (SSH_ORIGINAL_COMMAND) is run as by -c.',
    },
  ],
  seeAlso: ['arpa2amqp(1)', 'arpa2amqp.d(8)', 'kinit(1)', 'klist(1)'],
} as const satisfies ProgramText;
