import { hash } from 'node:crypto';
import type { AcceptorStyle } from './acceptor-style.js';
import { missingFlags } from './protection.js';
import { Refusal } from './refusal.js';
import { isWrapToken } from './sealed-digest.js';

/** First byte of a context token (RFC 2743, section 3.1). */
export const CONTEXT_TOKEN = 0x60;

/**
 * Peers that speak the protocol of the original arpa2shell: bare context tokens to and fro, then bare wrap tokens.
 * Their context is found by the correlation id, which the sender chooses, together with the reply address, so that
 * nobody comes upon the context of a peer who listens elsewhere.
 */
export const rawAcceptor: AcceptorStyle = {
  name: 'raw',
  // The original asks for sequencing, not for replay detection. Either finds a repeated message (refusal.ts).
  missing: (flags) =>
    missingFlags(flags, ['confidentiality', 'integrity', 'mutual', flags.has('sequence') ? 'sequence' : 'replay']),
  claims: (body) => body[0] === CONTEXT_TOKEN || isWrapToken(body),
  read(body, { correlationId, messageId, replyTo }) {
    const label = correlationId ?? messageId;
    if (label === undefined || replyTo === undefined) {
      throw new Refusal('bad-frame', 'Cannot open a raw message without a reply-to and a correlation-id or message-id');
    }
    const contextId = hash('sha256', JSON.stringify([label, replyTo]), 'hex').slice(0, 32);
    const isToken = body[0] === CONTEXT_TOKEN;
    return { key: `raw ${contextId}`, contextId, token: isToken ? body : null, payload: isToken ? null : body };
  },
  leg: (_contextId, token) => token,
  sealed: (_contextId, payload) => payload,
  // A raw peer knows no error frames. The mechanism's own error token ends its wait for an answer.
  refused: (refusal) => refusal.token ?? null,
};
