/**
 * A receiving link with explicit credit. A message that cannot be decoded is rejected, alone: the link and the
 * connection go on, and the sender (or the broker's dead-letter queue) learns why.
 */
import { AmqpError, asAmqpError, quoted } from './errors.js';
import { ACCEPTED, RELEASED } from './guards/dispositions.js';
import type { LinkHost } from './link-host.js';
import { decodeMessage } from './message-decoder.js';
import type { AmqpMessage, Delivery, Peer } from './message.js';
import { conditionOf } from './outcome.js';
import { messages, terminusOf, type LinkEnd, type RheaDelivery, type RheaLink } from './rhea.js';

/** A message that came in on a link. */
export class LinkDelivery implements Delivery {
  readonly message: AmqpMessage;
  readonly peer: Peer;
  readonly #link: ReceiverLink;
  #delivery: RheaDelivery | null;

  constructor(link: ReceiverLink, delivery: RheaDelivery, message: AmqpMessage) {
    this.#link = link;
    this.#delivery = delivery;
    this.message = message;
    this.peer = link.peer;
  }

  accept(): void {
    this.#settle(ACCEPTED);
  }

  reject(condition: string, description: string): void {
    if (this.#delivery !== null) this.#settle(rejected(condition, description));
  }

  release(): void {
    this.#settle(RELEASED);
  }

  #settle(state: unknown): void {
    const delivery = this.#delivery;
    this.#delivery = null;
    if (delivery !== null) this.#link.settle(delivery, state);
  }
}

/** What happens on a receiving link. */
export interface ReceiverListener {
  onDelivery(delivery: LinkDelivery): void;
  /** A message that was refused or aborted without being handed on: it used up a credit all the same. */
  onRefused?(): void;
}

function rejected(condition: string, description: string): unknown {
  return messages.rejected({ error: { condition, description } }).described();
}

export class ReceiverLink implements LinkEnd {
  readonly #host: LinkHost;
  readonly #link: RheaLink;
  readonly #listener: ReceiverListener;
  #end: AmqpError | null = null;
  #opened: { resolve(): void; reject(error: AmqpError): void } | null = null;
  #onEnd: (error: AmqpError) => void = () => undefined;
  /** Resolves when the peer agreed to the link. */
  readonly opened: Promise<void>;

  constructor(host: LinkHost, link: RheaLink, listener: ReceiverListener) {
    this.#host = host;
    this.#link = link;
    this.#listener = listener;
    this.opened = new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    this.opened.catch(() => undefined);
    link.arpa2 = this;
    if (link.state.remote_open) this.onRemoteOpen();
  }

  get peer(): Peer {
    return this.#host.peer;
  }

  /** The address the peer sends from; the minted one, for a dynamic source. */
  get address(): string | null {
    return terminusOf(this.#link.source)?.address ?? null;
  }

  /** Messages that the peer may still send. */
  get credit(): number {
    return this.#link.credit;
  }

  /** Lets the peer send more messages, or (negative) fewer; the latter races with what is already under way. */
  addCredit(amount: number): void {
    if (this.#end !== null) return;
    this.#link.credit = Math.max(0, this.#link.credit + amount);
    this.#link.issue_flow = true;
    this.#link.connection._register();
  }

  get isEnded(): boolean {
    return this.#end !== null;
  }

  /** Is called once, when the link is no more. */
  set whenEnded(listener: (error: AmqpError) => void) {
    this.#onEnd = listener;
    if (this.#end !== null) listener(this.#end);
  }

  /** Detaches. */
  close(): void {
    this.finish(new AmqpError('amqp-closed', 'Receive messages: the link was closed'));
    this.#link.close();
  }

  /** Settles a delivery of this link. */
  settle(delivery: RheaDelivery, state: unknown): void {
    if (this.#end === null) this.#link.session.incoming.update(delivery, true, state);
  }

  onRemoteOpen(): void {
    // A null source is a refusal: the detach with its reason follows.
    if (terminusOf(this.#link.source) === null) return;
    this.#opened?.resolve();
    this.#opened = null;
  }

  onRemoteClose(error: unknown): void {
    const { condition, description } = conditionOf(error);
    const reason = quoted(description === '' ? (condition ?? 'no reason given') : description);
    const code = condition === 'amqp:not-found' ? 'amqp-not-found' : 'amqp-link-refused';
    this.finish(new AmqpError(code, `Receive messages: the peer ended the link: ${reason}`, { condition }));
  }

  /** The link is gone. */
  finish(error: AmqpError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#opened?.reject(error);
    this.#opened = null;
    this.#host.forget(this);
    this.#onEnd(error);
  }

  onMessage(delivery: RheaDelivery & { readonly format?: number }, bytes: Buffer): void {
    try {
      if ((delivery.format ?? 0) !== 0) throw new AmqpError('amqp-bad-message', 'Decode a message: unknown format');
      const incoming = new LinkDelivery(this, delivery, decodeMessage(bytes));
      this.#hand(incoming);
    } catch (error) {
      const { message } = asAmqpError(error, 'amqp-bad-message', 'Decode a message: it cannot be read');
      this.#refuse(delivery, 'amqp:decode-error', message);
    }
  }

  onOversize(delivery: RheaDelivery): void {
    const { maxMessageBytes } = this.#host.limits;
    this.#refuse(delivery, 'amqp:link:message-size-exceeded', `The message is larger than ${maxMessageBytes} bytes`);
  }

  onAborted(): void {
    this.#listener.onRefused?.();
  }

  /** An exception of a listener must not reach rhea, which would drop the connection. */
  #hand(delivery: LinkDelivery): void {
    try {
      this.#listener.onDelivery(delivery);
    } catch (error) {
      this.#host.logger.error({ peer: this.#host.peer, err: error }, 'amqp delivery handler failed');
      delivery.release();
    }
  }

  #refuse(delivery: RheaDelivery, condition: string, description: string): void {
    this.#host.logger.warn({ peer: this.#host.peer, condition, description }, 'amqp message rejected');
    this.settle(delivery, rejected(condition, description));
    this.#listener.onRefused?.();
  }
}
