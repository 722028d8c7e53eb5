import type { AnswerRoute } from './answer.js';
import type { Connection } from './connection.js';
import { AmqpError, quoted } from './errors.js';
import { TRANSFER_HEAD_BYTES } from './frames.js';
import { encodeMessage } from './message-encoder.js';
import type { AmqpMessage, Outcome } from './message.js';
import type { AddressProfile } from './profile.js';
import type { SenderLink } from './sender.js';
import { SenderPool } from './sender-pool.js';

/** Answers by way of a broker we are connected to. */
export class ConnectedPeer implements AnswerRoute {
  readonly servedAs: string;
  readonly #connection: Connection;
  readonly #profile: AddressProfile;
  readonly #pool = new SenderPool();

  /** @param servedAs the served address as the broker spells it */
  constructor(connection: Connection, profile: AddressProfile, servedAs: string) {
    this.servedAs = servedAs;
    this.#connection = connection;
    this.#profile = profile;
  }

  /** Only addresses of the shape of reply addresses are answered: a client must not aim our answers at a service. */
  async answer(to: string, message: AmqpMessage): Promise<Outcome> {
    if (!this.#profile.isReplyAddress(to)) {
      throw new AmqpError('amqp-bad-reply-to', `Answer to ${quoted(to)}: that is no reply address`);
    }
    const bytes = encodeMessage(message, to, TRANSFER_HEAD_BYTES);
    // One anonymous sender serves all addresses.
    const address = this.#profile.answer === 'anonymous' ? '' : to;
    const target = address === '' ? {} : { address };
    const sender: SenderLink =
      this.#pool.get(address) ??
      (await this.#pool.open(address, async () => await this.#connection.openSender(target)));
    return await sender.send(bytes);
  }
}
