import { partRequest, readPart, type Entry, type Path } from '@arpa2amqp/directory';
import type { Call } from '@arpa2amqp/shell';
import type { IdentityStore, IdentityView } from './identity-store.js';
import { localName } from './names.js';

/** What a command lists. */
export interface Listing {
  /** What the entries are below; empty for the domains. */
  readonly parent: Path;
  readonly kind: string;
  /** Member of the answer that has the rows. */
  readonly plural: string;
  /** Makes the rows of some entries, one for each, in order. */
  readonly rowsOf: (entries: readonly Entry[], view: IdentityView) => readonly object[] | Promise<readonly object[]>;
  /** Makes a name of what was given; default: the one of a user, group and so on. */
  readonly nameOf?: (text: string) => string;
}

/** Prints a list, or the part of it that the command asks for. */
export async function printList(store: IdentityStore, call: Call, listing: Listing): Promise<void> {
  const { parent, kind, plural, rowsOf, nameOf = (text: string) => localName(text, kind) } = listing;
  const request = partRequest(call, nameOf);
  const { rows, ...more } = await store.read(async (view) => {
    if (parent.length > 0) await view.entry(parent);
    const options = { parent, kind, request, signal: call.signal };
    return await readPart(view.directory, { ...options, rowsOf: async (entries) => await rowsOf(entries, view) });
  }, call.signal);
  call.json({ [plural]: rows, ...more });
}
