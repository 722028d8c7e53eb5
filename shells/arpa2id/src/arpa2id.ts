import { defineShell, type Shell, type ShellPlace } from '@arpa2amqp/shell';
import { aliasCommand } from './alias-command.js';
import { groupCommand, roleCommand } from './collective-command.js';
import { completionHooks } from './completion-hooks.js';
import { domainCommand } from './domain-command.js';
import { IdentityStore } from './identity-store.js';
import { memberCommand } from './member-command.js';
import { occupantCommand } from './occupant-command.js';
import { resolveOptions } from './options.js';
import { userCommand } from './user-command.js';

const INTRO = `Keep the identities of domains: users with their aliases, groups with their
members, and roles with their occupants.  Nothing that others depend on is removed
before you say so with the word force.`;

/**
 * Makes the shell `arpa2id`. A file of entries that is there is opened, so that no host starts with a damaged one; nothing is made.
 *
 * @param options - `directory`, where the entries are: options of `openDirectory`; LMDB unless told
 * @param place - the host that the shell runs on; the file `identities.mdb` is made in its state directory unless the options name one
 * @throws BusError or DirectoryError that names a wrong or unknown option; DirectoryError that says why the file cannot be used, and
 *   what to do
 */
export async function createShell(options?: unknown, place: ShellPlace = {}): Promise<Shell<undefined>> {
  const { directory } = resolveOptions(options);
  const store = new IdentityStore(directory, place);
  if (place.completesOnly !== true) await store.check();
  return defineShell({
    name: 'arpa2id',
    version: '0.1',
    intro: INTRO,
    start: async () => await store.warmUp(),
    close: async () => await store.close(),
    complete: completionHooks(store),
    commands: [domainCommand, userCommand, aliasCommand, groupCommand, memberCommand, roleCommand, occupantCommand].map(
      (command) => command(store),
    ),
  });
}
