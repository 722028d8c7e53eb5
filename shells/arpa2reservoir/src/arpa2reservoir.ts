import { defineShell, type Shell, type ShellPlace } from '@arpa2amqp/shell';
import { collectionCommand } from './collection-command.js';
import { completionHooks } from './completion-hooks.js';
import { domainCommand } from './domain-command.js';
import { indexCommand } from './index-command.js';
import { resolveOptions } from './options.js';
import type { ReservoirSession } from './reservoir-session.js';
import { Reservoir } from './reservoir.js';
import { resourceCommand } from './resource-command.js';

const INTRO = `Keep resources, which are data with a name and a media type, in the collections
of domains.  A collection is found by its UUID, or by the names that the index of
a domain or of another collection has for it.`;

/**
 * Makes the shell `arpa2reservoir`. A file of entries that is there is opened, so that no host starts with a damaged one; nothing is
 * made.
 *
 * @param options - `directory`, where the entries are: options of `openDirectory`; LMDB unless told; `data`, the absolute path of the
 * folder for the data of resources
 * @param place - the host that the shell runs on; the file `reservoir.mdb` and the folder `reservoir` are made in its state directory
 * unless the options say otherwise
 * @throws BusError or DirectoryError that names a wrong or unknown option; DirectoryError that says why the file cannot be used, and
 *   what to do
 */
export async function createShell(options?: unknown, place: ShellPlace = {}): Promise<Shell<ReservoirSession>> {
  const reservoir = new Reservoir(resolveOptions(options, place), place);
  if (place.completesOnly !== true) await reservoir.check();
  return defineShell<ReservoirSession>({
    name: 'arpa2reservoir',
    version: '0.1',
    intro: INTRO,
    openSession: () => ({}),
    start: async () => await reservoir.start(),
    close: async () => await reservoir.close(),
    complete: completionHooks(reservoir),
    commands: [domainCommand, indexCommand, collectionCommand, resourceCommand].map((command) => command(reservoir)),
  });
}
