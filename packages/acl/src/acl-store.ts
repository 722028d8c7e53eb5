/**
 * The store of lists and groups in one LMDB file, which several processes may have open at once.
 *
 * 1. Every decision and every read sees the newest update of any process.
 * 2. An update takes effect as a whole or not at all, and is on the disk when its promise is kept. It holds the event loop
 *    for the time of the write, and for as long as another process is writing.
 * 3. Positions count up by one with each update that changes something, serials of lists and groups likewise.
 */
import { randomUUID } from 'node:crypto';
import type { Records } from '@arpa2amqp/lmdb-file';
import { AclError } from './acl-error.js';
import { markOf, type ChangeRecord, type Edit } from './change.js';
import { decide, type Decision, type DecisionStep } from './decision.js';
import type { AclDocument } from './document.js';
import { applyDocument, textOf } from './document-transfer.js';
import { checkExpectation, type Expectation } from './expectation.js';
import { GrantSearch } from './grant-search.js';
import type { GroupKind } from './group.js';
import type { Identity } from './identity.js';
import { membershipsOf, type Membership } from './membership.js';
import { encodeAbout, ABOUT_KEY, type About, type Followed } from './records.js';
import { receiveRecord, receiveWhole, type Origin, type Reception, type Whole } from './reception.js';
import { ADMINISTRATION, type Resource, type ResourceChain } from './resource.js';
import { parseRights, type Right } from './rights.js';
import type { Selector } from './selector.js';
import { createStoreFile, openStoreFile, storeError } from './store-file.js';
import { StoreReader, type StoredGroup, type StoredList } from './store-reader.js';
import { StoreWriter } from './store-writer.js';

/** How an update is made. */
export interface UpdateOptions {
  /** Who makes it, for the log. */
  readonly by: string;
  /** The update is refused unless these serials still hold. */
  readonly expected?: readonly Expectation[];
  /** Do it even when it leaves no administrator, or entries for a group that is gone. */
  readonly isForced?: boolean;
}

/** What an update has done. */
export interface UpdateResult {
  /** Of the log, after the update. */
  readonly position: number;
  /** How many entries and memberships it changed; 0 when all was so already. */
  readonly changed: number;
}

/** What has changed since a position: records without a gap, or the word that some are missing. */
export type ChangesSince =
  | { readonly isComplete: true; readonly records: readonly ChangeRecord[] }
  | { readonly isComplete: false; readonly position: number };

/** The updates after a position that are still kept. */
export interface History {
  /** In order; `changes` is null in one that was too large to keep. */
  readonly records: readonly ChangeRecord[];
  /** False when updates between the position and the first record are no longer kept. */
  readonly isWhole: boolean;
}

/** One list, without its entries. */
export interface ListSummary {
  readonly resource: Resource;
  readonly serial: number;
  /** How many there are. */
  readonly entries: number;
}

/** A decision with the look-ups that led to it. */
export interface Explanation {
  readonly decision: Decision;
  readonly steps: readonly DecisionStep[];
}

/** The lists, groups and roles of one host. */
export class AclStore implements AsyncDisposable {
  readonly #path: string;
  readonly #records: Records;
  readonly #reader: StoreReader;
  readonly #search: GrantSearch;
  #closing: Promise<void> | undefined;

  private constructor(path: string, records: Records) {
    this.#path = path;
    this.#records = records;
    this.#reader = new StoreReader(records);
    this.#search = new GrantSearch(this.#reader);
  }

  /**
   * Makes a new store and opens it. Its file is readable by its owner only.
   *
   * @param path - of the file; a lock file stands beside it
   * @param administrator - gets all rights on the lists themselves
   * @param by - who makes it, for the log; the administrator unless told
   * @throws AclError `acl-exists`, `acl-full`, `acl-unavailable`
   */
  static async create(path: string, administrator: Identity, by: string = administrator): Promise<AclStore> {
    await createStoreFile(path, (records) => {
      const about: About = { format: 1, id: randomUUID(), position: 0, oldest: 1, records: 0, sum: 0 };
      records.putSync(ABOUT_KEY, encodeAbout(about));
      const writer = new StoreWriter(records, about);
      writer.apply({ kind: 'grant', resource: ADMINISTRATION, selector: administrator, rights: parseRights('A') });
      writer.finish({ by, isForced: false });
    });
    return await AclStore.open(path);
  }

  /**
   * Checks a store to its last entry and opens it: about a second for 1,000,000 entries.
   *
   * @throws AclError `acl-missing`; `acl-damaged` when the file is cut or corrupted anywhere; `acl-unavailable`
   */
  static async open(path: string): Promise<AclStore> {
    return await Promise.resolve(new AclStore(path, openStoreFile(path)));
  }

  /** A UUID that tells this store from every other. */
  get id(): string {
    return this.#fresh().about().id;
  }

  /** Of the newest update. */
  get position(): number {
    return this.#fresh().about().position;
  }

  /** Decides as `decide()` does, on what the store holds now. */
  decide(identity: Identity, right: Right, resources: ResourceChain): Decision {
    return decide(this.#fresh(), identity, right, resources);
  }

  /** Decides, and tells every look-up. */
  explain(identity: Identity, right: Right, resources: ResourceChain): Explanation {
    const steps: DecisionStep[] = [];
    const decision = decide(this.#fresh(), identity, right, resources, (step) => steps.push(step));
    return { decision, steps };
  }

  /**
   * Whether an identity holds a right on any resource of a class: worth offering what needs it. Looks at 1000 lists of the
   * class at most; when there are more and none of those grants it, the answer is true.
   */
  grantsSomewhere(identity: Identity, right: Right, className: string): boolean {
    this.#fresh();
    return this.#search.isGranted(identity, right, className);
  }

  /** The groups and roles of an identity, in the order in which decisions try them. */
  membershipsOf(identity: Identity): readonly Membership[] {
    return membershipsOf(this.#fresh(), identity);
  }

  /** One list with its serial; empty when there is none. */
  readList(resource: Resource): StoredList {
    return this.#fresh().readList(resource);
  }

  /** The resources that have entries, in order. */
  listResources(className?: string): readonly Resource[] {
    return Array.from(this.#fresh().lists(className), ({ resource }) => resource);
  }

  /** The lists that have entries, in order, without their entries. */
  summarize(className?: string): readonly ListSummary[] {
    return Array.from(this.#fresh().lists(className), ({ resource, record: { serial, count } }) => {
      return { resource, serial, entries: count };
    });
  }

  /** The classes that have lists, in order; as fast for many lists as for few. */
  listClasses(): readonly string[] {
    return [...this.#fresh().classes()];
  }

  /** At most so many instances of a class that have entries and begin like this, in order. */
  searchInstances(className: string, prefix: string, limit: number): readonly string[] {
    return firstOf(this.#fresh().instances(className, prefix), limit);
  }

  /** At most so many selectors of a list that begin like this, in order. */
  searchSelectors(resource: Resource, prefix: string, limit: number): readonly Selector[] {
    return firstOf(this.#fresh().selectors(resource, prefix), limit);
  }

  /** At most so many groups, or roles, that begin like this, in order. */
  searchGroups(kind: GroupKind, prefix: string, limit: number): readonly Identity[] {
    return firstOf(this.#fresh().groupNames(kind, prefix), limit);
  }

  /** At most so many members of a group or role that begin like this, in order. */
  searchMembers(group: Identity, prefix: string, limit: number): readonly Identity[] {
    return firstOf(this.#fresh().membersOf(group, prefix), limit);
  }

  /** One group or role with its members and serial; null when there is none. */
  readGroup(group: Identity): StoredGroup | null {
    return this.#fresh().readGroup(group);
  }

  /** Whether an identity names a group, a role or neither (null); costs one look-up however many members there are. */
  kindOf(group: Identity): GroupKind | null {
    return this.#fresh().groupRecord(group).kind;
  }

  /** All groups and roles, in order. */
  listGroups(): readonly StoredGroup[] {
    return [...this.#fresh().groups()];
  }

  /**
   * Makes edits, all or none.
   *
   * @throws AclError `acl-conflict`, `acl-last-administrator`, `acl-group-in-use`, `acl-cycle`, `acl-unknown-group`, `acl-full`,
   *   `acl-unavailable`
   */
  async update(edits: readonly Edit[], { by, expected = [], isForced = false }: UpdateOptions): Promise<UpdateResult> {
    return await this.#write({ by, isForced }, (writer) => {
      for (const expectation of expected) checkExpectation(writer.reader, expectation);
      for (const edit of edits) writer.apply(edit);
      if (!isForced) writer.checkRemovedGroups();
    });
  }

  /**
   * Everything as text, from one moment: the format of `formatDocument()`, with a comment on top.
   *
   * @param isMeant - says of which classes the lists are wanted; all unless told
   */
  exportText(isMeant?: (className: string) => boolean): string {
    return textOf(this.#fresh(), isMeant);
  }

  /** Everything, for a host that follows this one. */
  exportWhole(): Whole {
    const reader = this.#fresh();
    const { position } = reader.about();
    return { position, mark: markOf(reader.changeTextAt(position) ?? ''), text: textOf(reader) };
  }

  /** What tells the record at a position from those of other stores, see `markOf`; null when it is not kept. */
  markAt(position: number): string | null {
    const text = this.#fresh().changeTextAt(position);
    return text === null ? null : markOf(text);
  }

  /**
   * Takes a document over, all or nothing.
   *
   * @param mode - `merge`: entries and members are added to what is there, or changed; `replace`: what is not in the document goes
   * @throws AclError as {@link update}
   */
  async importDocument(
    document: AclDocument,
    options: UpdateOptions & { mode: 'merge' | 'replace' },
  ): Promise<UpdateResult> {
    const { by, expected = [], isForced = false, mode } = options;
    return await this.#write({ by, isForced }, (writer) => {
      for (const expectation of expected) checkExpectation(writer.reader, expectation);
      applyDocument(writer, document, mode);
      if (!isForced) writer.checkRemovedGroups();
    });
  }

  /**
   * The updates after a position, for hosts that were there before.
   *
   * @param limit - of the records returned
   * @returns `isComplete: false` when some of them are no longer kept, were too large to keep, or lie in the future of this
   *   store: then the whole store is needed, which is at `position`
   */
  changesSince(position: number, limit = 1000): ChangesSince {
    const reader = this.#fresh();
    const about = reader.about();
    const incomplete = { isComplete: false, position: about.position } as const;
    if (position > about.position || position + 1 < about.oldest) return incomplete;
    const records: ChangeRecord[] = [];
    for (let next = position + 1; next <= about.position && records.length < limit; next += 1) {
      const record = reader.changeAt(next);
      if (record?.changes == null) return records.length > 0 ? { isComplete: true, records } : incomplete;
      records.push(record);
    }
    return { isComplete: true, records };
  }

  /**
   * The updates after a position, for who wants to know what was done.
   *
   * @param limit - of the records returned
   */
  historySince(position: number, limit = 1000): History {
    const reader = this.#fresh();
    const about = reader.about();
    const first = Math.max(position + 1, about.oldest);
    const records: ChangeRecord[] = [];
    for (let next = first; next <= about.position && records.length < limit; next += 1) {
      const record = reader.changeAt(next);
      if (record !== null) records.push(record);
    }
    return { records, isWhole: first === position + 1 };
  }

  /** The other store whose changes are taken over here; null when there is none. */
  get followed(): Followed | null {
    return this.#fresh().followed();
  }

  /**
   * Takes one record of another store over, when it is the next one. From a store that was never taken over as a whole, no
   * record is: its changes are to lists that are not here. What it says of the class of `REPLICATION` is left out.
   *
   * @throws AclError as {@link update}
   */
  async receive(origin: Origin, record: ChangeRecord): Promise<Reception> {
    let reception: Reception = 'applied';
    const by = `${record.by} by way of ${origin.sender}`;
    await this.#write({ by, isForced: origin.isForced ?? false }, (writer) => {
      reception = receiveRecord(writer, origin, record);
    });
    return reception;
  }

  /**
   * Takes the whole of another store over, and follows it: what it has not, goes, but for the lists of the class of
   * `REPLICATION`. A store follows one sender, whose own store may be made anew.
   *
   * @param at - where the other store was when the document was made
   * @throws AclError `acl-other-origin`, and as {@link update}
   */
  async receiveAll(origin: Origin, at: Omit<Whole, 'text'>, document: AclDocument): Promise<UpdateResult> {
    const { sender, isForced = false } = origin;
    return await this.#write({ by: sender, isForced }, (writer) => receiveWhole(writer, origin, at, document));
  }

  /** Takes over no more changes of another store; what was taken over stays. */
  async unfollow(): Promise<void> {
    await this.#write({ by: '', isForced: false }, (writer) => writer.follow(null));
  }

  /** Closes the store. Calls after that throw `acl-closed`. */
  async close(): Promise<void> {
    this.#closing ??= this.#records.close();
    await this.#closing;
  }

  /** The same as {@link close}: nothing is ever under way between two turns of the event loop. */
  destroy(): void {
    void this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The reader, on a snapshot that is newer than every update reported so far. */
  #fresh(): StoreReader {
    this.#checkOpen();
    this.#records.resetReadTxn();
    return this.#reader;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new AclError('acl-closed', 'Cannot use the store: it was closed');
  }

  async #write(o: { by: string; isForced: boolean }, work: (writer: StoreWriter) => void): Promise<UpdateResult> {
    this.#checkOpen();
    try {
      const result = this.#records.transactionSync(() => {
        const before = this.#reader.about();
        const writer = new StoreWriter(this.#records, before);
        work(writer);
        return { position: writer.finish(o).position, changed: writer.changes.length };
      });
      return await Promise.resolve(result);
    } catch (error) {
      throw storeError(error, 'change the store', this.#path);
    }
  }
}

function firstOf<T>(items: Iterable<T>, limit: number): readonly T[] {
  const found: T[] = [];
  for (const item of items) {
    if (found.length >= limit) break;
    found.push(item);
  }
  return found;
}
