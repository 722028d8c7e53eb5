import { defineShell, type Logger, type Shell, type ShellPlace } from '@arpa2amqp/shell';
import { aclCommand } from './acl-command.js';
import { completionHooks } from './completion-hooks.js';
import { groupCommand } from './group-command.js';
import { Lists } from './lists.js';
import { resolveOptions } from './options.js';
import { Publisher } from './publisher.js';
import { replicaCommand } from './replica-command.js';

const INTRO = `Edit the access control lists: who may do what on this host, and on those that
it sends its lists to.  Rights are set before the selectors that have them, as in
%RW john@example.com; the most specific entry for somebody decides.`;

const ignore = (): void => undefined;
const SILENT: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Makes the shell `arpa2acl` on the lists of a host. Nothing is opened before a command needs it.
 *
 * @param options - `lists`, the file of the lists; `publish`, the hosts that get them
 * @param place - the host: state directory, address, service, keytab and transport are used
 * @throws BusError `config` or `invalid-address` that names a wrong or unknown option
 */
export function createShell(options?: unknown, place: ShellPlace = {}): Shell<undefined> {
  const resolved = resolveOptions(options, place);
  const lists = new Lists(resolved.lists);
  const publisher = new Publisher(lists, resolved, place.logger ?? SILENT);
  return defineShell({
    name: 'arpa2acl',
    version: '0.1',
    intro: INTRO,
    start: () => {
      if (place.completesOnly !== true) publisher.start();
    },
    close: async () => {
      await publisher.close();
      await lists.close();
    },
    complete: completionHooks(lists, resolved.destinations),
    commands: [
      aclCommand(lists, publisher),
      groupCommand('group', lists),
      groupCommand('role', lists),
      replicaCommand(lists, resolved.destinations.length > 0),
    ],
  });
}
