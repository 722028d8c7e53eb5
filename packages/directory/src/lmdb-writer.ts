import { TalliedWriter, type Records } from '@arpa2amqp/lmdb-file';
import { isStill, type CheckedChange } from './change-check.js';
import type { Attributes, Path } from './directory.js';
import { DirectoryError, MAX_BY } from './directory-error.js';
import type { Kind, KindTable } from './kind.js';
import {
  ABOUT_KEY,
  childPrefix,
  encodeAbout,
  encodeEntry,
  entryKey,
  nameKey,
  referrerPrefix,
  type About,
  type EntryRecord,
} from './lmdb-records.js';
import { LmdbReader } from './lmdb-reader.js';
import { comparePaths, lastOf, parentOf } from './path.js';
import { exists, missing, notEmpty, referenced, wrongReference } from './refusals.js';

type AddChange = Extract<CheckedChange, { op: 'add' }>;
type SetChange = Extract<CheckedChange, { op: 'set' }>;
type MoveChange = Extract<CheckedChange, { op: 'move' }>;

/** Makes changes inside one transaction; {@link finish} must be the last call. */
export class LmdbWriter {
  readonly #reader: LmdbReader;
  readonly #records: Records;
  readonly #writer: TalliedWriter;
  readonly #about: About;
  readonly #version: string;

  constructor(records: Records, kinds: KindTable) {
    this.#records = records;
    this.#reader = new LmdbReader(records, kinds);
    this.#about = this.#reader.about();
    this.#writer = new TalliedWriter(records, this.#about);
    this.#version = String(this.#about.changes + 1);
  }

  get reader(): LmdbReader {
    return this.#reader;
  }

  apply(change: CheckedChange): void {
    switch (change.op) {
      case 'add':
        this.#add(change);
        return;
      case 'set':
        this.#set(change);
        return;
      case 'move':
        this.#move(change);
        return;
      case 'remove':
        this.#remove(change.path);
    }
  }

  finish(): void {
    const about: About = { ...this.#about, changes: this.#about.changes + 1, ...this.#writer.tally };
    this.#records.putSync(ABOUT_KEY, encodeAbout(about));
  }

  #add({ kind, path, id, values, references }: AddChange): void {
    const parent = this.#idOf(parentOf(path));
    const [name, key] = lastOf(path);
    if (this.#reader.record(id) !== null)
      throw exists(`Cannot add an entry with the id ${id}`, [this.#reader.pathOf(id)]);
    this.#checkReferences(kind, path, references, id);
    this.#checkName(parent, kind, path, null);
    this.#writeEntry(id, { kind: name, key, parent, version: this.#version, values, references });
    this.#link(id, kind, parent, key);
    for (const target of targetsOf(references)) this.#writer.put(referrerPrefix(target) + id, '');
  }

  #set({ kind, path, values, references }: SetChange): void {
    const id = this.#idOf(path);
    if (Object.keys(values).length + Object.keys(references).length === 0) return;
    const old = this.#recordOf(id);
    this.#checkReferences(kind, path, references, null);
    const record = {
      ...old,
      version: this.#version,
      values: { ...old.values, ...values },
      references: { ...old.references, ...references },
    };
    const before = targetsOf(old.references);
    const after = targetsOf(record.references);
    for (const target of before) if (!after.has(target)) this.#writer.remove(referrerPrefix(target) + id);
    for (const target of after) if (!before.has(target)) this.#writer.put(referrerPrefix(target) + id, '');
    this.#writeEntry(id, record);
  }

  #move(change: MoveChange): void {
    const { kind, path, to } = change;
    const id = this.#idOf(path);
    if (isStill(change)) return;
    const parent = this.#idOf(parentOf(to));
    const [, key] = lastOf(to);
    this.#checkName(parent, kind, to, id);
    const old = this.#recordOf(id);
    this.#unlink(old, kind);
    this.#link(id, kind, parent, key);
    this.#writeEntry(id, { ...old, parent, key, version: this.#version });
  }

  #remove(path: Path): void {
    const id = this.#idOf(path);
    const children = take(MAX_BY, this.#reader.childIds(id));
    if (children.length > 0) throw notEmpty(path, this.#pathsOf(children));
    const referrers = take(MAX_BY + 1, this.#reader.referrerIds(id)).filter((other) => other !== id);
    if (referrers.length > 0) throw referenced(path, this.#pathsOf(referrers));
    const record = this.#recordOf(id);
    for (const target of targetsOf(record.references)) this.#writer.remove(referrerPrefix(target) + id);
    this.#unlink(record, this.#reader.kindOf(record));
    this.#writer.remove(entryKey(id));
  }

  #pathsOf(ids: readonly string[]): readonly Path[] {
    return ids.map((id) => this.#reader.pathOf(id)).sort(comparePaths);
  }

  #idOf(path: Path): string {
    const id = this.#reader.resolve(path);
    if (id === null) throw missing(path);
    return id;
  }

  #recordOf(id: string): EntryRecord {
    const record = this.#reader.record(id);
    if (record === null)
      throw new DirectoryError('directory-damaged', `Entry ${id} is missing; restore the file from a backup`);
    return record;
  }

  #checkName(parent: string, kind: Kind, path: Path, self: string | null): void {
    const other = this.#reader.named(parent, kind, lastOf(path)[1]);
    if (other !== null && other !== self) throw exists(path, [this.#reader.pathOf(other)]);
  }

  /** @param self - the id of an entry that is just being made */
  #checkReferences(kind: Kind, path: Path, references: Attributes, self: string | null): void {
    for (const [name, ids] of Object.entries(references)) {
      for (const id of ids) {
        const target = id === self ? { kind: kind.name } : this.#reader.record(id);
        const isAllowed = kind.references[name]?.to.includes(target?.kind ?? '') ?? false;
        if (!isAllowed) throw wrongReference(path, name, id, target && this.#targetOf(id, self, path));
      }
    }
  }

  #targetOf(id: string, self: string | null, path: Path): Path {
    return id === self ? path : this.#reader.pathOf(id);
  }

  #writeEntry(id: string, record: EntryRecord): void {
    this.#writer.put(entryKey(id), encodeEntry(record));
  }

  #link(id: string, kind: Kind, parent: string, key: string): void {
    this.#writer.put(childPrefix(parent, kind.name) + key, id);
    this.#writer.put(nameKey(parent, kind, key), id);
  }

  #unlink({ parent, key }: EntryRecord, kind: Kind): void {
    this.#writer.remove(childPrefix(parent, kind.name) + key);
    this.#writer.remove(nameKey(parent, kind, key));
  }
}

function targetsOf(references: Attributes): ReadonlySet<string> {
  return new Set(Object.values(references).flat());
}

function take<T>(count: number, items: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length === count) break;
    taken.push(item);
  }
  return taken;
}
