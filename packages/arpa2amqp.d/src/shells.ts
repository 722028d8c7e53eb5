import path from 'node:path';
import { ShellRegistry } from '@arpa2amqp/dispatcher';
import { BusError, quoted, suggestion } from '@arpa2amqp/protocol';
import { hostFor, loadShells, type PlaceData, type ShellHost } from '@arpa2amqp/shell';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.js';

/**
 * Starts the shells of the configured directories.
 *
 * @throws BusError `config` when a shell cannot be loaded, or there is none; what was started is ended again
 */
export async function startShells(configuration: Configuration, log: Logger): Promise<ShellRegistry> {
  const manifests = await loadShells(configuration.shells);
  const names = manifests.map(({ name }) => name);
  if (names.length === 0) {
    throw new BusError('config', 'There are no shells: name at least one directory of shells with --shells DIR');
  }
  const stray = Object.keys(configuration.shellOptions).find((name) => !names.includes(name));
  if (stray !== undefined) {
    throw new BusError(
      'config',
      `"shellOptions" names ${quoted(stray)}, which is no shell here${suggestion(stray, names)}`,
    );
  }
  const place = placeOf(configuration);
  const registry = new ShellRegistry();
  try {
    const hosts = await settleAll(
      manifests.map(async (manifest) => {
        const options = configuration.shellOptions[manifest.name] ?? {};
        return await hostFor(manifest, { options, place, logger: log });
      }),
    );
    for (const host of hosts) registry.add(host);
    return registry;
  } catch (error) {
    registry.destroy();
    throw error;
  }
}

/** What shells are told of this host. */
function placeOf({ state, address, service, keytab, transport, profile, tls, sasl }: Configuration): PlaceData {
  return {
    address: address.address,
    service: `${service.service}@${service.host}`,
    transport:
      'listen' in transport
        ? transport
        : {
            ...transport,
            ...(profile === undefined ? {} : { profile }),
            ...(tls === undefined ? {} : { tls }),
            ...(sasl === undefined ? {} : { sasl }),
          },
    ...(state === undefined ? {} : { state: path.resolve(state) }),
    ...(keytab === undefined ? {} : { keytab: path.resolve(keytab) }),
  };
}

/** Waits for all, so that none is started behind our back; ends those that were when one fails. */
async function settleAll(starting: readonly Promise<ShellHost>[]): Promise<ShellHost[]> {
  const results = await Promise.allSettled(starting);
  const hosts = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return hosts;
  for (const host of hosts) host.destroy();
  throw failure.reason;
}
