import path from 'node:path';
import { checkDirectoryOptions } from '@arpa2amqp/directory';
import { DocumentValidator } from '@arpa2amqp/protocol';
import type { ShellPlace } from '@arpa2amqp/shell';

/** What the shell can be told in its configuration; all of it may be left out. */
export interface Arpa2ReservoirOptions {
  /** Where the entries are: options of `openDirectory`; absent: LMDB, in the daemon's state directory. */
  readonly directory?: object;
  /** Folder of the data, absolute; absent: `reservoir` in the daemon's state directory. One folder goes with one directory. */
  readonly data?: string;
  /** How much the resources of one domain may use, in bytes; absent: 1 GiB. The data of each counts, and 4 KiB beside it. */
  readonly maxDomainBytes?: number;
}

/** Where the reservoir is kept; without a state directory to put it there is no default. */
export interface ResolvedOptions {
  readonly directory: object;
  readonly defaultFile: string | undefined;
  readonly data: string | undefined;
  readonly maxDomainBytes: number;
}

const DEFAULT_DOMAIN_BYTES = 1024 ** 3;

const VALIDATOR = new DocumentValidator<Arpa2ReservoirOptions>(
  {
    type: 'object',
    additionalProperties: false,
    properties: {
      directory: { type: 'object' },
      data: { type: 'string', pattern: '^/[^\\u0000]+$' },
      maxDomainBytes: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    },
  },
  'config',
);

/**
 * Checks the options and fills in what was left out. Opens nothing.
 * @throws BusError or DirectoryError that names the wrong or unknown option
 */
export function resolveOptions(options: unknown, { state }: ShellPlace): ResolvedOptions {
  const {
    directory = {},
    data,
    maxDomainBytes = DEFAULT_DOMAIN_BYTES,
  } = VALIDATOR.check(options ?? {}, 'The configuration of arpa2reservoir');
  checkDirectoryOptions(directory);
  return Object.freeze({
    directory,
    defaultFile: state === undefined ? undefined : path.join(state, 'reservoir.mdb'),
    maxDomainBytes,
    data: data ?? (state === undefined ? undefined : path.join(state, 'reservoir')),
  });
}
