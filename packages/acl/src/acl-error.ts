/** What is known about one code of an {@link AclError}. */
export interface AclErrorEntry {
  /** Trying the very same thing again may succeed. */
  readonly retryable: boolean;
  /** One line for the documentation. */
  readonly about: string;
}

const entry = (about: string, retryable = false): AclErrorEntry => ({ retryable, about });

/** Every code of an {@link AclError}. */
export const ACL_ERRORS = {
  'acl-invalid-identity': entry('The text is not an identity'),
  'acl-invalid-selector': entry('The text is not a selector'),
  'acl-invalid-rights': entry('The text is not a set of rights'),
  'acl-invalid-resource': entry('The text is not the class or the instance of a resource'),
  'acl-invalid-list': entry('The text is not an access control list, or not an export of lists'),
  'acl-unknown-group': entry('There is no such group or role'),
  'acl-group-in-use': entry('Entries still name the group or role that is to go; nothing was changed'),
  'acl-cycle': entry('A group would become a member of itself'),
  'acl-conflict': entry('Somebody else has changed the list or group in the meantime; nothing was changed'),
  'acl-other-origin': entry('The store follows another host already; nothing was changed'),
  'acl-last-administrator': entry('Nobody could edit the lists any more; nothing was changed'),
  'acl-missing': entry('There is no store of access control lists at that path'),
  'acl-exists': entry('There is a file already where the store should be made'),
  'acl-damaged': entry('The store of access control lists is cut or corrupted'),
  'acl-full': entry('The disk has no room for the change; nothing was changed', true),
  'acl-unavailable': entry('The store of access control lists cannot be read or written'),
  'acl-closed': entry('The store was closed'),
} as const satisfies Record<string, AclErrorEntry>;

/** A code of an {@link AclError}. */
export type AclErrorCode = keyof typeof ACL_ERRORS;

/** What may accompany an {@link AclError}. */
export interface AclErrorOptions {
  /** The error below. */
  readonly cause?: unknown;
  /** The index of the offending word, or the number of the offending line. */
  readonly at?: number;
}

/** The error that this package throws. Foreign strings in its message are quoted and cut. */
export class AclError extends Error {
  override readonly name = 'AclError';
  readonly code: AclErrorCode;
  readonly at: number | undefined;

  constructor(code: AclErrorCode, message: string, options: AclErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.at = options.at;
  }

  /** Trying the very same thing again may succeed. */
  get retryable(): boolean {
    return ACL_ERRORS[this.code].retryable;
  }
}
