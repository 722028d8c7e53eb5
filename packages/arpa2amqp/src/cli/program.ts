import type { ProgramText } from '@arpa2amqp/protocol';

/** The broker or daemon when none is named. */
export const DEFAULT_URL = 'amqp://127.0.0.1:5672';

/**
 * The program as its users see it. `--help`, the manual page and the completions of shells are made from this (the latter two by
 * `npm run docs:cli`), so nothing is told twice. `valueName` FILE or DIR completes names of files or directories.
 */
export const PROGRAM = {
  name: 'arpa2amqp',
  section: 1,
  title: 'send a batch of JSON commands to a host',
  synopsis: '[options] [FILE|-]',
  operand: 'FILE',
  description: [
    'Sends a batch of JSON commands to a host and prints the replies.',
    'The batch travels through any AMQP 1.0 network, protected end to end by your Kerberos ticket: brokers on its way can neither read nor change it, and the host never runs it twice.',
  ],
  options: {
    connect: {
      type: 'string',
      requiresArg: true,
      valueName: 'URL',
      describe: `broker or daemon [default: ${DEFAULT_URL}]`,
    },
    to: {
      type: 'string',
      requiresArg: true,
      valueName: 'ADDRESS',
      describe: 'address of the host, /internetwide/<domain>/<host>',
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
      default: '30s',
      valueName: 'TIME',
      describe: 'life of the batch: ms, s or m',
    },
    ca: {
      type: 'string',
      requiresArg: true,
      valueName: 'FILE',
      describe: 'PEM file that signs the certificate of amqps://',
    },
    'gssapi-login': { type: 'boolean', describe: 'log in at the broker with the ticket (SASL GSSAPI)' },
    atomic: { type: 'boolean', describe: 'all commands succeed or none stays' },
    'dry-run': { type: 'boolean', describe: 'check and authorize only' },
    confirm: {
      type: 'string',
      requiresArg: true,
      valueName: 'SECONDS',
      describe: 'undo unless confirmed within so many seconds',
    },
    'no-reply': { type: 'boolean', describe: 'do not wait for replies' },
    raw: { type: 'boolean', describe: 'speak the protocol of the original arpa2shell' },
    mutual: { type: 'boolean', describe: 'authenticate the host before anything is sent' },
    pretty: { type: 'boolean', describe: 'indent the JSON' },
    quiet: { type: 'boolean', alias: 'q', describe: 'nothing on standard error but errors' },
  },
  examples: [
    ['arpa2amqp --pretty batch.json', 'send the batch of a file'],
    [`echo '{"do_":"arpa2dns whoami"}' | arpa2amqp`, 'send one command from a pipe'],
  ],
  sections: [
    {
      title: 'Input',
      text: `A JSON array of commands, one command, or a batch object { "commands": [...] } with "to", "id", "atomic", "confirm" or "dryRun".`,
    },
    {
      title: 'Output',
      text: 'Standard output is one JSON document: the array of replies, one per command, in order ([] with --no-reply).',
    },
    {
      title: 'Exit codes',
      rows: [
        ['0', 'all well'],
        ['1', 'some reply has stderr_'],
        ['2', 'wrong usage or invalid batch'],
        ['3', 'no ticket, refused or expired'],
        ['4', 'broker or host cannot be reached'],
        ['5', 'timed out, interrupted or outcome unknown'],
      ],
    },
    {
      title: 'Environment',
      rows: [
        ['ARPA2AMQP_URL', 'for --connect (keeps a password out of the list of processes)'],
        ['ARPA2AMQP_TO', 'for --to'],
        ['KRB5CCNAME', 'the credentials cache with your ticket'],
      ],
    },
  ],
  seeAlso: ['arpa2shell(1)', 'arpa2amqp.d(8)', 'kinit(1)', 'klist(1)'],
} as const satisfies ProgramText;
