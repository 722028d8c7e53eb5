import { formatGroupLine, formatListLine, type AclDocument, type GroupEntry } from './document.js';
import type { Identity } from './identity.js';
import type { StoreReader } from './store-reader.js';
import type { StoreWriter } from './store-writer.js';

/** Everything in a store as text: the format of `formatDocument()`, with a comment on top. Lists of some classes, when told which. */
export function textOf(reader: StoreReader, isMeant: (className: string) => boolean = () => true): string {
  const { id, position } = reader.about();
  const lines = [`# arpa2amqp access control lists, store ${id}, position ${position}`];
  for (const group of reader.groups()) lines.push(formatGroupLine(group));
  for (const { resource, record } of reader.lists()) {
    if (!isMeant(resource.class)) continue;
    lines.push(formatListLine({ resource, list: new Map(reader.entriesOf(resource, record)) }));
  }
  return `${lines.join('\n')}\n`;
}

/** Puts a document into a store: over what is there, or in its place. */
export function applyDocument(writer: StoreWriter, { groups, lists }: AclDocument, mode: 'merge' | 'replace'): void {
  if (mode === 'replace') removeOthers(writer, { groups, lists });
  for (const { group, kind } of groups) writer.apply({ kind: 'add-group', group, as: kind });
  for (const { group, members } of groups) {
    for (const member of members) writer.apply({ kind: 'join', group, member });
  }
  for (const { resource, list } of lists) {
    if (mode === 'replace') writer.apply({ kind: 'replace', resource, list });
    else writer.merge(resource, list);
  }
}

/** Members go before others come, lest two groups that change places look like a circle. */
function removeOthers(writer: StoreWriter, { groups, lists }: AclDocument): void {
  const wanted = new Map<Identity, GroupEntry>(groups.map((entry) => [entry.group, entry]));
  for (const { group, members } of [...writer.reader.groups()]) {
    const entry = wanted.get(group);
    if (entry === undefined) {
      writer.apply({ kind: 'remove-group', group });
      continue;
    }
    const kept = new Set(entry.members);
    for (const member of members) if (!kept.has(member)) writer.apply({ kind: 'leave', group, member });
  }
  const named = new Set(lists.map(({ resource }) => `${resource.class} ${resource.instance}`));
  for (const { resource } of [...writer.reader.lists()]) {
    const isNamed = named.has(`${resource.class} ${resource.instance}`);
    if (!isNamed) writer.apply({ kind: 'replace', resource, list: new Map() });
  }
}
