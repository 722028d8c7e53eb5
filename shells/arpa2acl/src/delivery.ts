import { createHash } from 'node:crypto';
import { formatChangeRecord, type AclStore } from '@arpa2amqp/acl';
import { BusError } from '@arpa2amqp/protocol';

/** Up to where another host has the lists of this one; 0 for not at all. */
export interface RemotePosition {
  readonly position: number;
  readonly mark: string;
}

/** The commands of another host's `replica`. All reject with a BusError. */
export interface ReplicaHost {
  position(origin: string): Promise<RemotePosition>;
  /** @param lines - records of changes, one a line */
  change(origin: string, lines: string): Promise<RemotePosition>;
  /** Resolves with the number of the part that the host wants next, or where it is after the last one. */
  whole(command: Readonly<Record<string, string>>, text: string): Promise<RemotePosition | number>;
}

/** Of text in one command: even with each character escaped it is less than a message may hold. */
const MAX_CHARACTERS = 200 * 1024;
/** Somebody else sends lists there, or takes them out, when it is not done after so many. */
const MAX_WHOLES = 3;

/**
 * Brings another host up to the newest change, beginning with what it says it has. Changes go in their order; where one is
 * missing, or its record there is not the one here, everything goes.
 *
 * @param onPosition - told up to where the host has come
 * @throws BusError
 */
export async function deliver(
  store: AclStore,
  host: ReplicaHost,
  onPosition: (position: number) => void,
): Promise<void> {
  const { id } = store;
  let at = await host.position(id);
  for (let wholes = 0; ;) {
    onPosition(at.position);
    const lines = linesAfter(store, at);
    if (lines === '') return;
    const before = at.position;
    if (lines !== null) at = await host.change(id, lines);
    // No step forward: there is a gap that the positions do not show.
    if (lines !== null && at.position > before) continue;
    if (wholes === MAX_WHOLES) throw new BusError('refused', 'The host does not keep the lists that it has taken over');
    wholes += 1;
    at = await sendWhole(store, host);
  }
}

/** The next changes for a host as lines; empty when it has them all, null when it needs everything. */
function linesAfter(store: AclStore, { position, mark }: RemotePosition): string | null {
  if (position === 0 || store.markAt(position) !== mark) return null;
  const changes = store.changesSince(position);
  if (!changes.isComplete) return null;
  let lines = '';
  for (const record of changes.records) {
    const line = `${formatChangeRecord(record)}\n`;
    if (lines.length + line.length > MAX_CHARACTERS) return lines === '' ? null : lines;
    lines += line;
  }
  return lines;
}

async function sendWhole(store: AclStore, host: ReplicaHost): Promise<RemotePosition> {
  const { position, mark, text } = store.exportWhole();
  const parts = Math.ceil(text.length / MAX_CHARACTERS);
  const digest = createHash('sha256').update(text).digest('hex');
  const command = { origin: store.id, position: String(position), mark, parts: String(parts), digest };
  for (let part = 1; part <= parts; part += 1) {
    const piece = text.slice((part - 1) * MAX_CHARACTERS, part * MAX_CHARACTERS);
    const answer = await host.whole({ ...command, part: String(part) }, piece);
    if (typeof answer !== 'number') return answer;
    if (answer !== part + 1) break;
  }
  throw new BusError('refused', 'The host has lost the first parts of the lists: they are sent again');
}
