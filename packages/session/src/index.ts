export { AcceptorTable, type AcceptorTableOptions } from './acceptor-table.js';
export { decodeFrame, encodeFrame, errorFrame, type Frame, type FrameKind } from './frame.js';
export type { Exchange } from './initiator-context.js';
export {
  InitiatorSession,
  type Answer,
  type InitiatorSessionOptions,
  type Sealed,
  type SealOptions,
} from './initiator-session.js';
export { acceptLogin, initiateLogin, type LoginContext } from './login.js';
export type { Logger } from './logger.js';
export type { Envelope, Opened, OpenedLeg, OpenedPayload, PeerStyle, Refused } from './opened.js';
export { ownRealm } from './own-realm.js';
export { inspectTicket, type Ticket } from './ticket.js';
