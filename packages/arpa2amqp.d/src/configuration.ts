import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  BusError,
  DEFAULT_LIMITS,
  DocumentValidator,
  parseAddress,
  parseService,
  quoted,
  serviceOf,
  type HostAddress,
  type Limits,
  type RealmRules,
  type ServiceName,
} from '@arpa2amqp/protocol';
import { parse, YAMLParseError } from 'yaml';
import { daemonConfigSchema, type DaemonConfig } from './generated/daemon-config.js';
import type { LogLevel } from './log.js';

/** Where batches come from. */
export type Transport = { readonly listen: string } | { readonly connect: string };

/** The daemon's settings, resolved and checked; nothing below this reads files or the environment for settings. */
export interface Configuration {
  readonly address: HostAddress;
  readonly service: ServiceName;
  readonly transport: Transport;
  /** Undefined: found out from what the broker says. */
  readonly profile: Exclude<DaemonConfig['profile'], 'auto'>;
  readonly keytab: string | undefined;
  readonly state: string | undefined;
  /** The file of the audit log, or `-` for stdout; undefined: in the state directory, if there is one. */
  readonly audit: string | undefined;
  readonly shells: readonly string[];
  readonly shellOptions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly isOpen: boolean;
  readonly realms: RealmRules;
  readonly logLevel: LogLevel;
  readonly tls: DaemonConfig['tls'];
  readonly sasl: DaemonConfig['sasl'];
  readonly limits: Limits;
}

const validator = new DocumentValidator<DaemonConfig>(daemonConfigSchema, 'config');

/** The address that `--listen` takes when neither it nor `--connect` is given. */
export const DEFAULT_LISTEN = 'amqp://127.0.0.1:5672';

/**
 * Reads the configuration file. Relative paths in it are relative to it.
 *
 * @throws BusError `config`
 */
export async function readConfigurationFile(file: string): Promise<DaemonConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new BusError('config', `Cannot read the configuration ${quoted(file)}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const config = validator.check(parseYaml(text, file), `The configuration ${quoted(file)}`);
  const absolute = (name: string): string => path.resolve(path.dirname(file), name);
  return {
    ...config,
    ...(config.keytab === undefined ? {} : { keytab: absolute(config.keytab) }),
    ...(config.state === undefined ? {} : { state: absolute(config.state) }),
    ...(config.audit === undefined || config.audit === '-' ? {} : { audit: absolute(config.audit) }),
    ...(config.shells === undefined ? {} : { shells: config.shells.map(absolute) }),
    ...(config.tls === undefined
      ? {}
      : { tls: Object.fromEntries(Object.entries(config.tls).map(([key, name]) => [key, absolute(name)])) }),
    ...(config.sasl?.passwordFile === undefined
      ? {}
      : { sasl: { ...config.sasl, passwordFile: absolute(config.sasl.passwordFile) } }),
  };
}

function parseYaml(text: string, file: string): unknown {
  try {
    return (parse(text, { uniqueKeys: true }) as unknown) ?? {};
  } catch (cause) {
    const where = cause instanceof YAMLParseError ? ` at line ${cause.linePos?.[0].line ?? '?'}` : '';
    throw new BusError('config', `Cannot parse the configuration ${quoted(file)}${where}`, { cause });
  }
}

/**
 * Resolves the configuration: the command line over the file over the defaults.
 *
 * @throws BusError `config` or `invalid-address`, with what to do
 */
export function resolveConfiguration(file: DaemonConfig, commandLine: DaemonConfig): Readonly<Configuration> {
  const overridden = { ...file };
  // Either way of transport on the command line replaces the other one of the file.
  if (commandLine.listen !== undefined) delete overridden.connect;
  if (commandLine.connect !== undefined) delete overridden.listen;
  const config = validator.check({ ...overridden, ...commandLine }, 'The configuration');
  if (config.address === undefined) {
    throw new BusError('config', 'The address of this host is not set: give --address /internetwide/<domain>/<host>');
  }
  if (config.listen !== undefined && config.connect !== undefined) {
    throw new BusError(
      'config',
      'Both --listen and --connect are set: the daemon either listens or connects to a broker',
    );
  }
  const address = parseAddress(config.address);
  return Object.freeze({
    address,
    service: config.service === undefined ? serviceOf(address) : parseService(config.service),
    transport: config.connect === undefined ? { listen: config.listen ?? DEFAULT_LISTEN } : { connect: config.connect },
    profile: config.profile === 'auto' ? undefined : config.profile,
    keytab: config.keytab,
    state: config.state,
    audit: config.audit,
    shells: config.shells ?? [],
    shellOptions: config.shellOptions ?? {},
    isOpen: config.open ?? false,
    realms: checkRealms(config.realms ?? {}),
    logLevel: config.logLevel ?? 'info',
    tls: config.tls,
    sasl: config.sasl,
    limits: Object.freeze({ ...DEFAULT_LIMITS, ...config.limits }),
  });
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * A domain for all the other realms would let anyone with a ticket of a realm we trust pose as a user of it.
 *
 * @throws BusError `config`
 */
export function checkRealms(realms: RealmRules): RealmRules {
  for (const [realm, domain] of Object.entries(realms)) {
    if (domain === false) continue;
    if (realm === '*')
      throw new BusError('config', '"realms" may only say false of "*": name each realm with its domain');
    if (!DOMAIN.test(domain)) {
      throw new BusError('config', `"realms" maps ${quoted(realm)} to ${quoted(domain)}: write a domain in lower case`);
    }
  }
  return realms;
}
