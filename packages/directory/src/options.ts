import { DocumentValidator } from '@arpa2amqp/protocol';
import { DirectoryError } from './directory-error.js';

/** The directory is a file. */
export interface LmdbOptions {
  readonly store?: 'lmdb';
  /** Absolute path; default: where the host puts it. */
  readonly file?: string;
}

/** How a directory is configured. */
export type DirectoryOptions = LmdbOptions;

const LMDB = new DocumentValidator<LmdbOptions>(
  {
    type: 'object',
    additionalProperties: false,
    properties: { store: { enum: ['lmdb'] }, file: { type: 'string', pattern: '^/[^\\u0000]+$' } },
  },
  'config',
);

/**
 * Checks the configuration of a directory without opening it.
 *
 * @param options - from a configuration file; null and undefined are the defaults
 * @throws DirectoryError `directory-config` that names what is wrong
 */
export function checkDirectoryOptions(options: unknown): DirectoryOptions {
  const document = options ?? {};
  if (LMDB.accepts(document)) return Object.freeze({ ...document });
  throw new DirectoryError('directory-config', `The configuration of the directory is not valid: ${LMDB.explain()}`);
}
