import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSource } from './input-source.js';
import { pathOf } from './input-reader.js';

/** A name that begins as a partial one does. */
export interface FileName {
  /** The whole of it, as far as the partial one went. */
  readonly value: string;
  /** Its last part. */
  readonly label: string;
  /** A directory: its name ends in `/` and goes on. */
  readonly isDirectory: boolean;
}

/** The files and directories whose names begin with what is typed, in order. None when their directory cannot be read. */
export async function fileNamesFor(
  partial: Pick<FileSource, 'name' | 'isInHome'>,
  signal: AbortSignal,
): Promise<readonly FileName[]> {
  const cut = partial.name.lastIndexOf('/') + 1;
  const folder = partial.name.slice(0, cut);
  const first = partial.name.slice(cut);
  const path = pathOf({ name: folder === '' ? '.' : folder, isInHome: partial.isInHome });
  const found: FileName[] = [];
  for (const entry of await entriesOf(path)) {
    if (signal.aborted) return [];
    // As everywhere: what begins with a dot is shown when a dot was typed.
    if (!entry.name.startsWith(first) || (entry.name.startsWith('.') && !first.startsWith('.'))) continue;
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(path, entry.name))));
    const label = isDirectory ? `${entry.name}/` : entry.name;
    found.push({ value: `${folder}${label}`, label, isDirectory });
  }
  return found.sort((a, b) => (a.value < b.value ? -1 : 1));
}

async function entriesOf(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
