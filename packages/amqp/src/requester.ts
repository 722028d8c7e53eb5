/**
 * The asking side: one connection, one reply link, one sender for each address.
 *
 * Q1. Every `send` ends: an outcome, or an error. `amqp-connection-lost` means that nobody knows what became of it.
 * Q2. After a reconnect the reply address is a new one. Nothing is sent again here: the caller knows what it may
 *     repeat, and is told by `onReconnect`.
 * Q3. The reply link always has credit for every request under way, and a reserve.
 */
import type { ReconnectOptions } from './backoff.js';
import type { Connection } from './connection.js';
import type { ClientTls } from './dial.js';
import { AmqpError, asAmqpError } from './errors.js';
import { DEFAULT_CONNECTION_LIMITS, type ConnectionLimits } from './limits.js';
import { silentLogger, type Logger } from './logger.js';
import { TRANSFER_HEAD_BYTES } from './frames.js';
import { encodeMessage } from './message-encoder.js';
import type { AmqpMessage, Outcome } from './message.js';
import { profileFor, type AddressProfile, type ProfileChoice } from './profile.js';
import { Reconnecting } from './reconnecting.js';
import type { LinkDelivery, ReceiverLink } from './receiver.js';
import type { ClientSasl } from './sasl.js';
import { SenderPool } from './sender-pool.js';
import { tell } from './tell.js';

/** Options of {@link openRequester}. */
export interface RequesterOptions {
  /** `amqp://HOST:PORT` or `amqps://HOST:PORT`; a name and password in it mean PLAIN. */
  readonly url: string;
  readonly tls?: ClientTls;
  /** Ways to log in, by preference. */
  readonly sasl?: ClientSasl | readonly ClientSasl[];
  /** How the peer spells addresses. Default: found out from its open. */
  readonly profile?: ProfileChoice;
  /** Longest time from connect to open. Default 10,000. */
  readonly connectTimeoutMs?: number;
  readonly reconnect?: ReconnectOptions;
  /** Largest reply taken. Default 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Is handed every reply, already accepted. */
  onReply(message: AmqpMessage): void;
  /** The connection is up again, with a new reply address. */
  onReconnect?(replyTo: string): void;
  /** The connection is down. `isFinal`: it will not come back (a refused login). */
  onDown?(error: AmqpError, isFinal: boolean): void;
  readonly logger?: Logger;
  /** Other bounds; for tests and unusual peers. */
  readonly limits?: Partial<ConnectionLimits>;
  /** Aborts the first connect. */
  readonly signal?: AbortSignal;
}

const RESERVE = 256;
/** Replies that never come are counted for ever: there must be an end to it. */
const MAX_AWAITED = 65_536;
const FLUSH_MS = 5000;

/** One connection to a peer, to ask questions and get replies. Made by {@link openRequester}. */
export class Requester implements AsyncDisposable {
  readonly #options: RequesterOptions;
  readonly #logger: Logger;
  readonly #reconnecting: Reconnecting;
  readonly #pool = new SenderPool();
  #profile: AddressProfile | null = null;
  #replies: ReceiverLink | null = null;
  #replyTo = '';
  #awaited = 0;
  #end: AmqpError | null = null;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(options: RequesterOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    const limits: ConnectionLimits = {
      ...DEFAULT_CONNECTION_LIMITS,
      ...options.limits,
      ...(options.maxMessageBytes === undefined ? {} : { maxMessageBytes: options.maxMessageBytes }),
      ...(options.connectTimeoutMs === undefined ? {} : { handshakeTimeoutMs: options.connectTimeoutMs }),
    };
    const { url, tls, sasl, reconnect, signal } = options;
    this.#reconnecting = new Reconnecting({ url, tls, sasl, limits, logger: this.#logger, signal }, reconnect, {
      onUp: async (connection) => {
        await this.#onUp(connection);
      },
      onAgain: () => {
        tell(this.#logger, () => this.#options.onReconnect?.(this.#replyTo));
      },
      onDown: (error, isFinal) => {
        this.#onDown(error, isFinal);
      },
    });
  }

  /** @internal */
  async start(): Promise<void> {
    await this.#reconnecting.start();
  }

  /** The address replies come to, as the peer spells it. A new one after every reconnect. */
  get replyTo(): string {
    return this.#replyTo;
  }

  /** Whether there is a connection now. */
  get isUp(): boolean {
    return this.#replies !== null && !this.#replies.isEnded;
  }

  /** The address profile in use. */
  get profile(): AddressProfile | null {
    return this.#profile;
  }

  /**
   * Sends a message to a canonical address.
   *
   * @param to such as `/internetwide/arpa2.net/reservoir`
   * @returns what the receiver said
   * @throws AmqpError (as rejection); `amqp-connection-lost` when the outcome is not known, or there is no connection,
   *   or `message.replyTo` is a reply address of before
   */
  send(to: string, message: AmqpMessage, options: { readonly signal?: AbortSignal } = {}): Promise<Outcome> {
    try {
      return this.sendTo(this.#profile?.encode(to) ?? to, message, options);
    } catch (error) {
      return Promise.reject(asAmqpError(error, 'amqp-bad-message', 'Send a message: its address cannot be encoded'));
    }
  }

  /** Sends a message to an address as the peer spells it, such as the `replyTo` of a reply. */
  sendTo(address: string, message: AmqpMessage, options: { readonly signal?: AbortSignal } = {}): Promise<Outcome> {
    const sender = this.#pool.get(address);
    if (sender === undefined || this.#end !== null || !this.isUp) return this.#openAndSend(address, message, options);
    try {
      return sender.send(this.#encode(address, message), options.signal);
    } catch (error) {
      return Promise.reject(asAmqpError(error, 'amqp-bad-message', 'Send a message: it cannot be encoded'));
    }
  }

  /** Waits for what is pending (up to 5 s) and closes. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Closes at once; what is pending is lost. */
  destroy(): void {
    this.#end ??= new AmqpError('amqp-closed', 'The requester was closed');
    this.#reconnecting.stop();
    this.#reconnecting.connection?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#end ??= new AmqpError('amqp-closed', 'The requester was closed');
    this.#reconnecting.stop();
    const { connection } = this.#reconnecting;
    await connection?.flush({ timeoutMs: FLUSH_MS });
    await connection?.close();
  }

  async #openAndSend(
    address: string,
    message: AmqpMessage,
    { signal }: { readonly signal?: AbortSignal },
  ): Promise<Outcome> {
    if (this.#end !== null) throw this.#end;
    const { connection } = this.#reconnecting;
    if (connection === null || !this.isUp) {
      throw new AmqpError('amqp-connection-lost', 'Send a message: there is no connection at the moment');
    }
    const bytes = this.#encode(address, message);
    const sender = await this.#openSender(connection, address, signal);
    return await sender.send(bytes, signal);
  }

  #encode(address: string, message: AmqpMessage): Buffer {
    const isAsking = message.replyTo !== undefined;
    if (isAsking && message.replyTo !== this.#replyTo) {
      throw new AmqpError('amqp-connection-lost', 'Send a message: its reply address is of an earlier connection');
    }
    const bytes = encodeMessage(message, address, TRANSFER_HEAD_BYTES);
    if (isAsking) this.#expectReply();
    return bytes;
  }

  async #openSender(connection: Connection, address: string, signal: AbortSignal | undefined) {
    const capabilities = this.#profile?.capabilities;
    const target = capabilities === undefined ? { address } : { address, capabilities };
    return await this.#pool.open(address, async () => await connection.openSender(target), signal);
  }

  async #onUp(connection: Connection): Promise<void> {
    const profile = profileFor(connection.remote, this.#options.profile);
    const named = profile.reply === 'named' ? profile.mintReplyAddress?.() : undefined;
    const source = named === undefined ? { dynamic: true } : { address: named };
    const { capabilities } = profile;
    this.#pool.clear();
    this.#awaited = 0;
    const replies: ReceiverLink = await connection.openReceiver(
      capabilities === undefined ? source : { ...source, capabilities },
      {
        onDelivery: (delivery) => {
          this.#onReply(replies, delivery);
        },
        onRefused: () => {
          this.#grant(replies);
        },
      },
    );
    const address = named ?? replies.address;
    if (address === null || address === '') {
      throw new AmqpError('amqp-link-refused', 'Open a reply link: the peer gave it no address');
    }
    // A connection without its reply link is of no use.
    replies.whenEnded = (error) => {
      if (!connection.isDown) connection.renew(error);
    };
    this.#profile = profile;
    this.#replies = replies;
    this.#replyTo = address;
    this.#grant(replies);
    this.#logger.info({ peer: connection.peer, profile: profile.name }, 'amqp connected');
  }

  #onDown(error: AmqpError, isFinal: boolean): void {
    this.#replies = null;
    this.#pool.clear();
    if (isFinal) this.#end ??= error;
    if (error.code === 'amqp-closed') return;
    this.#logger.warn({ code: error.code, reason: error.message }, 'amqp connection down');
    tell(this.#logger, () => this.#options.onDown?.(error, isFinal));
  }

  #onReply(replies: ReceiverLink, delivery: LinkDelivery): void {
    delivery.accept();
    if (this.#awaited > 0) this.#awaited -= 1;
    this.#grant(replies);
    this.#options.onReply(delivery.message);
  }

  #expectReply(): void {
    this.#awaited = Math.min(MAX_AWAITED, this.#awaited + 1);
    if (this.#replies !== null) this.#grant(this.#replies);
  }

  /** Q3. In steps of half the reserve, to spare frames. */
  #grant(replies: ReceiverLink): void {
    const missing = this.#awaited + RESERVE - replies.credit;
    if (missing >= RESERVE / 2) replies.addCredit(missing);
  }
}

/**
 * Connects to a daemon or a broker.
 *
 * @throws AmqpError (as rejection) when the first connect fails; later ones are repeated by themselves
 */
export async function openRequester(options: RequesterOptions): Promise<Requester> {
  const requester = new Requester(options);
  await requester.start();
  return requester;
}
