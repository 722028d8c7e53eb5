import type { Path } from './directory.js';

/** What is known about one code of a {@link DirectoryError}. */
export interface DirectoryErrorEntry {
  /** Trying the very same thing again may succeed. */
  readonly retryable: boolean;
  /** One line for the documentation. */
  readonly about: string;
}

const entry = (about: string, retryable = false): DirectoryErrorEntry => ({ retryable, about });

/** Every code of a {@link DirectoryError}. */
export const DIRECTORY_ERRORS = {
  'directory-exists': entry('There is an entry already under that name or id'),
  'directory-missing': entry('There is no such entry'),
  'directory-not-empty': entry('There are entries below the one to be removed'),
  'directory-referenced': entry('Other entries refer to the one to be removed'),
  'directory-conflict': entry('Somebody else has changed the entry in the meantime; nothing was changed'),
  'directory-invalid': entry('The name or the value is none that the entry may have'),
  'directory-unavailable': entry('The directory cannot be reached, read or written', true),
  'directory-denied': entry('The directory does not let this host read or change it'),
  'directory-damaged': entry('The file of the directory is cut or corrupted, or an entry in it is'),
  'directory-full': entry('The directory has no room for the change; nothing was changed', true),
  'directory-closed': entry('The directory was closed'),
  'directory-config': entry('The configuration of the directory, or of its server, is wrong'),
} as const satisfies Record<string, DirectoryErrorEntry>;

/** A code of a {@link DirectoryError}. */
export type DirectoryErrorCode = keyof typeof DIRECTORY_ERRORS;

/** What may accompany a {@link DirectoryError}. */
export interface DirectoryErrorOptions {
  /** The error below. */
  readonly cause?: unknown;
  /** The entries that are in the way or missing. */
  readonly by?: readonly Path[];
}

/** How many entries an error names at most. */
export const MAX_BY = 20;

/** The error that this package throws. Foreign strings in its message are quoted and cut. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly code: DirectoryErrorCode;
  /** The entries that are in the way or missing, 20 at most. */
  readonly by: readonly Path[] | undefined;

  constructor(code: DirectoryErrorCode, message: string, options: DirectoryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.by = options.by?.slice(0, MAX_BY);
  }

  /** Trying the very same thing again may succeed. */
  get retryable(): boolean {
    return DIRECTORY_ERRORS[this.code].retryable;
  }
}
