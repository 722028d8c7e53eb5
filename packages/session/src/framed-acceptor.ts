import type { AcceptorStyle } from './acceptor-style.js';
import { decodeFrame, encodeFrame, errorFrame, isFrame } from './frame.js';
import { missingFlags, PROTECTION } from './protection.js';
import { Refusal } from './refusal.js';

/** Peers that speak in frames (protocol.md, section 3). */
export const framedAcceptor: AcceptorStyle = {
  name: 'framed',
  missing: (flags) => missingFlags(flags, PROTECTION),
  claims: isFrame,
  read(body) {
    const { kind, contextId, token, payload } = decodeFrame(body);
    // An answer to a hint would be answered with a hint, for ever.
    if (kind === 'error') throw new Refusal('bad-frame', 'Cannot open an error frame', { isSilent: true });
    if (kind === 'context' && token.length === 0)
      throw new Refusal('bad-frame', 'Cannot open a frame that holds nothing');
    return {
      key: `framed ${contextId}`,
      contextId,
      token: token.length === 0 ? null : token,
      payload: kind === 'payload' ? payload : null,
    };
  },
  leg: (contextId, token) => encodeFrame({ kind: 'context', contextId, token }),
  sealed: (contextId, payload) => encodeFrame({ kind: 'payload', contextId, payload }),
  refused: (refusal, contextId) => errorFrame(refusal.reason, contextId),
};
