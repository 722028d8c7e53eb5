import { TalliedWriter, type Records } from '@arpa2amqp/lmdb-file';
import { AclError } from './acl-error.js';
import { hasAdministrator } from './administrators.js';
import { formatChangeRecord, type Change, type Edit } from './change.js';
import type { Identity } from './identity.js';
import { groupsAbove } from './membership.js';
import {
  ABOUT_KEY,
  MAX_INLINE_LENGTH,
  changeKey,
  encodeAbout,
  encodeFollowed,
  encodeGroup,
  encodeList,
  entryLine,
  entryPrefix,
  groupKey,
  listKey,
  memberPrefix,
  membershipKey,
  originKey,
  type About,
  type Followed,
  type GroupRecord,
  type ListRecord,
} from './records.js';
import { ADMINISTRATION, ADMINISTRATION_CHAIN, formatResource, type Resource } from './resource.js';
import { formatRights, type Rights } from './rights.js';
import { shapeOf, type Selector } from './selector.js';
import { StoreReader } from './store-reader.js';

/** Records of the log that are kept, and changes that one of them may hold. */
const MAX_LOG_RECORDS = 10_000;
const MAX_RECORD_CHANGES = 10_000;
/** Lists that a message names. */
const MAX_NAMED = 5;

/**
 * Makes the changes of one update, inside one transaction. The sum over all records goes along, so that the file can be
 * checked; {@link finish} writes it, and must be the last call.
 */
export class StoreWriter {
  readonly reader: StoreReader;
  readonly #records: Records;
  readonly #writer: TalliedWriter;
  readonly #about: About;
  readonly #changes: Change[] = [];
  readonly #touchedLists = new Map<string, Resource>();
  readonly #touchedGroups = new Set<Identity>();
  readonly #hadAdministrator: boolean;

  constructor(records: Records, about: About) {
    this.#records = records;
    this.#about = about;
    this.#writer = new TalliedWriter(records, about);
    this.reader = new StoreReader(records);
    this.#hadAdministrator = hasAdministrator(this.reader);
  }

  /** What has changed so far. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  apply(edit: Edit): void {
    switch (edit.kind) {
      case 'grant':
        this.#setEntries(edit.resource, [[edit.selector, edit.rights]]);
        return;
      case 'revoke':
        this.#setEntries(edit.resource, [[edit.selector, null]]);
        return;
      case 'replace':
        this.#replace(edit.resource, edit.list);
        return;
      case 'add-group':
        if (this.reader.groupRecord(edit.group).kind !== edit.as) {
          this.#noteGroup(edit.group, { serial: this.reader.groupRecord(edit.group).serial, kind: edit.as }, edit);
        }
        return;
      case 'remove-group':
        this.#removeGroup(edit);
        return;
      case 'join':
      case 'leave':
        this.#setMember(edit);
    }
  }

  /** Sets these entries and leaves the others. */
  merge(resource: Resource, list: ReadonlyMap<Selector, Rights>): void {
    this.#setEntries(resource, list);
  }

  #replace(resource: Resource, list: ReadonlyMap<Selector, Rights>): void {
    const gone = [...this.reader.readList(resource).list.keys()].filter((selector) => !list.has(selector));
    this.#setEntries(resource, [...gone.map((selector): [Selector, null] => [selector, null]), ...list]);
  }

  #setEntries(resource: Resource, wanted: Iterable<readonly [Selector, Rights | null]>): void {
    const before = this.reader.listRecord(resource);
    const reader = this.reader.listOf(resource);
    const edits = [...wanted].filter(([selector, rights]) => (reader?.rightsOf(selector) ?? null) !== rights);
    if (edits.length === 0) return;
    let { count, length } = before;
    for (const [selector, rights] of edits) {
      const old = reader?.rightsOf(selector);
      if (old !== undefined) length -= entryLine(selector, old).length;
      if (rights !== null) length += entryLine(selector, rights).length;
      count += (rights === null ? 0 : 1) - (old === undefined ? 0 : 1);
      this.#changes.push(
        rights === null ? { kind: 'revoke', resource, selector } : { kind: 'grant', resource, selector, rights },
      );
    }
    const isFirstTouch = !this.#touchedLists.has(listKey(resource));
    this.#touchedLists.set(listKey(resource), resource);
    const after = { serial: before.serial + (isFirstTouch ? 1 : 0), count, length };
    this.#writeList(resource, before, after, edits);
  }

  #writeList(
    resource: Resource,
    before: ListRecord,
    after: Omit<ListRecord, 'inline' | 'shapes'>,
    edits: readonly (readonly [Selector, Rights | null])[],
  ): void {
    const prefix = entryPrefix(resource);
    if (before.inline === null && after.length > MAX_INLINE_LENGTH / 2) {
      const shapes = new Map(before.shapes);
      for (const [selector, rights] of edits) {
        const isNew = this.#records.get(prefix + selector) === undefined;
        if (rights === null || isNew) count(shapes, shapeOf(selector), rights === null ? -1 : 1);
        if (rights === null) this.#writer.remove(prefix + selector);
        else this.#writer.put(prefix + selector, formatRights(rights));
      }
      this.#writer.put(listKey(resource), encodeList({ ...after, inline: null, shapes }));
      return;
    }
    const entries = new Map(this.reader.entriesOf(resource, before));
    if (before.inline === null) for (const selector of entries.keys()) this.#writer.remove(prefix + selector);
    for (const [selector, rights] of edits) {
      if (rights === null) entries.delete(selector);
      else entries.set(selector, rights);
    }
    const shapes = new Map<string, number>();
    if (after.length <= MAX_INLINE_LENGTH) {
      const lines = [...entries].map(([selector, rights]) => entryLine(selector, rights)).sort();
      this.#writer.put(listKey(resource), encodeList({ ...after, inline: `\n${lines.join('')}`, shapes }));
      return;
    }
    for (const [selector, rights] of entries) {
      count(shapes, shapeOf(selector), 1);
      this.#writer.put(prefix + selector, formatRights(rights));
    }
    this.#writer.put(listKey(resource), encodeList({ ...after, inline: null, shapes }));
  }

  #removeGroup(change: Extract<Change, { kind: 'remove-group' }>): void {
    const { serial, kind } = this.reader.groupRecord(change.group);
    if (kind === null) return;
    for (const member of [...this.reader.membersOf(change.group)]) this.#unlink(change.group, member);
    for (const group of this.reader.groupsOf(change.group)) {
      this.#setMember({ kind: 'leave', group, member: change.group });
    }
    this.#noteGroup(change.group, { serial, kind: null }, change);
  }

  #setMember(change: Extract<Change, { kind: 'join' | 'leave' }>): void {
    const { group, member } = change;
    const record = this.reader.groupRecord(group);
    const isMember = this.reader.groupsOf(member).includes(group);
    if (isMember === (change.kind === 'join')) return;
    if (isMember) this.#unlink(group, member);
    else this.#link(group, member, record);
    this.#noteGroup(group, record, change);
  }

  #link(group: Identity, member: Identity, { kind }: GroupRecord): void {
    if (kind === null) {
      throw new AclError('acl-unknown-group', `Cannot add ${member} to ${group}: no such group or role; add it first`);
    }
    const isCycle = member === group || groupsAbove(this.reader, group).includes(member);
    if (isCycle) {
      const message = `Cannot add ${member} to ${group}: ${group} would become a member of itself`;
      throw new AclError('acl-cycle', message);
    }
    this.#writer.put(membershipKey(member), [...this.reader.groupsOf(member), group].sort().join(' '));
    this.#writer.put(memberPrefix(group) + member, '');
  }

  #unlink(group: Identity, member: Identity): void {
    const left = this.reader.groupsOf(member).filter((other) => other !== group);
    if (left.length === 0) this.#writer.remove(membershipKey(member));
    else this.#writer.put(membershipKey(member), left.join(' '));
    this.#writer.remove(memberPrefix(group) + member);
  }

  #noteGroup(group: Identity, record: GroupRecord, change: Change): void {
    const isFirstTouch = !this.#touchedGroups.has(group);
    this.#touchedGroups.add(group);
    this.#writer.put(groupKey(group), encodeGroup({ ...record, serial: record.serial + (isFirstTouch ? 1 : 0) }));
    this.#changes.push(change);
  }

  /** Remembers which other store is followed, and up to where; null for none any more. */
  follow(followed: Followed | null): void {
    const before = this.reader.followed();
    if (before !== null && before.id !== followed?.id) this.#writer.remove(originKey(before.id));
    if (followed !== null) this.#writer.put(originKey(followed.id), encodeFollowed(followed));
  }

  /**
   * Checks that no entry names a group or role that was removed: whoever got the name later would have what it grants.
   *
   * @throws AclError `acl-group-in-use`
   */
  checkRemovedGroups(): void {
    for (const group of this.#touchedGroups) {
      if (this.reader.groupRecord(group).kind !== null) continue;
      const naming = Array.from(this.reader.listsNaming(group), formatResource);
      if (naming.length === 0) continue;
      const more = naming.length > MAX_NAMED ? ` and ${naming.length - MAX_NAMED} more` : '';
      const message = `Cannot remove ${group}: it has entries on ${naming.slice(0, MAX_NAMED).join(', ')}${more}; remove them first, or force the change`;
      throw new AclError('acl-group-in-use', message);
    }
  }

  #checkAdministrators(): void {
    const isAbout =
      this.#touchedGroups.size > 0 || ADMINISTRATION_CHAIN.some((list) => this.#touchedLists.has(listKey(list)));
    if (!isAbout || !this.#hadAdministrator || hasAdministrator(this.reader)) return;
    const message = `Cannot make the change: it leaves no user, service or member of a group with right W or A on ${ADMINISTRATION.class}; grant it to somebody else first, or force the change`;
    throw new AclError('acl-last-administrator', message);
  }

  /**
   * Ends the update: checks that somebody can still edit the lists, adds to the log, writes the sum.
   *
   * @throws AclError `acl-last-administrator`
   */
  finish({ by, isForced }: { by: string; isForced: boolean }): About {
    if (!isForced) this.#checkAdministrators();
    let { position, oldest } = this.#about;
    if (this.#changes.length > 0) {
      position += 1;
      const changes = this.#changes.length > MAX_RECORD_CHANGES ? null : this.#changes;
      this.#writer.put(changeKey(position), formatChangeRecord({ position, at: Date.now(), by, changes }));
      for (; position - oldest >= MAX_LOG_RECORDS; oldest += 1) this.#writer.remove(changeKey(oldest));
    }
    const about: About = { ...this.#about, position, oldest, ...this.#writer.tally };
    this.#records.putSync(ABOUT_KEY, encodeAbout(about));
    return about;
  }
}

function count(shapes: Map<string, number>, shape: string, difference: 1 | -1): void {
  const after = (shapes.get(shape) ?? 0) + difference;
  if (after === 0) shapes.delete(shape);
  else shapes.set(shape, after);
}
