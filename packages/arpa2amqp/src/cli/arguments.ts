import { readFileSync } from 'node:fs';
import yargs from 'yargs';

/** The command line after parsing; values are checked where they are used. */
export interface Arguments {
  /** File to read, `-` for standard input, undefined when none was named. */
  readonly file: string | undefined;
  readonly connect: string;
  readonly to: string | undefined;
  /** Undefined when `to` came from the environment or is missing. */
  readonly explicitTo: string | undefined;
  readonly service: string | undefined;
  readonly timeout: string;
  readonly ca: string | undefined;
  readonly isGssapiLogin: boolean;
  readonly atomic: boolean;
  readonly dryRun: boolean;
  readonly confirm: string | undefined;
  readonly isReplyWanted: boolean;
  readonly isRaw: boolean;
  readonly isMutual: boolean;
  readonly isPretty: boolean;
  readonly isQuiet: boolean;
}

/** What parsing gave: work to do, a text that was asked for, or a complaint. */
export type ParsedArguments =
  | { readonly kind: 'run'; readonly args: Arguments }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string };

const DEFAULT_URL = 'amqp://127.0.0.1:5672';

const EPILOGUE = `Input
  A JSON array of commands, one command, or a batch object { "commands": [...] } with
  "to", "id", "atomic", "confirm" or "dryRun". Standard output is one JSON document: the
  array of replies, one per command, in order ([] with --no-reply).

Exit codes
  0  all well                               3  no ticket, refused or expired
  1  some reply has stderr_                 4  broker or host cannot be reached
  2  wrong usage or invalid batch           5  timed out, interrupted or outcome unknown

Environment
  ARPA2AMQP_URL  for --connect (keeps a password out of the list of processes)
  ARPA2AMQP_TO   for --to
  KRB5CCNAME     the credentials cache with your ticket`;

type Environment = Readonly<Record<string, string | undefined>>;

function describe(args: readonly string[]) {
  return yargs([...args])
    .scriptName('arpa2amqp')
    .usage('$0 [options] [FILE|-]\n\nSends a batch of JSON commands to a host and prints the replies.')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .options({
      connect: { type: 'string', requiresArg: true, describe: `broker or daemon [default: ${DEFAULT_URL}]` },
      to: { type: 'string', requiresArg: true, describe: 'address of the host, /internetwide/<domain>/<host>' },
      service: { type: 'string', requiresArg: true, describe: 'Kerberos service of the host, <service>@<host>' },
      timeout: { type: 'string', requiresArg: true, default: '30s', describe: 'life of the batch: ms, s or m' },
      ca: { type: 'string', requiresArg: true, describe: 'PEM file that signs the certificate of amqps://' },
      'gssapi-login': { type: 'boolean', describe: 'log in at the broker with the ticket (SASL GSSAPI)' },
      atomic: { type: 'boolean', describe: 'all commands succeed or none stays' },
      'dry-run': { type: 'boolean', describe: 'check and authorize only' },
      confirm: { type: 'string', requiresArg: true, describe: 'undo unless confirmed within so many seconds' },
      'no-reply': { type: 'boolean', describe: 'do not wait for replies' },
      raw: { type: 'boolean', describe: 'speak the protocol of the original arpa2shell' },
      mutual: { type: 'boolean', describe: 'authenticate the host before anything is sent' },
      pretty: { type: 'boolean', describe: 'indent the JSON' },
      quiet: { type: 'boolean', alias: 'q', describe: 'nothing on standard error but errors' },
    })
    .example('$0 --pretty batch.json', 'send the batch of a file')
    .example(`echo '{"do_":"arpa2dns whoami"}' | $0`, 'send one command from a pipe')
    .epilogue(EPILOGUE)
    .wrap(100)
    .locale('en')
    .strictOptions()
    .version('version', 'show the version', readVersion())
    .help('help', 'show help')
    .alias('help', 'h')
    .exitProcess(false);
}

/** Parses the words after the program's name. */
export function parseArguments(words: readonly string[], env: Environment): ParsedArguments {
  const complaints: string[] = [];
  let text = '';
  const parser = describe(words).fail((message, error) => {
    complaints.push(message || error.message);
  });
  const argv = parser.parseSync([...words], {}, (_error: unknown, _argv: unknown, output: string) => {
    text = output;
  });
  const [complaint] = complaints;
  if (complaint !== undefined) return { kind: 'usage', message: complaint };
  if (text !== '') return { kind: 'text', text };
  if (argv._.length > 1) return { kind: 'usage', message: 'More than one FILE was named' };
  const explicitTo = argv.to;
  return {
    kind: 'run',
    args: {
      file: argv._.map(String)[0],
      connect: argv.connect ?? nonEmpty(env['ARPA2AMQP_URL']) ?? DEFAULT_URL,
      to: explicitTo ?? nonEmpty(env['ARPA2AMQP_TO']),
      explicitTo,
      service: argv.service,
      timeout: argv.timeout,
      ca: argv.ca,
      isGssapiLogin: argv['gssapi-login'] === true,
      atomic: argv.atomic === true,
      dryRun: argv['dry-run'] === true,
      confirm: argv.confirm,
      isReplyWanted: argv['no-reply'] !== true,
      isRaw: argv.raw === true,
      isMutual: argv.mutual === true,
      isPretty: argv.pretty === true,
      isQuiet: argv.quiet === true,
    },
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
