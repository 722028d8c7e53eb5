import type { Records } from '@arpa2amqp/lmdb-file';
import type { Attributes, Entry, Path, Step } from './directory.js';
import { DirectoryError } from './directory-error.js';
import type { Kind, KindTable } from './kind.js';
import {
  ABOUT_KEY,
  ROOT_ID,
  childPrefix,
  childrenPrefix,
  decodeAbout,
  decodeEntry,
  entryKey,
  nameKey,
  rangeOf,
  referrerPrefix,
  type About,
  type EntryRecord,
} from './lmdb-records.js';
import { compareKeys, comparePaths } from './path.js';

/** Reads the records of one moment: of a snapshot, or inside a transaction. */
export class LmdbReader {
  readonly #records: Records;
  readonly #kinds: KindTable;

  constructor(records: Records, kinds: KindTable) {
    this.#records = records;
    this.#kinds = kinds;
  }

  about(): About {
    const about = decodeAbout(this.#records.get(ABOUT_KEY) ?? '');
    if (about === null) throw damaged('its head is not readable');
    return about;
  }

  record(id: string): EntryRecord | null {
    const value = this.#records.get(entryKey(id));
    return value === undefined ? null : decodeEntry(value);
  }

  /** The id of the entry at a path, or null. */
  resolve(path: Path): string | null {
    let id = ROOT_ID;
    for (const [kind, key] of path) {
      const child = this.#records.get(childPrefix(id, kind) + key);
      if (child === undefined) return null;
      id = child;
    }
    return id;
  }

  entry(id: string): Entry | null {
    const record = this.record(id);
    if (record === null) return null;
    return this.#entryOf(id, record, this.pathOf(record.parent));
  }

  /** @param after - where to begin, behind this key */
  *children(
    parent: Pick<Entry, 'id' | 'path'>,
    kind: Kind,
    { prefix, after }: { readonly prefix: string; readonly after: string | undefined },
  ): Generator<Entry> {
    const siblings = childPrefix(parent.id, kind.name);
    const { start, end } = rangeOf(siblings + prefix);
    const last = siblings + (after ?? '');
    for (const { key, value: id } of this.#records.getRange({
      start: compareKeys(start, last) < 0 ? last : start,
      end,
    })) {
      if (key === last) continue;
      const record = this.record(id);
      if (record === null) throw damaged(`entry ${id} is missing`);
      yield this.#entryOf(id, record, parent.path);
    }
  }

  /** The ids of all children. */
  *childIds(id: string): Generator<string> {
    for (const { value } of this.#records.getRange(rangeOf(childrenPrefix(id)))) yield value;
  }

  /** The id of the child that has a name in the namespace of a kind. */
  named(parent: string, kind: Kind, key: string): string | null {
    return this.#records.get(nameKey(parent, kind, key)) ?? null;
  }

  *referrerIds(id: string): Generator<string> {
    const prefix = referrerPrefix(id);
    for (const { key } of this.#records.getRange(rangeOf(prefix))) yield key.slice(prefix.length);
  }

  referrers(id: string): readonly Entry[] {
    const entries = Array.from(this.referrerIds(id), (referrer) => this.entry(referrer));
    return entries.filter((entry) => entry !== null).sort((a, b) => comparePaths(a.path, b.path));
  }

  kindOf(record: EntryRecord): Kind {
    return this.#kinds.get(record.kind);
  }

  pathOf(id: string): Path {
    const steps: Step[] = [];
    for (let at = id; at !== ROOT_ID;) {
      const record = this.record(at);
      if (record === null) throw damaged(`entry ${at} is missing`);
      steps.unshift([record.kind, record.key]);
      at = record.parent;
    }
    return steps;
  }

  #entryOf(id: string, record: EntryRecord, parent: Path): Entry {
    const kind = this.kindOf(record);
    return {
      id,
      path: [...parent, [record.kind, record.key]],
      version: record.version,
      values: all(kind.attributes, record.values),
      references: all(kind.references, record.references),
    };
  }
}

function all(types: Readonly<Record<string, unknown>>, stored: Attributes): Attributes {
  return Object.fromEntries(Object.keys(types).map((name) => [name, stored[name] ?? []]));
}

function damaged(what: string): DirectoryError {
  return new DirectoryError(
    'directory-damaged',
    `The file of the directory is corrupted: ${what}; restore it from a backup`,
  );
}
