import { executableHost } from './executable-host.js';
import type { ShellHost } from './host.js';
import type { Logger } from './logger.js';
import type { LoadedManifest } from './manifest.js';
import type { PlaceData } from './place.js';
import { startProcessHost } from './process-host.js';

/** Options of {@link hostFor}. */
export interface HostForOptions {
  /** Laid over the manifest's `options`, key by key; for process shells. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** What a process shell is told of its host. */
  readonly place?: PlaceData;
  /** Time for a process to come up, in milliseconds; default 10,000. */
  readonly startTimeoutMs?: number;
  /** Default: silence. */
  readonly logger?: Logger;
}

/**
 * Makes the shell of a manifest ready to run.
 * @throws BusError `unavailable` when its process does not come up, `config` when its commands are refused.
 */
export async function hostFor(manifest: LoadedManifest, options: HostForOptions = {}): Promise<ShellHost> {
  const { name, environment, folder: directory } = manifest;
  const logger = options.logger === undefined ? {} : { logger: options.logger };
  if (manifest.kind === 'executable') {
    const { description, program } = manifest;
    return executableHost({ description, program, directory, environment, ...logger });
  }
  return await startProcessHost({
    name,
    module: manifest.module,
    options: { ...manifest.options, ...options.options },
    directory,
    environment,
    ...(options.place === undefined ? {} : { place: options.place }),
    ...(options.startTimeoutMs === undefined ? {} : { startTimeoutMs: options.startTimeoutMs }),
    ...logger,
  });
}
