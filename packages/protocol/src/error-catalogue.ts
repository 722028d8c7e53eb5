/** What every error of the project has in common: whether trying again may help, and the exit code of a program that ends with it. */
export interface ErrorEntry {
  /** Trying the very same thing again may succeed. */
  readonly retryable: boolean;
  /** 1 a command failed, 2 usage or invalid batch, 3 not allowed in, 4 cannot reach, 5 timed out or unknown. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5;
  /** One line for the documentation. */
  readonly about: string;
}

const entry = (exitCode: ErrorEntry['exitCode'], about: string, retryable = false): ErrorEntry => ({
  retryable,
  exitCode,
  about,
});

/** Codes that a reply to a command may carry in `error_.code`. */
export const REPLY_ERRORS = {
  syntax: entry(1, 'The command does not fit the grammar; nothing of its batch ran'),
  'unknown-shell': entry(1, 'The host has no shell of that name; nothing of its batch ran'),
  'unknown-command': entry(1, 'The shell has no command of that name; nothing of its batch ran'),
  denied: entry(1, 'The caller has no right to do this'),
  expired: entry(1, 'The batch was too old to be started; nothing of it ran'),
  deadline: entry(1, 'The batch expired before the command could be started'),
  timeout: entry(1, 'The command took longer than it may; it was stopped and may have done part of its work'),
  interrupted: entry(1, 'The command was stopped while it ran; it may have done part of its work'),
  unavailable: entry(1, 'The shell or what stands behind it cannot be reached now', true),
  'not-run': entry(1, 'The command was not run because of another command of its batch'),
  'too-large': entry(1, 'A message, an input or an output is larger than allowed'),
  failed: entry(1, 'The command ran and reported an error'),
  internal: entry(1, 'A defect of the host or of the shell; the log of the host tells more'),
  'not-utf8': entry(2, 'The batch is not UTF-8'),
  'not-json': entry(2, 'The batch is not JSON'),
  'too-deep': entry(2, 'The JSON of the batch is nested too deeply'),
  'duplicate-key': entry(2, 'An object in the batch names a key twice'),
  'invalid-batch': entry(2, 'The batch does not fit its schema, or its id is that of another one'),
  'too-many-commands': entry(2, 'The batch holds more commands than allowed'),
  'issued-in-future': entry(1, 'The batch was issued in the future: the clocks of client and host differ'),
  unsupported: entry(1, 'The host does not offer this feature'),
} as const satisfies Record<string, ErrorEntry>;

/** Reasons in an error frame. They are not authenticated: hints, never answers. */
export const FRAME_ERRORS = {
  'context-unknown': entry(3, 'The host does not have, or no longer has, this security context', true),
  'bad-frame': entry(3, 'The message is not a frame of this protocol'),
  'unsupported-version': entry(3, 'The frame has a version that the host does not speak'),
  'authentication-failed': entry(3, 'The host did not accept the security context or the protection of the message'),
  'weak-context': entry(3, 'The security context lacks confidentiality, integrity or replay detection'),
  replayed: entry(3, 'The host has already opened this very message', true),
  'wrong-address': entry(3, 'The batch is addressed to another host'),
  'wrong-reply-to': entry(3, 'The reply-to of the message is not the one that was sealed'),
  overloaded: entry(5, 'The host has no room for another security context', true),
} as const satisfies Record<string, ErrorEntry>;

/** Codes of errors that libraries and programs throw at their user. */
export const LOCAL_ERRORS = {
  usage: entry(2, 'The program or the function was called wrongly'),
  config: entry(2, 'The configuration is wrong'),
  'invalid-address': entry(2, 'The address is not canonical'),
  'invalid-principal': entry(2, 'The Kerberos principal does not map to an identity'),
  'no-ticket': entry(3, 'There is no Kerberos ticket'),
  'ticket-expired': entry(3, 'The Kerberos ticket has expired'),
  'unknown-service': entry(3, 'Kerberos does not know the service principal of the host'),
  'no-kdc': entry(4, 'No key distribution centre of the realm answers', true),
  'security-failed': entry(3, 'The security context could not be set up or used'),
  refused: entry(3, 'The host or the broker refused the message'),
  'cannot-reach': entry(4, 'The broker or the host cannot be reached', true),
  'no-route': entry(4, 'The broker has no queue of that address, or nobody listens there', true),
  'timed-out': entry(5, 'No answer came in time; whether the batch ran is not known', true),
  'unknown-outcome': entry(5, 'The connection was lost; whether the batch ran is not known', true),
  aborted: entry(5, 'The caller gave up waiting; whether the batch ran is not known'),
  closed: entry(5, 'The client was closed'),
} as const satisfies Record<string, ErrorEntry>;

/** Every code of the project with its properties, in one table. */
export const ERRORS = { ...REPLY_ERRORS, ...FRAME_ERRORS, ...LOCAL_ERRORS } as const;

/** A code that a reply may carry. */
export type ReplyCode = keyof typeof REPLY_ERRORS;
/** A reason that an error frame may carry. */
export type FrameErrorReason = keyof typeof FRAME_ERRORS;
/** Any code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;

/** Tells whether a string, for instance from a peer, is a code that a reply may carry. */
export function isReplyCode(code: string): code is ReplyCode {
  return Object.hasOwn(REPLY_ERRORS, code);
}

/** Tells whether a string, for instance from a peer, is a reason that an error frame may carry. */
export function isFrameErrorReason(reason: string): reason is FrameErrorReason {
  return Object.hasOwn(FRAME_ERRORS, reason);
}
