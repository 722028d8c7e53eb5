import { join } from 'node:path';
import { BusError, parseAddress, parseService } from '@arpa2amqp/protocol';
import { parseDuration, type ConnectOptions } from 'arpa2amqp';
import type { ShellConfig } from '../generated/shell-config.js';
import { homeOfUser } from './confinement.js';
import type { Arguments } from './parsed-arguments.js';
import { DEFAULT_URL } from './program.js';

/** What was settled from options, environment and configuration; nothing below looks at these. */
export interface Settings {
  readonly host:
    | {
        readonly kind: 'bus';
        readonly to: string;
        readonly connection: Omit<ConnectOptions, 'signal' | 'onConnection' | 'tls'>;
        /** PEM file. */
        readonly ca: string | undefined;
      }
    | { readonly kind: 'local'; readonly shells: readonly string[]; readonly timeoutMs: number };
  /** Whether commands may get files of this machine as their input. */
  readonly mayReadFiles: boolean;
  /** Null for a history in memory only. */
  readonly historyFile: string | null;
}

const HISTORY = '.arpa2shell_history';
const DEFAULT_TIMEOUT = '30s';

/**
 * Settles what to do: options before the environment, that before the configuration. In a restricted session the environment
 * has no say.
 *
 * @throws BusError `usage` or `invalid-address`
 */
export function resolveSettings(
  args: Arguments,
  config: ShellConfig,
  environment: NodeJS.ProcessEnv,
  isRestricted: boolean,
): Settings {
  const variable = (name: string): string | undefined =>
    isRestricted || environment[name] === '' ? undefined : environment[name];
  const timeoutMs = parseDuration(args.timeout ?? config.timeout ?? DEFAULT_TIMEOUT);
  const home = isRestricted ? homeOfUser() : (variable('HOME') ?? homeOfUser());
  const historyFile = config.history === false || home === null ? null : join(home, HISTORY);
  if (args.isLocal ?? config.local ?? false) {
    const shells = args.shells ?? config.shells ?? [];
    if (shells.length === 0) throw new BusError('usage', 'There are no local shells: name a directory with --shells');
    return { host: { kind: 'local', shells, timeoutMs }, mayReadFiles: !isRestricted, historyFile };
  }
  const to = args.to ?? variable('ARPA2AMQP_TO') ?? config.to;
  if (to === undefined) throw new BusError('usage', 'No host was named: use --to or ARPA2AMQP_TO, or --local');
  const service = args.service ?? config.service;
  if (service !== undefined) parseService(service);
  return {
    host: {
      kind: 'bus',
      to: parseAddress(to).address,
      connection: {
        url: args.connect ?? variable('ARPA2AMQP_URL') ?? config.connect ?? DEFAULT_URL,
        timeoutMs,
        connectTimeoutMs: Math.min(timeoutMs, 10_000),
        ...(service === undefined ? {} : { service }),
        ...((args.isGssapiLogin ?? config.gssapiLogin ?? false) ? { sasl: { mechanism: 'GSSAPI' as const } } : {}),
      },
      ca: args.ca ?? config.ca,
    },
    mayReadFiles: !isRestricted,
    historyFile,
  };
}
