import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { formatChange, type AclStore, type Change, type ChangeRecord } from '@arpa2amqp/acl';
import type { AuditLog } from '@arpa2amqp/dispatcher';
import { isHostAuthor } from './host-author.js';

/** So often it is looked whether the lists have changed, in milliseconds. A look costs some microseconds. */
const LOOK_MS = 1000;
/** So many records are read at a time. */
const MAX_RECORDS = 200;
/** More changes of one command on the host are counted only. */
const MAX_CHANGES = 100;
/** Up to where changes were looked at: the store, the position in it, and what tells its record from another one. */
interface Seen {
  readonly store: string;
  readonly position: number;
  readonly mark: string;
}

/** What a {@link HostChanges} is made of. */
export interface HostChangesParts {
  readonly store: AclStore;
  readonly audit: AuditLog;
  /** Where it is kept up to where changes were looked at. */
  readonly file: string;
  /** Told once what goes wrong, until it goes well again; it is tried at every look. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Writes down in the audit log who has changed the lists by `arpa2amqp.d acl` on the host itself. That program must not: a chain
 * has one writer, the daemon, which finds such changes in the log of the store.
 *
 * H1. A change is written down at least once: what was seen is kept when the audit log has it. After a crash or a failure between, it comes again.
 * H2. One look at a time, in order.
 */
export class HostChanges {
  readonly #parts: HostChangesParts;
  #seen: Seen;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Whether the lists are known to be those that were looked at before the daemon began. */
  #isSame = false;
  #hasFailed = false;
  #isDestroyed = false;

  constructor(parts: HostChangesParts) {
    this.#parts = parts;
    this.#seen = readSeen(parts.file) ?? { store: parts.store.id, position: 0, mark: '' };
  }

  /** Looks now, and from now on again and again. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
    await this.look();
  }

  /** Looks now. Never rejects. */
  async look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      try {
        await this.#look();
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed && !this.#isDestroyed) this.#parts.onFailure(error);
        this.#hasFailed = true;
      }
    });
    await this.#looking;
  }

  /** Looks once more, and no more after that. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.look();
  }

  /** Looks no more. */
  destroy(): void {
    this.#isDestroyed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { store, audit, file } = this.#parts;
    if (this.#isSame && store.position === this.#seen.position) return;
    await audit.ensureWritable();
    this.#checkSame();
    const { records, isWhole } = store.historySince(this.#seen.position, MAX_RECORDS);
    if (!isWhole) audit.event('lists', { missing: 'changes that are no longer kept', after: this.#seen.position });
    for (const record of records) if (isHostAuthor(record.by)) this.#note(record);
    // `written()` also ends when nothing could be: lines that are in memory only would go with the process (H1).
    await audit.ensureWritable();
    const position = records.at(-1)?.position ?? this.#seen.position;
    this.#seen = { store: store.id, position, mark: store.markAt(position) ?? '' };
    await keepSeen(file, this.#seen);
    this.#isSame = true;
    // Somebody has changed them meanwhile, or there were more than are read at a time.
    if (position < store.position) await this.#look();
  }

  /** Lists made anew are looked at from their beginning. What is in those of a backup, was written down before it was made. */
  #checkSame(): void {
    const { store, audit } = this.#parts;
    const { store: id, position: before, mark } = this.#seen;
    if (store.id !== id) {
      audit.event('lists', { replaced: 'made anew', before });
      this.#seen = { store: store.id, position: 0, mark: '' };
    } else if (before > store.position || (before > 0 && (store.markAt(before) ?? mark) !== mark)) {
      audit.event('lists', { replaced: 'put back from a backup', before });
      this.#seen = { ...this.#seen, position: store.position };
    }
  }

  #note({ by, at, position, changes }: ChangeRecord): void {
    const { audit } = this.#parts;
    const members = { by, position, at: new Date(at).toISOString() };
    for (const change of changes?.slice(0, MAX_CHANGES) ?? []) {
      audit.event('lists', { ...members, ...placeOf(change), change: formatChange(change) });
    }
    const rest = changes === null ? null : changes.length - MAX_CHANGES;
    if (rest === null || rest > 0) audit.event('lists', { ...members, more: rest });
  }
}

function placeOf(change: Change): { readonly class?: string; readonly instance?: string } {
  return change.kind === 'grant' || change.kind === 'revoke' ? change.resource : {};
}

/** One that is missing or damaged is none: what is still known of changes is written down (again). */
function readSeen(file: string): Seen | null {
  try {
    const { store, position, mark } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<keyof Seen, unknown>>;
    if (typeof store !== 'string' || typeof mark !== 'string' || !Number.isSafeInteger(position)) return null;
    return { store, position: position as number, mark };
  } catch {
    return null;
  }
}

async function keepSeen(file: string, seen: Seen): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, `${JSON.stringify(seen)}\n`, { mode: 0o600 });
  await rename(fresh, file);
}
