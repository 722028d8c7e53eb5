import { ERRORS, type ErrorCode } from './error-catalogue.js';

/** What may accompany a {@link BusError}. */
export interface BusErrorOptions {
  /** The error below. */
  readonly cause?: unknown;
  /** The index of the offending word of a command. */
  readonly at?: number;
}

/**
 * The error that the packages above the transport throw. Its `code` is one of the catalogue's; messages never hold
 * secrets, tokens or payloads.
 */
export class BusError extends Error {
  override readonly name = 'BusError';
  readonly code: ErrorCode;
  readonly at: number | undefined;

  constructor(code: ErrorCode, message: string, options: BusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.at = options.at;
  }

  /** Trying the very same thing again may succeed. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** The exit code of a program that ends with this error. */
  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }
}
