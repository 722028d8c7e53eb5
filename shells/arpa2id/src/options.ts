import { checkDirectoryOptions } from '@arpa2amqp/directory';
import { DocumentValidator } from '@arpa2amqp/protocol';

/** What the shell can be told in its configuration; all of it may be left out. */
export interface Arpa2IdOptions {
  /** Where the entries are: options of `openDirectory`; absent: LMDB, in the daemon's state directory. */
  readonly directory?: object;
}

const VALIDATOR = new DocumentValidator<Arpa2IdOptions>(
  { type: 'object', additionalProperties: false, properties: { directory: { type: 'object' } } },
  'config',
);

/**
 * Checks the options, opens nothing.
 * @throws BusError or DirectoryError that names the wrong or unknown option
 */
export function resolveOptions(options: unknown): Required<Arpa2IdOptions> {
  const { directory = {} } = VALIDATOR.check(options ?? {}, 'The configuration of arpa2id');
  checkDirectoryOptions(directory);
  return Object.freeze({ directory });
}
