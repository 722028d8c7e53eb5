import yargs from 'yargs';
import type { Arguments } from './parsed-arguments.js';
import { DEFAULT_CONFIG, epilogue, PROGRAM } from './program.js';
import { readVersion } from './version.js';

type ParsedOptions =
  | { readonly kind: 'run'; readonly args: Omit<Arguments, 'start' | 'commands'> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string };

/** Parses the options; `-c` was taken out before. */
export function parseOptions(words: readonly string[]): ParsedOptions {
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
  if (argv._.length > 0) return { kind: 'usage', message: `There is no operand ${JSON.stringify(argv._[0])}: use -c` };
  const isRestricted = argv.restricted === true;
  if (isRestricted && argv['trust-environment'] === true) {
    return { kind: 'usage', message: '--restricted and --trust-environment cannot be combined' };
  }
  return {
    kind: 'run',
    args: {
      file: argv.file,
      isExitOnError: argv['exit-on-error'] === true,
      isJson: argv.json === true,
      to: argv.to,
      connect: argv.connect,
      service: argv.service,
      timeout: argv.timeout,
      ca: argv.ca,
      isGssapiLogin: argv['gssapi-login'],
      isLocal: argv.local,
      shells: argv.shells,
      config: argv.config ?? DEFAULT_CONFIG,
      isConfigNamed: argv.config !== undefined,
      isRestricted: isRestricted ? true : argv['trust-environment'] === true ? false : undefined,
    },
  };
}

function describe(words: readonly string[]) {
  return yargs([...words])
    .scriptName(PROGRAM.name)
    .usage(`$0 ${PROGRAM.synopsis}\n\n${PROGRAM.description[0]}`)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'greedy-arrays': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .options(PROGRAM.options)
    .example(PROGRAM.examples.map(([command, what]) => [command, what]))
    .epilogue(epilogue())
    .wrap(100)
    .locale('en')
    .strictOptions()
    .version('version', 'show the version', readVersion())
    .help('help', 'show help')
    .alias('help', 'h')
    .exitProcess(false);
}
