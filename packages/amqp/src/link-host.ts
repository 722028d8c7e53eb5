import type { AmqpError } from './errors.js';
import type { ConnectionLimits } from './limits.js';
import type { Logger } from './logger.js';
import type { Peer } from './message.js';

/** Something whose waiting must be looked at now and then. */
export interface Sweepable {
  /** @returns whether anything still waits */
  sweep(nowMs: number): boolean;
}

/** What a link needs of the connection it is on. */
export interface LinkHost {
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly peer: Peer;
  /** Whether sending should pause until the socket drains. */
  readonly isCongested: boolean;
  /** Largest frame the peer takes, in bytes. */
  readonly maxOutgoingFrame: number;
  /** Sends a frame at once. */
  write(frame: Buffer): void;
  /** Has `sweep` called about every second until it returns false. */
  watch(waiting: Sweepable): void;
  /** The link has ended. */
  forget(link: object): void;
  /** Ids are about to run out, or a link does not move: give the connection up, so that a fresh one is made. */
  renew(reason: AmqpError): void;
}
