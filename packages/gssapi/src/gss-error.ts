import { GSS_ERRORS } from './error-codes.js';
import type { GssErrorCode } from './error-codes.js';

/** What a {@link GssError} is made from. */
export interface GssErrorDetails {
  readonly major?: number;
  readonly minor?: number;
  readonly majorName?: string;
  readonly majorText?: string;
  readonly minorText?: string;
  readonly token?: Buffer | undefined;
  readonly cause?: unknown;
}

/** A GSS-API call that failed. `code` is stable and listed in {@link GSS_ERRORS}; the rest tells exactly what the library said. */
export class GssError extends Error {
  /** Stable code, one of {@link GSS_ERRORS}. */
  readonly code: GssErrorCode;
  /** True when the same call can succeed later. */
  readonly retryable: boolean;
  /** Major status of RFC 2744 (calling, routine and supplementary bits); 0 when this package refused the call itself. */
  readonly major: number;
  /** Minor status, the mechanism's own number, unsigned. */
  readonly minor: number;
  /** Name of the major status, e.g. `GSS_S_CREDENTIALS_EXPIRED`; several are joined by `|`. */
  readonly majorName: string;
  /** The library's text for the major status. */
  readonly majorText: string;
  /** The library's text for the minor status, empty when it has none. */
  readonly minorText: string;
  /** Error token to send to the peer, when the failed step made one. */
  readonly token?: Buffer;

  /** @param action - What failed, e.g. `Unwrapping a message`; peers' strings in it must be quoted. */
  constructor(code: GssErrorCode, action: string, details: GssErrorDetails = {}) {
    const { retryable, summary, advice } = GSS_ERRORS[code];
    const said = details.minorText === undefined || details.minorText === '' ? details.majorText : details.minorText;
    const text = said === undefined || said === '' ? '' : ` (${said})`;
    const todo = advice === '' ? '' : `; ${advice}`;
    super(
      `${action} failed: ${lowerFirst(summary)}${text}${todo}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'GssError';
    this.code = code;
    this.retryable = retryable;
    this.major = details.major ?? 0;
    this.minor = details.minor ?? 0;
    this.majorName = details.majorName ?? '';
    this.majorText = details.majorText ?? '';
    this.minorText = details.minorText ?? '';
    if (details.token !== undefined) this.token = details.token;
  }
}

/** The system's GSS-API library cannot be loaded. Thrown by the first call that needs it, and by each one after. */
export class GssLibraryError extends Error {
  /** Stable code, listed in {@link GSS_ERRORS}. */
  readonly code = 'gss-library-missing' satisfies GssErrorCode;
  readonly retryable = false;
  /** Debian package to install. */
  readonly debianPackage = 'libgssapi-krb5-2';

  constructor(reason: string, cause: unknown) {
    super(`Loading the GSS-API library failed: ${reason}; install the Debian package libgssapi-krb5-2`, { cause });
    this.name = 'GssLibraryError';
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
