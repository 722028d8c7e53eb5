import { AclError } from './acl-error.js';
import { formatChangeRecord, markOf, type Change, type ChangeRecord } from './change.js';
import type { AclDocument } from './document.js';
import { applyDocument } from './document-transfer.js';
import { REPLICATION } from './resource.js';
import type { StoreWriter } from './store-writer.js';

/** Another store, whose changes are taken over here. */
export interface Origin {
  /** The `id` of that store. */
  readonly id: string;
  /** Who sends its changes. */
  readonly sender: string;
  /** Take them over even when they leave no administrator. */
  readonly isForced?: boolean;
}

/** Everything in a store, at one moment. */
export interface Whole {
  readonly position: number;
  /** Of the record at that position, see {@link AclStore.markAt}. */
  readonly mark: string;
  /** As of {@link AclStore.exportText}. */
  readonly text: string;
}

/** What became of a record of another store: `gap` asks for the whole of it. */
export type Reception = 'applied' | 'repeated' | 'gap';

/** Takes one record of another store over, when it is the next one. */
export function receiveRecord(writer: StoreWriter, { id, sender }: Origin, record: ChangeRecord): Reception {
  const followed = writer.reader.followed();
  const position = followed?.id === id ? followed.position : 0;
  if (record.position <= position) return 'repeated';
  if (position === 0 || record.position !== position + 1 || record.changes === null) return 'gap';
  for (const change of record.changes) if (!isLocal(change)) writer.apply(change);
  writer.follow({ id, position: record.position, mark: markOf(formatChangeRecord(record)), sender });
  return 'applied';
}

/**
 * Takes the whole of another store over, but for the lists of the class of {@link REPLICATION}.
 *
 * @throws AclError `acl-other-origin`
 */
export function receiveWhole(
  writer: StoreWriter,
  { id, sender }: Origin,
  { position, mark }: Omit<Whole, 'text'>,
  { groups, lists }: AclDocument,
): void {
  const followed = writer.reader.followed();
  if (followed !== null && followed.id !== id && followed.sender !== sender) {
    const message = `Cannot take over the lists that ${sender} sends: those of ${followed.sender} are taken over here; end that first`;
    throw new AclError('acl-other-origin', message);
  }
  const own = Array.from(writer.reader.lists(REPLICATION.class), ({ resource }) => writer.reader.readList(resource));
  const others = lists.filter(({ resource }) => resource.class !== REPLICATION.class);
  applyDocument(writer, { groups, lists: [...others, ...own] }, 'replace');
  writer.follow({ id, position, mark, sender });
}

/** Whether a change is to what each host decides for itself. */
function isLocal(change: Change): boolean {
  return 'resource' in change && change.resource.class === REPLICATION.class;
}
