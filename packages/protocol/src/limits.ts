/** The limits of the protocol. All are configurable; each is met with an error of its own code. */
export interface Limits {
  /** The AMQP message body, in bytes. */
  readonly maxMessageBytes: number;
  readonly maxCommands: number;
  readonly maxDepth: number;
  /** stdin of one command, in bytes of UTF-8. */
  readonly maxStdinBytes: number;
  /** stdout and stderr of one command, each, in bytes of UTF-8. */
  readonly maxOutputBytes: number;
  /** How long one command may run. */
  readonly commandTimeoutMs: number;
  /** Batches at work at one time. */
  readonly maxBatches: number;
  /** Security contexts kept at one time. */
  readonly maxContexts: number;
  /** A batch may be issued so far in the future of the host's clock. */
  readonly maxClockSkewMs: number;
  /** `expires` is at most so long after `issued`. */
  readonly maxLifeMs: number;
}

/** The limits that hold unless configured otherwise (protocol.md, section 5). */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxMessageBytes: 1024 * 1024,
  maxCommands: 1000,
  maxDepth: 32,
  maxStdinBytes: 512 * 1024,
  maxOutputBytes: 1024 * 1024,
  commandTimeoutMs: 30_000,
  maxBatches: 64,
  maxContexts: 10_000,
  maxClockSkewMs: 5 * 60_000,
  maxLifeMs: 24 * 3_600_000,
});
