import { DirectoryError, type DirectoryErrorCode } from '@arpa2amqp/directory';
import type { ReplyCode } from '@arpa2amqp/protocol';
import { ShellError } from '@arpa2amqp/shell';

/** What is not here is about the names given: `failed`. */
const CODES: Partial<Record<DirectoryErrorCode, ReplyCode>> = {
  'directory-unavailable': 'unavailable',
  'directory-closed': 'unavailable',
  'directory-config': 'unavailable',
  'directory-damaged': 'unavailable',
  'directory-denied': 'unavailable',
  'directory-full': 'unavailable',
};

/** The store's error as one that the caller may read; anything else as it is. */
export function inWordsForCaller(error: unknown): unknown {
  if (!(error instanceof DirectoryError)) return error;
  return new ShellError(error.message, { code: CODES[error.code] ?? 'failed', cause: error });
}
