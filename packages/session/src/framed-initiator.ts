import { decodeFrame, encodeFrame } from './frame.js';
import type { InitiatorStyle } from './initiator-style.js';
import { PROTECTION } from './protection.js';

/**
 * Hosts that are spoken to in frames.
 *
 * @param isMutual - the host is to prove itself before anything is sent, at the price of a round trip
 */
export function framedInitiator(isMutual: boolean): InitiatorStyle {
  return {
    flags: isMutual ? [...PROTECTION, 'mutual'] : PROTECTION,
    leg: (contextId, token) => encodeFrame({ kind: 'context', contextId, token }),
    sealed: (contextId, token, payload) =>
      encodeFrame({ kind: 'payload', contextId, payload, ...(token === null ? {} : { token }) }),
    read(body) {
      const { kind, contextId, token, payload } = decodeFrame(body);
      return kind === 'context' ? { kind: 'leg', contextId, token } : { kind, contextId, payload };
    },
  };
}
