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
    .parserConfiguration({ 'greedy-arrays': true })
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
  refuseRepeated(parsed);
  const { config, address, listen, connect, keytab, service, state, audit, shells, open, logLevel } = parsed;
  const settings = { address, listen, connect, keytab, service, state, audit, shells, open, logLevel };
  return {
    configFile: config,
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  };
}

/** Lists are joined when an option is given again; of the others the parser would make lists. */
function refuseRepeated(parsed: Readonly<Record<string, unknown>>): void {
  const repeated = Object.entries(PROGRAM.options).find(
    ([name, option]) => !('array' in option) && Array.isArray(parsed[name]),
  );
  if (repeated !== undefined) throw new BusError('usage', `Give --${repeated[0]} once`);
}
