import { readFileSync } from 'node:fs';
import { textOfSections } from '@arpa2amqp/protocol';
import yargs from 'yargs';
import { DEFAULT_URL, PROGRAM } from './program.js';

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

type Environment = Readonly<Record<string, string | undefined>>;

function describe(args: readonly string[]) {
  return yargs([...args])
    .scriptName(PROGRAM.name)
    .usage(`$0 ${PROGRAM.synopsis}\n\n${PROGRAM.description[0]}`)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .options(PROGRAM.options)
    .example(PROGRAM.examples.map(([command, what]) => [command, what]))
    .epilogue(textOfSections(PROGRAM.sections))
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
