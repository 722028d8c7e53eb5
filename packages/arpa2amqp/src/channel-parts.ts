import type { AmqpMessage, Outcome, Requester } from '@arpa2amqp/amqp';
import type { Limits } from '@arpa2amqp/protocol';
import type { InitiatorSession } from '@arpa2amqp/session';
import type { Logger } from './logger.js';
import type { PendingBatches } from './pending-batches.js';

/** What the parts of a channel to one host work with. */
export interface ChannelParts {
  readonly to: string;
  readonly session: InitiatorSession;
  readonly requester: Requester;
  readonly pending: PendingBatches;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly isRaw: boolean;
  /** Batches without replies: each gets a context of its own, since no error frame could tell that a context is gone. */
  readonly isOneWay: boolean;
}

/**
 * Gives a message to the transport.
 *
 * @param address - as a daemon spelled its private address, or null for the address of the host
 */
export function hand(
  { requester, to }: ChannelParts,
  address: string | null,
  message: AmqpMessage,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const options = signal === undefined ? {} : { signal };
  return address === null ? requester.send(to, message, options) : requester.sendTo(address, message, options);
}
