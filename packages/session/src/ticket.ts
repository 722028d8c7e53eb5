import { Credential, GssError, type GssErrorCode } from '@arpa2amqp/gssapi';
import { busErrorOf } from './gss-failure.js';

/** What a credentials cache holds for a caller. */
export type Ticket =
  | { readonly kind: 'valid'; readonly principal: string; /** Infinity for no end. */ readonly expiresAtMs: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'none' };

const LACKS: Partial<Record<GssErrorCode, 'expired' | 'none'>> = {
  'gss-credentials-expired': 'expired',
  'gss-no-credentials': 'none',
};

/**
 * Looks at the ticket in a credentials cache, without any message to a KDC. It looks anew every time.
 *
 * @param options - `ccache`: the process's own unless told
 * @throws BusError `security-failed` when the cache cannot be read or the GSS-API library is missing; the reason of the signal
 */
export async function inspectTicket(
  options: { readonly ccache?: string; readonly signal?: AbortSignal } = {},
): Promise<Ticket> {
  const { ccache, signal } = options;
  try {
    using credential = await Credential.acquire({
      usage: 'initiate',
      ...(ccache === undefined ? {} : { store: { ccache } }),
      ...(signal === undefined ? {} : { signal }),
    });
    const endMs = credential.expires?.getTime() ?? Number.POSITIVE_INFINITY;
    // The library counts whole seconds from the last full one: this is the end that klist shows.
    return { kind: 'valid', principal: credential.name, expiresAtMs: Math.floor(endMs / 1000) * 1000 };
  } catch (error) {
    const kind = error instanceof GssError ? LACKS[error.code] : undefined;
    if (kind !== undefined) return { kind };
    throw busErrorOf(error);
  }
}
