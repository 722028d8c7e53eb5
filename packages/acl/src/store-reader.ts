import type { Records } from '@arpa2amqp/lmdb-file';
import { AclError } from './acl-error.js';
import type { AccessList } from './access-list.js';
import { parseChangeRecord, type ChangeRecord } from './change.js';
import type { AclReader, ListReader } from './decision.js';
import type { GroupEntry } from './document.js';
import type { GroupKind } from './group.js';
import type { Identity } from './identity.js';
import {
  ABOUT_KEY,
  NO_LIST,
  changeKey,
  decodeAbout,
  decodeFollowed,
  decodeGroup,
  decodeList,
  decodeRights,
  entryPrefix,
  groupKey,
  listKey,
  memberPrefix,
  membershipKey,
  rangeOf,
  type About,
  type Followed,
  type GroupRecord,
  type ListRecord,
} from './records.js';
import type { Resource } from './resource.js';
import type { Rights } from './rights.js';
import { shapeOf, type Selector } from './selector.js';

const MAX_KEPT_SHAPES = 100;

/** A list with its serial. */
export interface StoredList {
  readonly resource: Resource;
  /** Goes up by one with every update that changes the list; 0 for one that never was. */
  readonly serial: number;
  readonly list: AccessList;
}

/** A group or role with its serial. */
export interface StoredGroup extends GroupEntry {
  /** Goes up by one with every update that changes the group. */
  readonly serial: number;
}

/** Reads the records, in the snapshot that the database is at: inside a transaction, what that has written. */
export class StoreReader implements AclReader {
  readonly #records: Records;
  /** Of heads read lately. They follow from the text of the head alone, so none goes stale. */
  readonly #shapes = new Map<string, ReadonlyMap<string, number>>();

  constructor(records: Records) {
    this.#records = records;
  }

  about(): About {
    const about = decodeAbout(this.#records.get(ABOUT_KEY) ?? '');
    if (about !== null) return about;
    throw new AclError(
      'acl-damaged',
      'Cannot read the store: its record about itself is damaged; restore it from a backup',
    );
  }

  /** On the way of every decision: reads no more of the record than is asked. */
  listOf(resource: Resource): ListReader | undefined {
    const value = this.#records.get(listKey(resource));
    if (value === undefined) return undefined;
    const end = value.indexOf('\n');
    if (end < 0) return this.#longList(entryPrefix(resource), this.#shapesOf(value));
    return end === value.length - 1 ? undefined : inlineList(value, end);
  }

  #shapesOf(head: string): ReadonlyMap<string, number> {
    let shapes = this.#shapes.get(head);
    if (shapes === undefined) {
      if (this.#shapes.size >= MAX_KEPT_SHAPES) this.#shapes.clear();
      shapes = decodeList(head).shapes;
      this.#shapes.set(head, shapes);
    }
    return shapes;
  }

  #longList(prefix: string, shapes: ReadonlyMap<string, number>): ListReader {
    const rightsOf = (selector: Selector): Rights | undefined => {
      if (!shapes.has(shapeOf(selector))) return undefined;
      const word = this.#records.get(prefix + selector);
      return word === undefined ? undefined : decodeRights(word);
    };
    return { rightsOf };
  }

  listRecord(resource: Resource): ListRecord {
    const value = this.#records.get(listKey(resource));
    return value === undefined ? NO_LIST : decodeList(value);
  }

  readList(resource: Resource): StoredList {
    const record = this.listRecord(resource);
    return { resource, serial: record.serial, list: new Map(this.entriesOf(resource, record)) };
  }

  *entriesOf(resource: Resource, { inline }: ListRecord): Generator<[Selector, Rights]> {
    if (inline !== null) {
      for (const line of inline.slice(1, -1).split('\n')) if (line !== '') yield entryOf(line);
      return;
    }
    const prefix = entryPrefix(resource);
    for (const { key, value } of this.#records.getRange(rangeOf(prefix))) {
      yield [key.slice(prefix.length) as Selector, decodeRights(value)];
    }
  }

  /** The lists that have entries, by class and instance. */
  *lists(className?: string): Generator<{ resource: Resource; record: ListRecord }> {
    for (const { key, value } of this.#records.getRange(
      rangeOf(className === undefined ? 'l\t' : `l\t${className}\t`),
    )) {
      const record = decodeList(value);
      const [, listClass = '', instance = ''] = key.split('\t');
      if (record.count > 0) yield { resource: { class: listClass, instance }, record };
    }
  }

  *classes(): Generator<string> {
    for (let start = 'l\t'; ;) {
      const [key] = this.#records.getKeys({ start, end: 'l\n', limit: 1 });
      if (key === undefined) return;
      const name = key.split('\t')[1] ?? '';
      if (!this.lists(name).next().done) yield name;
      // Behind all keys of the class: LF comes after TAB.
      start = `l\t${name}\n`;
    }
  }

  *instances(className: string, prefix: string): Generator<string> {
    for (const { key, value } of this.#records.getRange(prefixed(`l\t${className}\t`, prefix))) {
      if (decodeList(value).count > 0) yield key.slice(className.length + 3);
    }
  }

  *selectors(resource: Resource, prefix: string): Generator<Selector> {
    const record = this.listRecord(resource);
    if (record.inline !== null) {
      for (const [selector] of this.entriesOf(resource, record)) if (selector.startsWith(prefix)) yield selector;
      return;
    }
    const start = entryPrefix(resource);
    for (const key of this.#records.getKeys(prefixed(start, prefix))) yield key.slice(start.length) as Selector;
  }

  *groupNames(kind: GroupKind, prefix: string): Generator<Identity> {
    for (const { key, value } of this.#records.getRange(prefixed('g\t', prefix))) {
      if (decodeGroup(value).kind === kind) yield key.slice(2) as Identity;
    }
  }

  groupRecord(group: Identity): GroupRecord {
    const value = this.#records.get(groupKey(group));
    return value === undefined ? { serial: 0, kind: null } : decodeGroup(value);
  }

  isGroup(name: Identity): boolean {
    return this.groupRecord(name).kind !== null;
  }

  readGroup(group: Identity): StoredGroup | null {
    const { serial, kind } = this.groupRecord(group);
    return kind === null ? null : { group, kind, serial, members: [...this.membersOf(group)] };
  }

  *groups(): Generator<StoredGroup> {
    for (const key of this.#records.getKeys(rangeOf('g\t'))) {
      const group = this.readGroup(key.slice(2) as Identity);
      if (group !== null) yield group;
    }
  }

  *membersOf(group: Identity, prefix = ''): Generator<Identity> {
    const start = memberPrefix(group);
    for (const key of this.#records.getKeys(prefixed(start, prefix))) yield key.slice(start.length) as Identity;
  }

  groupsOf(member: Identity): readonly Identity[] {
    const value = this.#records.get(membershipKey(member));
    return value === undefined ? [] : (value.split(' ') as Identity[]);
  }

  /** The lists with an entry of exactly this selector. */
  *listsNaming(selector: Selector): Generator<Resource> {
    for (const { resource, record } of this.lists()) {
      const isNamed =
        record.inline?.includes(`\n${selector} `) ?? this.#records.doesExist(entryPrefix(resource) + selector);
      if (isNamed) yield resource;
    }
  }

  changeAt(position: number): ChangeRecord | null {
    const text = this.changeTextAt(position);
    return text === null ? null : parseChangeRecord(text);
  }

  changeTextAt(position: number): string | null {
    return this.#records.get(changeKey(position)) ?? null;
  }

  followed(): Followed | null {
    for (const { key, value } of this.#records.getRange(rangeOf('o\t'))) return decodeFollowed(key.slice(2), value);
    return null;
  }
}

/** The keys that go on like this behind a prefix which ends in a tab. What is asked for may be anything. */
function prefixed(keys: string, prefix: string): { start: string; end: string } {
  if (prefix === '') return rangeOf(keys);
  const isPossible = /^[ -~]{1,512}$/.test(prefix);
  return isPossible ? { start: keys + prefix, end: `${keys}${prefix}\u007f` } : { start: keys, end: keys };
}

function inlineList(text: string, head: number): ListReader {
  let hasDomains: boolean | undefined;
  const rightsOf = (selector: Selector): Rights | undefined => {
    if (selector.startsWith('@') && !(hasDomains ??= text.includes('\n@', head))) return undefined;
    const at = text.indexOf(`\n${selector} `, head);
    if (at < 0) return undefined;
    const start = at + selector.length + 2;
    return decodeRights(text.slice(start, text.indexOf('\n', start)));
  };
  return { rightsOf };
}

function entryOf(line: string): [Selector, Rights] {
  const blank = line.indexOf(' ');
  return [line.slice(0, blank) as Selector, decodeRights(line.slice(blank + 1))];
}
