/** Bounds on what one connection may cost. */
export interface ConnectionLimits {
  /** Largest frame that is taken from the peer, in bytes; announced to it. */
  readonly maxFrameBytes: number;
  /** Largest message taken from the peer, in bytes; announced on every link. */
  readonly maxMessageBytes: number;
  /** Sessions the peer may begin. */
  readonly maxSessions: number;
  /** Links the peer may attach, in all sessions together. */
  readonly maxLinks: number;
  /** Unsettled deliveries of one session, in each direction. */
  readonly maxUnsettled: number;
  /** Transfers sent in one session before it is given up: ids are 32 bits wide and rhea does not wrap them. */
  readonly maxTransfers: number;
  /** Silence after which the peer is taken for dead is twice this, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Messages that wait for credit on one link. */
  readonly maxQueued: number;
  /** Longest wait for credit, in milliseconds. */
  readonly sendTimeoutMs: number;
  /** Longest wait for an answer to open, attach and the like, in milliseconds. */
  readonly replyTimeoutMs: number;
  /** Longest time from connect to open, TLS and SASL included, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Bytes that may wait in the socket before sending pauses. */
  readonly maxBufferedBytes: number;
}

/** What holds unless options say otherwise. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = Object.freeze({
  maxFrameBytes: 131_072,
  maxMessageBytes: 1_048_576,
  maxSessions: 64,
  maxLinks: 64,
  maxUnsettled: 4096,
  maxTransfers: 2 ** 31,
  idleTimeoutMs: 60_000,
  maxQueued: 4096,
  sendTimeoutMs: 30_000,
  replyTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  maxBufferedBytes: 4_194_304,
});
