import { BusError } from '@arpa2amqp/protocol';
import yargs from 'yargs';
import { DEFAULT_LISTEN } from './configuration.js';
import type { DaemonConfig } from './generated/daemon-config.js';

/** What the command line says: settings, and the file with the others. */
export interface CommandLine {
  readonly configFile: string | undefined;
  readonly settings: DaemonConfig;
}

const EXIT_CODES = `Exit codes: 0 stopped by SIGTERM or SIGINT, 2 wrong usage or configuration (the keytab included), 4 cannot listen or connect.

Signals: SIGTERM and SIGINT finish the batches at work (within the time of one command), answer them and exit; a second one exits at once.
SIGHUP reads the keytab and the shells again.`;

/**
 * Parses the command line. `--help` and `--version` print and end the process.
 *
 * @throws BusError `usage`
 */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  const parsed = yargs([...argv])
    .scriptName('arpa2amqp.d')
    .usage(
      '$0 --address /internetwide/<domain>/<host> --keytab FILE --shells DIR --open\n\nRuns batches of commands for callers with a Kerberos ticket.',
    )
    .options({
      config: {
        type: 'string',
        requiresArg: true,
        describe: 'YAML file with these settings and more; the command line wins',
      },
      address: { type: 'string', requiresArg: true, describe: 'Canonical address of this host' },
      listen: {
        type: 'string',
        requiresArg: true,
        describe: `Accept AMQP connections here, without a broker [default: ${DEFAULT_LISTEN}]`,
      },
      connect: { type: 'string', requiresArg: true, describe: 'Take batches from the broker at this URL' },
      keytab: { type: 'string', requiresArg: true, describe: 'Keytab with the key of the service' },
      service: {
        type: 'string',
        requiresArg: true,
        describe: 'Service to answer as, <service>@<host> [default: arpa2amqp@<host>.<domain>]',
      },
      state: { type: 'string', requiresArg: true, describe: 'Directory for what must survive a restart' },
      shells: { type: 'string', array: true, requiresArg: true, describe: 'Directories of shells' },
      open: { type: 'boolean', describe: 'Let everyone with a ticket run every command' },
      'log-level': {
        type: 'string',
        requiresArg: true,
        choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const,
        describe: 'Least severe messages to log [default: info]',
      },
    })
    .strict()
    .parserConfiguration({ 'duplicate-arguments-array': false, 'greedy-arrays': true })
    .version(version)
    .help()
    .alias('h', 'help')
    .epilogue(EXIT_CODES)
    .wrap(Math.min(120, process.stdout.columns))
    .exitProcess(true)
    .fail((message: string | null, error: Error | undefined) => {
      throw new BusError('usage', message ?? error?.message ?? 'Wrong usage', { cause: error });
    })
    .parseSync();
  const { config, address, listen, connect, keytab, service, state, shells, open, logLevel } = parsed;
  const settings = { address, listen, connect, keytab, service, state, shells, open, logLevel };
  return {
    configFile: config,
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  };
}
