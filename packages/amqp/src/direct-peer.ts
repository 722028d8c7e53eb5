import type { AnswerRoute } from './answer.js';
import type { Connection } from './connection.js';
import { AmqpError, asAmqpError, quoted } from './errors.js';
import { TRANSFER_HEAD_BYTES } from './frames.js';
import { encodeMessage } from './message-encoder.js';
import type { AmqpMessage, Outcome } from './message.js';
import { mintDirectReplyAddress } from './profile.js';
import { ReceiverLink, type LinkDelivery } from './receiver.js';
import { terminusOf, type RheaLink } from './rhea.js';
import { SenderLink } from './sender.js';

/** What a direct peer's messages go to. */
export interface DirectHost {
  /** The one address that is served. */
  readonly address: string;
  readonly isDraining: boolean;
  onLink(link: ReceiverLink): void;
  onLinkEnded(link: ReceiverLink): void;
  onDelivery(link: ReceiverLink, delivery: LinkDelivery, route: AnswerRoute): void;
  onRefused(link: ReceiverLink): void;
}

const NOT_FOUND = 'amqp:not-found';

/**
 * The links of one peer that talks to our listener. It may send to the served address, on a link of that address or
 * on an anonymous one, and it may have reply links, whose addresses we make up. Nothing else is here to be found.
 */
export class DirectPeer implements AnswerRoute {
  readonly #host: DirectHost;
  readonly #replies = new Map<string, SenderLink>();

  constructor(host: DirectHost) {
    this.#host = host;
  }

  get servedAs(): string {
    return this.#host.address;
  }

  /** Takes or refuses a link that the peer attached. */
  onLink(link: RheaLink, connection: Connection): void {
    if (this.#host.isDraining) refuse(link, 'amqp:connection:forced', 'The service takes no new links');
    else if (link.is_receiver()) this.#takeCommands(link, connection);
    else this.#giveReplies(link, connection);
  }

  /**
   * Only reply links of this very connection are answered: the address of somebody else is none of this peer's.
   *
   * The outcome is not waited for. A peer may want that of its request before it reads the answer (Proton's blocking
   * client does), and one that never settles answers must not keep what waits for it.
   */
  answer(to: string, message: AmqpMessage): Promise<Outcome> {
    const sender = this.#replies.get(to);
    if (sender === undefined) {
      const text = `Answer to ${quoted(to)}: the connection has no such reply link`;
      return Promise.reject(new AmqpError('amqp-bad-reply-to', text));
    }
    try {
      return sender.send(encodeMessage(message, to, TRANSFER_HEAD_BYTES), undefined, 'sent');
    } catch (error) {
      return Promise.reject(asAmqpError(error, 'amqp-bad-message', 'Answer a message: it cannot be encoded'));
    }
  }

  #takeCommands(link: RheaLink, connection: Connection): void {
    const target = terminusOf(link.target);
    const address = target?.address ?? null;
    if (target === null || target.dynamic === true) {
      refuse(link, 'amqp:not-implemented', 'Only plain targets are served');
      return;
    }
    if (address !== null && address !== this.#host.address) {
      refuse(link, NOT_FOUND, 'There is no such address here');
      return;
    }
    link.set_target({ address });
    link.set_source({ address: terminusOf(link.source)?.address });
    link.local.attach.max_message_size = connection.limits.maxMessageBytes;
    const isAnonymous = address === null;
    const receiver: ReceiverLink = new ReceiverLink(connection, link, {
      onDelivery: (delivery) => {
        this.#onDelivery(receiver, delivery, isAnonymous);
      },
      onRefused: () => {
        this.#host.onRefused(receiver);
      },
    });
    receiver.whenEnded = () => {
      this.#host.onLinkEnded(receiver);
    };
    connection.adopt(receiver);
    this.#host.onLink(receiver);
  }

  #onDelivery(receiver: ReceiverLink, delivery: LinkDelivery, isAnonymous: boolean): void {
    if (isAnonymous && delivery.message.to !== this.#host.address) {
      delivery.reject(NOT_FOUND, 'There is no such address here');
      this.#host.onRefused(receiver);
      return;
    }
    this.#host.onDelivery(receiver, delivery, this);
  }

  #giveReplies(link: RheaLink, connection: Connection): void {
    const source = terminusOf(link.source);
    if (source?.dynamic !== true) {
      refuse(link, NOT_FOUND, 'There is no such address here; reply links are dynamic');
      return;
    }
    const address = mintDirectReplyAddress();
    link.set_source({ address, dynamic: true });
    link.set_target({ address: terminusOf(link.target)?.address });
    if (link.snd_settle_mode === 1) link.local.attach.snd_settle_mode = 1;
    const sender = new SenderLink(connection, link);
    this.#replies.set(address, sender);
    sender.whenEnded = () => {
      this.#replies.delete(address);
    };
    connection.adopt(sender);
  }
}

function refuse(link: RheaLink, condition: string, description: string): void {
  link.close({ condition, description });
}
