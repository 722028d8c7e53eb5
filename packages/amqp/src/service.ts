/**
 * The answering side: takes deliveries of one address, never more at a time than there are slots, by listening or
 * through a broker.
 *
 * States: open, down (connecting again), draining (takes nothing more, answers still go out), failed, closed.
 */
import type { AnswerRoute } from './answer.js';
import type { ReconnectOptions } from './backoff.js';
import { ConnectedPeer } from './connected-peer.js';
import type { Connection } from './connection.js';
import type { ClientTls } from './dial.js';
import { DirectPeer } from './direct-peer.js';
import { formatEndpoint, parseEndpoint } from './endpoint-url.js';
import { AmqpError } from './errors.js';
import { Incoming } from './incoming.js';
import { DEFAULT_CONNECTION_LIMITS, type ConnectionLimits } from './limits.js';
import { Listener, type ServerTls } from './listener.js';
import { silentLogger, type Logger } from './logger.js';
import { DIRECT_PROPERTIES, profileFor, type ProfileChoice } from './profile.js';
import type { LinkDelivery, ReceiverLink } from './receiver.js';
import { Reconnecting } from './reconnecting.js';
import type { ClientSasl, ServerSasl } from './sasl.js';
import { SlotPool } from './slots.js';
import { tell } from './tell.js';

/** Listens itself; no broker. */
export interface ListenAt {
  /** `amqp://HOST:PORT` or `amqps://HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  readonly tls?: ServerTls;
  /** Who may log in. Default: anyone on a loopback address, nobody elsewhere. */
  readonly sasl?: ServerSasl;
  /** Connections at one time. Default 1024. */
  readonly maxConnections?: number;
}

/** Connects to a broker. */
export interface ConnectAt {
  readonly connect: string;
  readonly tls?: ClientTls;
  readonly sasl?: ClientSasl | readonly ClientSasl[];
  /** How the broker spells addresses. Default: found out from its open. */
  readonly profile?: ProfileChoice;
  readonly reconnect?: ReconnectOptions;
  /** Aborts the first connect. */
  readonly signal?: AbortSignal;
}

/** Options of {@link serve}. */
export interface ServeOptions {
  /** The canonical address that is served. */
  readonly address: string;
  readonly at: ListenAt | ConnectAt;
  /** Deliveries at work at one time. */
  readonly slots: number;
  /** Largest message taken. Default 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Takes a delivery. It must be settled, and its slot given back by `done()`. */
  onDelivery(incoming: Incoming): void;
  /** The connection to the broker is down; `isFinal`: it will not come back (a refused login). */
  onDown?(error: AmqpError, isFinal: boolean): void;
  /** The connection to the broker is up again. */
  onReconnect?(): void;
  readonly logger?: Logger;
  /** Other bounds; for tests and unusual peers. */
  readonly limits?: Partial<ConnectionLimits>;
}

/** What a service is doing. */
export type ServiceState = 'open' | 'down' | 'draining' | 'failed' | 'closed';

/** Numbers of a service, for logs and tests. */
export interface ServiceStats {
  readonly connections: number;
  readonly links: number;
  /** Deliveries at work. */
  readonly busy: number;
  /** Deliveries that found no free slot. */
  readonly waiting: number;
  /** Credit that is out. */
  readonly credit: number;
}

const FLUSH_MS = 2000;

/** An address being served. Made by {@link serve}. */
export class Service implements AsyncDisposable {
  readonly #options: ServeOptions;
  readonly #logger: Logger;
  readonly #limits: ConnectionLimits;
  readonly #slots: SlotPool<Incoming>;
  #listener: Listener | null = null;
  #reconnecting: Reconnecting | null = null;
  #state: ServiceState = 'open';
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(options: ServeOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    const maxUnsettled = Math.max(DEFAULT_CONNECTION_LIMITS.maxUnsettled, options.slots * 2);
    this.#limits = {
      ...DEFAULT_CONNECTION_LIMITS,
      maxUnsettled,
      ...options.limits,
      ...(options.maxMessageBytes === undefined ? {} : { maxMessageBytes: options.maxMessageBytes }),
    };
    this.#slots = new SlotPool(options.slots, (incoming, done) => {
      this.#hand(incoming, done);
    });
  }

  /** @internal */
  async start(): Promise<void> {
    const { at } = this.#options;
    if ('listen' in at) await this.#listen(at);
    else await this.#connect(at);
  }

  /** Where the service is: the bound URL, or that of the broker (without credentials). */
  get url(): string {
    const { at } = this.#options;
    return this.#listener?.url ?? formatEndpoint(parseEndpoint('listen' in at ? at.listen : at.connect));
  }

  get state(): ServiceState {
    return this.#state;
  }

  get stats(): ServiceStats {
    const { links, busy, waiting, credit } = this.#slots;
    const connections = this.#listener?.connections.size ?? (this.#reconnecting?.connection ? 1 : 0);
    return { connections, links, busy, waiting, credit };
  }

  /** Grants no more credit; what arrives all the same is released. Links stay, so that answers can go out. */
  drain(): void {
    if (this.#state === 'open' || this.#state === 'down') this.#state = 'draining';
    this.#slots.drain();
  }

  /**
   * Drains, waits a little (2 s) for answers under way, and closes. Idempotent. What is still at work is not waited for:
   * whoever started it knows how long that may take.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Closes at once. */
  destroy(): void {
    this.#state = 'closed';
    this.#slots.drain();
    this.#listener?.destroy();
    this.#reconnecting?.stop();
    this.#reconnecting?.connection?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.drain();
    this.#reconnecting?.stop();
    const connections = [...(this.#listener?.connections ?? [])];
    if (this.#reconnecting?.connection) connections.push(this.#reconnecting.connection);
    await Promise.all(connections.map(async (connection) => await connection.flush({ timeoutMs: FLUSH_MS })));
    this.#state = 'closed';
    await this.#listener?.close();
    await this.#reconnecting?.connection?.close();
  }

  async #listen(at: ListenAt): Promise<void> {
    const slots = this.#slots;
    const isDraining = (): boolean => this.#state !== 'open';
    const host = {
      address: this.#options.address,
      get isDraining(): boolean {
        return isDraining();
      },
      onLink: (link: ReceiverLink) => slots.add(link),
      onLinkEnded: (link: ReceiverLink) => slots.remove(link),
      onRefused: (link: ReceiverLink) => slots.refused(link),
      onDelivery: (link: ReceiverLink, delivery: LinkDelivery, route: AnswerRoute) => {
        slots.arrived(link, new Incoming(delivery, route));
      },
    };
    this.#listener = await Listener.open({
      url: at.listen,
      tls: at.tls,
      sasl: at.sasl,
      maxConnections: at.maxConnections ?? 1024,
      limits: this.#limits,
      logger: this.#logger,
      properties: DIRECT_PROPERTIES,
      offeredCapabilities: ['ANONYMOUS-RELAY'],
      welcome: () => {
        const peer = new DirectPeer(host);
        return (link, connection) => {
          peer.onLink(link, connection);
        };
      },
    });
  }

  async #connect(at: ConnectAt): Promise<void> {
    const { connect: url, tls, sasl, reconnect, signal } = at;
    this.#reconnecting = new Reconnecting(
      { url, tls, sasl, limits: this.#limits, logger: this.#logger, signal },
      reconnect,
      {
        onUp: async (connection) => {
          await this.#onUp(connection, at);
        },
        onAgain: () => {
          tell(this.#logger, () => this.#options.onReconnect?.());
        },
        onDown: (error, isFinal) => {
          this.#onDown(error, isFinal);
        },
      },
    );
    await this.#reconnecting.start();
  }

  async #onUp(connection: Connection, at: ConnectAt): Promise<void> {
    const profile = profileFor(connection.remote, at.profile);
    const address = profile.encode(this.#options.address);
    const route = new ConnectedPeer(connection, profile, address);
    const { capabilities } = profile;
    const source = capabilities === undefined ? { address } : { address, capabilities };
    const link: ReceiverLink = await connection.openReceiver(source, {
      onDelivery: (delivery) => {
        this.#slots.arrived(link, new Incoming(delivery, route));
      },
      onRefused: () => {
        this.#slots.refused(link);
      },
    });
    link.whenEnded = (error) => {
      this.#slots.remove(link);
      if (!connection.isDown) connection.renew(error);
    };
    this.#slots.add(link);
    if (this.#state === 'down') this.#state = 'open';
    this.#logger.info({ peer: connection.peer, profile: profile.name }, 'amqp connected');
  }

  #onDown(error: AmqpError, isFinal: boolean): void {
    if (error.code === 'amqp-closed') return;
    if (isFinal) this.#state = 'failed';
    else if (this.#state === 'open') this.#state = 'down';
    this.#logger.warn({ code: error.code, reason: error.message }, 'amqp connection down');
    tell(this.#logger, () => this.#options.onDown?.(error, isFinal));
  }

  /** The handler's exceptions end here: the delivery goes back, its slot too. */
  #hand(incoming: Incoming, done: () => void): void {
    incoming.begin(done);
    try {
      this.#options.onDelivery(incoming);
    } catch (error) {
      this.#logger.error({ peer: incoming.peer, err: error }, 'amqp delivery handler failed');
      incoming.release();
      incoming.done();
    }
  }
}

/**
 * Serves an address.
 *
 * @throws AmqpError (as rejection) when it cannot listen, or the first connect fails
 */
export async function serve(options: ServeOptions): Promise<Service> {
  if (!Number.isInteger(options.slots) || options.slots < 1) {
    throw new AmqpError('amqp-bad-options', 'Serve an address: slots must be a whole number above 0');
  }
  const service = new Service(options);
  await service.start();
  return service;
}
