import type { Directory } from './directory.js';
import { DirectoryError } from './directory-error.js';
import { KindTable, type Kind } from './kind.js';
import { checkDirectoryOptions } from './options.js';

/** What {@link openDirectory} is told by the program, beside the configuration. */
export interface DirectoryContents {
  readonly kinds: readonly Kind[];
  /** Absolute path of the file, for a store in LMDB whose configuration names none. */
  readonly defaultFile?: string;
}

/**
 * Opens a directory. A file is made when there is none, and checked to its last entry when there is one. A server is asked whether
 * it is set up.
 *
 * @example
 * await using directory = await openDirectory({ file: '/var/lib/arpa2amqp/identities.mdb' }, { kinds: KINDS });
 * await directory.apply([{ op: 'add', path: [['domain', 'example.com']], values: { organisation: ['Example'] } }]);
 *
 * @param options - the configuration, as {@link checkDirectoryOptions} takes it
 * @throws DirectoryError `directory-config`, `directory-damaged`, `directory-full`, `directory-denied`, `directory-unavailable`;
 *   TypeError when the kinds do not agree with one another
 */
export async function openDirectory(options: unknown, { kinds, defaultFile }: DirectoryContents): Promise<Directory> {
  const checked = checkDirectoryOptions(options);
  const table = new KindTable(kinds);
  // Each store has a library that takes longer to load than the rest of a shell.
  if (checked.store === 'ldap') {
    const { LdapDirectory } = await import('./ldap-directory.js');
    return await LdapDirectory.open(checked, table);
  }
  const file = checked.file ?? defaultFile;
  if (file !== undefined) {
    const { LmdbDirectory } = await import('./lmdb-directory.js');
    return await LmdbDirectory.open(file, table);
  }
  const advice = 'name one in "file" of its configuration, or give the daemon a state directory';
  throw new DirectoryError('directory-config', `There is no file to keep the directory in: ${advice}`);
}
