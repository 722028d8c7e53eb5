/**
 * One AMQP connection, over a wire that is past SASL.
 *
 * Stages: opening (until the peer's open), open, closing, down. `whenDown` is told exactly once, with the reason; by
 * then every link has ended and every pending send has its error. rhea's events end here.
 */
import { randomUUID } from 'node:crypto';
import { before, type Patience } from './deadline.js';
import { AmqpError, asAmqpError, quoted } from './errors.js';
import { guardConnection } from './guards/connection.js';
import { guardTransport } from './guards/transport.js';
import { installDecoderGuard } from './guards/decoder.js';
import type { ConnectionLimits } from './limits.js';
import type { LinkHost, Sweepable } from './link-host.js';
import type { Logger } from './logger.js';
import type { Peer } from './message.js';
import { conditionOf } from './outcome.js';
import { ReceiverLink, type ReceiverListener } from './receiver.js';
import { container, type RheaConnection, type RheaLink, type RheaSession } from './rhea.js';
import { SenderLink } from './sender.js';
import type { Wire } from './wire.js';

const SWEEP_MS = 1000;
const CLOSE_MS = 2000;

/** What a connection is made of. */
export interface ConnectionSettings {
  readonly wire: Wire;
  readonly role: 'client' | 'server';
  readonly peer: Peer;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  /** The host we meant to reach; a client's open names it. */
  readonly hostname?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly offeredCapabilities?: readonly string[];
  /** A server: the peer attached a link. Either end takes it, or closes it. */
  onPeerLink?(link: RheaLink, connection: Connection): void;
}

/** What the peer told in its open. */
export interface PeerOpen {
  readonly containerId: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly offeredCapabilities: readonly string[];
}

interface LinkContext {
  readonly sender?: RheaLink;
  readonly receiver?: RheaLink;
  readonly session: RheaSession;
}

type Link = SenderLink | ReceiverLink;

export class Connection implements LinkHost {
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly peer: Peer;
  readonly #settings: ConnectionSettings;
  readonly #wire: Wire;
  readonly #rhea: RheaConnection;
  readonly #links = new Set<Link>();
  readonly #waiting = new Set<Sweepable>();
  #sweeper: NodeJS.Timeout | null = null;
  #opened: { resolve(): void; reject(error: AmqpError): void } | null = null;
  #reason: AmqpError | null = null;
  #down: AmqpError | null = null;
  #onDown: (error: AmqpError) => void = () => undefined;
  #closing: Promise<void> | null = null;

  private constructor(settings: ConnectionSettings) {
    installDecoderGuard();
    const { wire, limits, role } = settings;
    this.#settings = settings;
    this.limits = limits;
    this.logger = settings.logger;
    this.peer = settings.peer;
    this.#wire = wire;
    this.#rhea = container.create_connection(rheaOptions(settings));
    guardConnection(this.#rhea, limits, role === 'server', (frame) => {
      wire.write(frame);
    });
    this.#listen();
  }

  /** Exchanges opens with the peer. The wire is closed if that fails. */
  static async open(settings: ConnectionSettings, patience: Patience): Promise<Connection> {
    const connection = new Connection(settings);
    const { wire, role } = settings;
    const opened = new Promise<void>((resolve, reject) => {
      connection.#opened = { resolve, reject };
    });
    wire.watch(
      (error) => {
        connection.#onClosed(error);
      },
      () => {
        connection.#onDrain();
      },
    );
    if (role === 'server') connection.#rhea.accept(wire);
    else connection.#rhea.connect();
    guardTransport(connection.#rhea);
    wire.stream();
    try {
      await before(
        opened,
        patience,
        () => new AmqpError('amqp-timeout', 'Open a connection: the peer does not answer'),
      );
    } catch (error) {
      wire.destroy();
      throw error;
    }
    return connection;
  }

  get isCongested(): boolean {
    return this.#wire.isCongested;
  }

  get maxOutgoingFrame(): number {
    return this.#rhea.max_frame_size ?? Infinity;
  }

  write(frame: Buffer): void {
    this.#wire.write(frame);
  }

  get isDown(): boolean {
    return this.#down !== null;
  }

  /** What the peer told about itself. */
  get remote(): PeerOpen {
    const offered = this.#rhea.offered_capabilities;
    const list: unknown[] = Array.isArray(offered) ? offered : [offered];
    return {
      containerId: this.#rhea.container_id ?? '',
      properties: this.#rhea.properties ?? {},
      offeredCapabilities: list.filter((each): each is string => typeof each === 'string'),
    };
  }

  /** Is called once, when the connection is no more. */
  set whenDown(listener: (error: AmqpError) => void) {
    this.#onDown = listener;
    if (this.#down !== null) listener(this.#down);
  }

  /**
   * Attaches a sender, in a session of its own.
   *
   * @param target terminus; an empty one is the anonymous relay
   */
  async openSender(target: object, signal?: AbortSignal): Promise<SenderLink> {
    const session = this.#begin();
    const link = session.attach_sender({ name: `arpa2-${randomUUID()}`, target });
    return await this.#attached(this.adopt(new SenderLink(this, link)), session, signal);
  }

  /** Attaches a receiver without credit, in a session of its own. */
  async openReceiver(source: object, listener: ReceiverListener, signal?: AbortSignal): Promise<ReceiverLink> {
    const session = this.#begin();
    const { maxMessageBytes } = this.limits;
    const name = `arpa2-${randomUUID()}`;
    const link = session.attach_receiver({ name, source, max_message_size: maxMessageBytes });
    return await this.#attached(this.adopt(new ReceiverLink(this, link, listener)), session, signal);
  }

  /** Has a link end with the connection. */
  adopt<T extends Link>(link: T): T {
    if (this.#down !== null) link.finish(this.#down);
    else this.#links.add(link);
    return link;
  }

  forget(link: object): void {
    this.#links.delete(link as Link);
  }

  watch(waiting: Sweepable): void {
    this.#waiting.add(waiting);
    this.#sweeper ??= setInterval(() => {
      this.#sweep();
    }, SWEEP_MS).unref();
  }

  renew(reason: AmqpError): void {
    this.#reason ??= reason;
    this.logger.warn({ peer: this.peer, code: reason.code, reason: reason.message }, 'amqp connection renewed');
    void this.close({ condition: 'amqp:connection:forced', description: reason.message }); // never rejects
  }

  /** Waits until nothing is pending on any sender, up to a limit. */
  async flush(patience: Patience): Promise<void> {
    const senders = [...this.#links].filter((link): link is SenderLink => link instanceof SenderLink);
    const all = Promise.all(senders.map(async (sender) => await sender.idle()));
    await before(
      all,
      patience,
      () => new AmqpError('amqp-timeout', 'Close a connection: messages stay unsettled'),
    ).catch((error: unknown) => {
      this.logger.warn({ peer: this.peer, err: error }, 'amqp connection closed with messages pending');
    });
  }

  /** Closes in good order. Idempotent. */
  async close(error?: { condition: string; description: string }): Promise<void> {
    this.#closing ??= this.#close(error);
    await this.#closing;
  }

  /** Closes at once. */
  destroy(reason: AmqpError = new AmqpError('amqp-closed', 'The connection was closed')): void {
    this.#reason ??= reason;
    this.#wire.destroy(reason);
    this.#onClosed(reason);
  }

  async #close(error?: { condition: string; description: string }): Promise<void> {
    if (this.#down !== null) return;
    this.#reason ??= new AmqpError('amqp-closed', 'The connection was closed');
    const down = new Promise<void>((resolve) => {
      const tell = this.#onDown;
      this.whenDown = (reason) => {
        tell(reason);
        resolve();
      };
    });
    this.#rhea.close(error);
    await before(down, { timeoutMs: CLOSE_MS }, () => new AmqpError('amqp-timeout', 'Close a connection')).catch(() => {
      this.destroy();
    });
  }

  #begin(): RheaSession {
    if (this.#down !== null) throw this.#down;
    const session = this.#rhea.create_session();
    session.begin();
    return session;
  }

  async #attached<T extends Link>(link: T, session: RheaSession, signal: AbortSignal | undefined): Promise<T> {
    try {
      const patience = { timeoutMs: this.limits.replyTimeoutMs, signal };
      await before(
        link.opened,
        patience,
        () => new AmqpError('amqp-timeout', 'Attach a link: the peer does not answer'),
      );
      return link;
    } catch (error) {
      link.finish(asAmqpError(error, 'amqp-closed', 'Attach a link: given up'));
      session.close();
      throw error;
    }
  }

  #listen(): void {
    const { logger } = this;
    const onPeerLink = this.#settings.onPeerLink?.bind(this.#settings);
    const on = (event: string, listener: (context: LinkContext) => void): void => {
      this.#rhea.on(event, listener);
    };
    const opened = ({ sender, receiver }: LinkContext): void => {
      const link = sender ?? receiver;
      if (link === undefined) return;
      if (link.arpa2 !== undefined) link.arpa2.onRemoteOpen?.();
      else if (onPeerLink !== undefined) onPeerLink(link, this);
      else link.close({ condition: 'amqp:not-allowed', description: 'No links are taken here' });
    };
    const closed = ({ sender, receiver }: LinkContext): void => {
      const link = sender ?? receiver;
      link?.arpa2?.onRemoteClose?.(link.error);
    };
    on('sender_open', opened);
    on('receiver_open', opened);
    for (const event of ['sender_close', 'receiver_close', 'sender_error', 'receiver_error']) on(event, closed);
    for (const event of ['session_close', 'session_error']) {
      on(event, ({ session }) => {
        for (const link of Object.values(session.links)) link.arpa2?.onRemoteClose?.(session.error);
      });
    }
    on('connection_open', () => {
      this.#opened?.resolve();
      this.#opened = null;
    });
    on('connection_close', () => {
      this.#onPeerClose();
    });
    on('connection_error', () => {
      this.#onPeerClose();
    });
    // Without a listener of each of these rhea prints what it received, payload and all.
    for (const event of ['protocol_error', 'error']) {
      this.#rhea.on(event, (error: unknown) => {
        this.#violated(error);
      });
    }
    on('disconnected', () => {
      logger.trace({ peer: this.peer }, 'amqp disconnected');
    });
  }

  #onPeerClose(): void {
    const { condition, description } = conditionOf(this.#rhea.error);
    const why = quoted(description === '' ? (condition ?? 'no reason given') : description);
    this.#reason ??= new AmqpError('amqp-peer-closed', `The peer closed the connection: ${why}`, { condition });
  }

  #violated(error: unknown): void {
    const reason = asAmqpError(error, 'amqp-protocol', 'Read a frame of the peer: it cannot be read');
    this.#reason ??= reason;
    this.logger.warn({ peer: this.peer, code: reason.code, reason: reason.message }, 'amqp peer broke the protocol');
    this.#rhea.close({ condition: reason.condition ?? 'amqp:decode-error', description: reason.message });
  }

  #onDrain(): void {
    for (const link of this.#links) if (link instanceof SenderLink) link.onCredit();
  }

  #onClosed(error: AmqpError | null): void {
    if (this.#down !== null) return;
    const reason = this.#reason ?? error ?? new AmqpError('amqp-connection-lost', 'The peer closed the connection');
    this.#down = reason;
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#opened?.reject(reason);
    this.#opened = null;
    const lost =
      reason.code === 'amqp-connection-lost'
        ? reason
        : new AmqpError('amqp-connection-lost', 'The connection was lost', { cause: reason });
    for (const link of this.#links) link.finish(lost);
    this.#links.clear();
    this.#onDown(reason);
  }

  #sweep(): void {
    const now = Date.now();
    for (const waiting of this.#waiting) if (!waiting.sweep(now)) this.#waiting.delete(waiting);
    if (this.#waiting.size === 0 && this.#sweeper !== null) {
      clearInterval(this.#sweeper);
      this.#sweeper = null;
    }
  }
}

function rheaOptions(settings: ConnectionSettings): object {
  const { wire, limits, peer, hostname, properties, offeredCapabilities } = settings;
  return {
    id: peer.connectionId,
    container_id: `arpa2amqp-${randomUUID()}`,
    hostname,
    properties: { product: 'arpa2amqp', ...properties },
    offered_capabilities: offeredCapabilities,
    max_frame_size: limits.maxFrameBytes,
    channel_max: limits.maxSessions - 1,
    idle_time_out: limits.idleTimeoutMs,
    reconnect: false,
    disable_sasl: true, // the wire did it
    receiver_options: { credit_window: 0, autoaccept: false },
    sender_options: { treat_modified_as_released: false },
    connection_details: () => ({
      connect: (_port: unknown, _host: unknown, _options: unknown, connected: () => void) => {
        process.nextTick(connected);
        return wire;
      },
    }),
  };
}
