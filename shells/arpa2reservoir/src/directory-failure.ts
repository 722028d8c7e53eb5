import { DirectoryError, type DirectoryErrorCode } from '@arpa2amqp/directory';
import type { ReplyCode } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';

/** What is not here is about the values given: `failed`. */
const CODES: Partial<Record<DirectoryErrorCode, ReplyCode>> = {
  'directory-unavailable': 'unavailable',
  'directory-closed': 'unavailable',
  'directory-config': 'unavailable',
  'directory-damaged': 'unavailable',
  'directory-denied': 'unavailable',
  'directory-full': 'unavailable',
};

/** Codes of changes that others made between our looking and our writing. */
const RACES: ReadonlySet<DirectoryErrorCode> = new Set<DirectoryErrorCode>([
  'directory-conflict',
  'directory-exists',
  'directory-missing',
]);

/** The error of the directory as one that the caller may read; anything else as it is. */
export function inWordsForCaller(error: unknown): unknown {
  if (!(error instanceof DirectoryError)) return error;
  return new ShellError(error.message, { code: CODES[error.code] ?? 'failed', cause: error });
}

/** Whether an error of the directory has one of these codes. */
export function isDirectoryError(error: unknown, ...codes: readonly DirectoryErrorCode[]): error is DirectoryError {
  return error instanceof DirectoryError && codes.includes(error.code);
}

/** Whether it may go well when it is looked at and tried again at once. */
export function isRace(error: unknown): boolean {
  return error instanceof DirectoryError && RACES.has(error.code);
}
