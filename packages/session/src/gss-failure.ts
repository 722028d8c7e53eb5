import { GssError, GssLibraryError, type GssErrorCode } from '@arpa2amqp/gssapi';
import { BusError, type ErrorCode } from '@arpa2amqp/protocol';

const CODES: Partial<Record<GssErrorCode, ErrorCode>> = {
  'gss-no-credentials': 'no-ticket',
  'gss-credentials-expired': 'ticket-expired',
  'gss-context-expired': 'ticket-expired',
  'gss-no-kdc': 'no-kdc',
  'gss-unknown-realm': 'no-kdc',
  'gss-unknown-service': 'unknown-service',
};

/** Turns a failure of the GSS-API into the error of the caller's side. Other errors are passed on. */
export function busErrorOf(error: unknown): unknown {
  if (error instanceof GssError) {
    return new BusError(CODES[error.code] ?? 'security-failed', error.message, { cause: error });
  }
  if (error instanceof GssLibraryError) return new BusError('security-failed', error.message, { cause: error });
  return error;
}
