/** The refusals that every store words the same. */
import { quoted } from '@arpa2amqp/protocol';
import type { Path } from './directory.js';
import { DirectoryError } from './directory-error.js';
import { formatPath } from './path.js';

const SHOWN = 3;

function some(paths: readonly Path[]): string {
  const shown = paths.slice(0, SHOWN).map(formatPath).join(', ');
  return paths.length > SHOWN ? `${shown} and others` : shown;
}

export function exists(what: Path | string, by: readonly Path[]): DirectoryError {
  const action = typeof what === 'string' ? what : `Cannot make ${formatPath(what)}`;
  const words = by.length === 0 ? 'there is such an entry already' : `there is ${some(by)} already`;
  return new DirectoryError('directory-exists', `${action}: ${words}; choose another name, or remove that first`, {
    by,
  });
}

export function missing(path: Path): DirectoryError {
  return new DirectoryError('directory-missing', `There is no ${formatPath(path)}; add it first, or correct its name`, {
    by: [path],
  });
}

export function notEmpty(path: Path, by: readonly Path[]): DirectoryError {
  const message = `Cannot remove ${formatPath(path)}: it holds ${some(by)}; remove that first`;
  return new DirectoryError('directory-not-empty', message, { by });
}

export function referenced(path: Path, by: readonly Path[]): DirectoryError {
  const message = `Cannot remove ${formatPath(path)}: ${some(by)} refers to it; remove or change that first`;
  return new DirectoryError('directory-referenced', message, { by });
}

export function conflict(path: Path): DirectoryError {
  const message = `Somebody else has changed ${formatPath(path)} in the meantime; look at it again and repeat the change`;
  return new DirectoryError('directory-conflict', message, { by: [path] });
}

/** @param target - where the id leads; null when nowhere */
export function wrongReference(path: Path, name: string, id: string, target: Path | null): DirectoryError {
  const action = `Cannot let ${name} of ${formatPath(path)} refer to`;
  if (target === null) {
    return new DirectoryError('directory-missing', `${action} ${quoted(id)}: there is no entry with that id`);
  }
  const message = `${action} ${formatPath(target)}: only other kinds of entries are allowed there`;
  return new DirectoryError('directory-invalid', message, { by: [target] });
}
