import type { ReplyCode } from '@arpa2amqp/protocol';
import type { Path } from './directory.js';
import { StoreError } from './store-error.js';

/** What is known about one code of a {@link DirectoryError}. */
export interface DirectoryErrorEntry {
  /** Trying the very same thing again may succeed. */
  readonly retryable: boolean;
  /** One line for the documentation. */
  readonly about: string;
  /** Code of the reply to a command that fails with it. */
  readonly reply: ReplyCode;
  /** What whoever gave the command is told; absent: the message itself, which then is about what was asked for. */
  readonly told?: string;
}

/** What was asked for does not go. */
const refused = (about: string): DirectoryErrorEntry => ({ about, reply: 'failed', retryable: false });
/** The store is at fault, whatever is asked for. */
const fault = (about: string, told: string, retryable = false): DirectoryErrorEntry => ({
  about,
  reply: 'unavailable',
  told,
  retryable,
});

const NOT_NOW = 'What is kept here cannot be reached now; try again later';
const NOT_SO = 'What is kept here cannot be used until the operator of the host has seen to it; tell them';

/** Every code of a {@link DirectoryError}. */
export const DIRECTORY_ERRORS = {
  'directory-exists': refused('There is an entry already under that name or id'),
  'directory-missing': refused('There is no such entry'),
  'directory-not-empty': refused('There are entries below the one to be removed'),
  'directory-referenced': refused('Other entries refer to the one to be removed'),
  'directory-conflict': refused('Somebody else has changed the entry in the meantime; nothing was changed'),
  'directory-invalid': refused('The name or the value is none that the entry may have'),
  'directory-too-large': { ...refused('A list has more entries than one answer can hold'), reply: 'too-large' },
  'directory-unavailable': fault('The directory cannot be reached, read or written', NOT_NOW, true),
  'directory-denied': fault('The directory does not let this host read or change it', NOT_SO),
  'directory-damaged': fault('The file of the directory is cut or corrupted, or an entry in it is', NOT_SO),
  'directory-full': fault(
    'The directory has no room for the change; nothing was changed',
    'The host has no room for the change, nothing was changed; tell its operator, and repeat it later',
    true,
  ),
  'directory-closed': fault('The directory was closed', NOT_NOW),
  'directory-config': fault('The configuration of the directory, or of its server, is wrong', NOT_SO),
} as const satisfies Record<string, DirectoryErrorEntry>;

/** A code of a {@link DirectoryError}. */
export type DirectoryErrorCode = keyof typeof DIRECTORY_ERRORS;

/** What may accompany a {@link DirectoryError}. */
export interface DirectoryErrorOptions {
  /** The error below. */
  readonly cause?: unknown;
  /** The entries that are in the way or missing. */
  readonly by?: readonly Path[];
  /** What whoever gave the command is told, in place of what the code says. */
  readonly told?: string | undefined;
}

/** How many entries an error names at most. */
export const MAX_BY = 20;

/** The error that this package throws. Foreign strings in its message are quoted and cut. */
export class DirectoryError extends StoreError {
  override readonly name = 'DirectoryError';
  readonly code: DirectoryErrorCode;
  /** The entries that are in the way or missing, 20 at most. */
  readonly by: readonly Path[] | undefined;
  readonly #told: string | undefined;

  constructor(code: DirectoryErrorCode, message: string, options: DirectoryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.by = options.by?.slice(0, MAX_BY);
    this.#told = options.told;
  }

  /** Trying the very same thing again may succeed. */
  get retryable(): boolean {
    return this.#entry.retryable;
  }

  get reply(): ReplyCode {
    return this.#entry.reply;
  }

  get told(): string {
    return this.#told ?? this.#entry.told ?? this.message;
  }

  get #entry(): DirectoryErrorEntry {
    return DIRECTORY_ERRORS[this.code];
  }
}
