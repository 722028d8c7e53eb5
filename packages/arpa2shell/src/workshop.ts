import type { Settings } from './cli/settings.js';
import { Completer } from './completer.js';
import { Conversation } from './conversation.js';
import type { HostLink } from './host/host-link.js';
import { openLink } from './host/open-link.js';
import { InputReader, type InputReaderOptions } from './input/input-reader.js';
import { TicketDesk } from './host/ticket-desk.js';
import { LocalCommands } from './local-commands.js';
import { ShellCatalog } from './shell-catalog.js';

/** The parts that a script and a user at a terminal need alike. */
export interface Workshop {
  readonly link: HostLink;
  readonly tickets: TicketDesk;
  readonly catalog: ShellCatalog;
  readonly conversation: Conversation;
  readonly completer: Completer;
  readonly inputs: InputReader;
}

/**
 * Puts the parts together. Nothing is sent yet.
 *
 * @param options - `start`: the shell to begin in; `version`: of this program; `inputs`: what commands may get as input
 * @throws BusError `usage`
 */
export async function openWorkshop(
  host: Settings['host'],
  options: { readonly start: string | null; readonly version: string; readonly inputs: InputReaderOptions },
): Promise<Workshop> {
  const tickets = new TicketDesk();
  const link = await openLink(host, tickets);
  const catalog = new ShellCatalog(link);
  const local = new LocalCommands({ version: options.version, link, tickets, catalog });
  const inputs = new InputReader(options.inputs);
  const conversation = new Conversation({ link, tickets, catalog, local, inputs, start: options.start });
  const completer = new Completer({ link, catalog, conversation });
  return { link, tickets, catalog, conversation, completer, inputs };
}
