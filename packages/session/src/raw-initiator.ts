import { BusError } from '@arpa2amqp/protocol';
import type { InitiatorStyle } from './initiator-style.js';
import { PROTECTION } from './protection.js';
import { CONTEXT_TOKEN } from './raw-acceptor.js';
import { isWrapToken } from './sealed-digest.js';

/** Hosts that speak the protocol of the original arpa2shell: bare tokens, and nothing that names the context. */
export const rawInitiator: InitiatorStyle = {
  flags: [...PROTECTION, 'mutual'],
  leg: (_contextId, token) => token,
  sealed(_contextId, token, payload) {
    if (token === null) return payload;
    throw new BusError('security-failed', 'Cannot speak raw: the mechanism wants to send a token with the message');
  },
  read(body) {
    if (isWrapToken(body)) return { kind: 'payload', contextId: null, payload: body };
    if (body[0] === CONTEXT_TOKEN) return { kind: 'leg', contextId: null, token: body };
    throw new BusError('bad-frame', 'Cannot read the answer: it is neither a context token nor a wrap token');
  },
};
