import { defineShell, type Shell } from '@arpa2amqp/shell';
import { acmeCommand } from './acme-command.js';
import { DEFAULT_DANE } from './association.js';
import { completionHooks } from './completion-hooks.js';
import { daneCommand } from './dane-command.js';
import type { DnsSession } from './dns-session.js';
import { enumCommand } from './enum-command.js';
import { Knot } from './knot.js';
import { KnotView } from './knot-view.js';
import { resolveOptions } from './options.js';
import { recordCommand } from './record-command.js';
import { zoneCommand } from './zone-command.js';

const INTRO = `Edit zone data.  Be reported on expected times of publication, based on prior
record timings.  Throughout this shell, you can enter phone numbers in +dddddd
format where a zone is expected; this will be mapped to its ENUM counterpart.`;

/**
 * Makes the shell `arpa2dns` on a Knot DNS server. Nothing is opened before a command needs it.
 *
 * @param options - `socket`, the absolute path of knotd's control socket, `/run/knot/knot.sock` unless told; `timeoutMs`, the deadline
 * of one conversation in milliseconds, 5000 unless told
 * @throws BusError `config` that names a wrong or unknown option
 */
export function createShell(options?: unknown): Shell<DnsSession> {
  const resolved = resolveOptions(options);
  const knot = new Knot(resolved);
  return defineShell<DnsSession>({
    name: 'arpa2dns',
    version: '0.1',
    intro: INTRO,
    openSession: () => ({ dane: DEFAULT_DANE }),
    complete: completionHooks(new KnotView(resolved.socket)),
    commands: [zoneCommand, recordCommand, daneCommand, acmeCommand, enumCommand].map((command) => command(knot)),
  });
}
