import { BusError, textOfSections } from '@arpa2amqp/protocol';
import yargs from 'yargs';
import type { DaemonConfig } from './generated/daemon-config.js';
import { PROGRAM } from './program.js';

/** What the command line says: settings, and the file with the others. */
export interface CommandLine {
  readonly configFile: string | undefined;
  readonly settings: DaemonConfig;
}

/**
 * Parses the command line. `--help` and `--version` print and end the process.
 *
 * @throws BusError `usage`
 */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  const parsed = yargs([...argv])
    .scriptName(PROGRAM.name)
    .usage(`$0 ${PROGRAM.synopsis}\n\n${PROGRAM.description[0]}`)
    .options(PROGRAM.options)
    .strict()
    .parserConfiguration({ 'dot-notation': false, 'greedy-arrays': true })
    .version(version)
    .help()
    .alias('h', 'help')
    .epilogue(textOfSections(PROGRAM.sections))
    .wrap(Math.min(120, process.stdout.columns))
    .exitProcess(true)
    .fail((message: string | null, error: Error | undefined) => {
      throw new BusError('usage', message ?? error?.message ?? 'Wrong usage', { cause: error });
    })
    .parseSync();
  const { config, address, listen, connect, keytab, service, state, audit, shells, open, logLevel } = parsed;
  const single = { address, listen, connect, keytab, service, state, audit, open, logLevel };
  const settings = Object.entries(single).map(([name, value]): [string, unknown] => [name, lastOf(value)]);
  const given = [...settings, ['shells', shells] as const].filter(([, value]) => value !== undefined);
  return {
    configFile: lastOf(config),
    settings: Object.fromEntries(given),
  };
}

/** Lists are joined when an option is given again. Of the others the parser makes lists too, and the last one counts. */
function lastOf<T>(value: T): T {
  return Array.isArray(value) ? (value.at(-1) as T) : value;
}
