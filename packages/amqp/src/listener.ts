/** Accepts connections on a socket of our own: limits, TLS, SASL and open, in that order, against one clock. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { Connection } from './connection.js';
import { before } from './deadline.js';
import { formatEndpoint, isLoopback, parseEndpoint, type Endpoint } from './endpoint-url.js';
import { AmqpError } from './errors.js';
import type { ConnectionLimits } from './limits.js';
import type { Logger } from './logger.js';
import type { RheaLink } from './rhea.js';
import type { ServerSasl } from './sasl.js';
import { SASL_HEADER } from './sasl-frames.js';
import { letIn } from './sasl-server.js';
import { Wire } from './wire.js';

/** TLS settings of a listener: `key`, `cert`, `ca`, `requestCert` and so on, as Node's `tls.createServer` takes them. */
export type ServerTls = TlsOptions;

/** Where to listen, and for whom. */
export interface ListenerOptions {
  readonly url: string;
  readonly tls?: ServerTls | undefined;
  readonly sasl?: ServerSasl | undefined;
  readonly maxConnections: number;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly properties: Readonly<Record<string, string>>;
  readonly offeredCapabilities: readonly string[];
  /** Makes what takes the links that one peer attaches. */
  welcome(): (link: RheaLink, connection: Connection) => void;
}

/** Connections above the limit that may be there for a moment, to be told so. */
const HANGING = 256;

let accepted = 0;

/** Who may log in: ANONYMOUS is the default on loopback, and possible nowhere else. */
function saslOf(options: ListenerOptions, endpoint: Endpoint): ServerSasl {
  const isLocal = isLoopback(endpoint.host);
  const sasl = options.sasl ?? (isLocal ? { anonymous: true } : {});
  const where = `Listen on ${endpoint.host}`;
  if (endpoint.isTls && options.tls === undefined) {
    throw new AmqpError('amqp-bad-options', `${where}: amqps needs a certificate and its key`);
  }
  if (!endpoint.isTls && options.tls !== undefined) {
    throw new AmqpError('amqp-bad-options', `${where}: TLS settings need an amqps URL`);
  }
  if (sasl.external !== undefined && options.tls?.requestCert !== true) {
    throw new AmqpError('amqp-bad-options', `${where}: EXTERNAL needs TLS that asks for client certificates`);
  }
  if (isLocal) return sasl;
  if (sasl.anonymous === true) {
    throw new AmqpError('amqp-bad-options', `${where}: ANONYMOUS is for loopback addresses only`);
  }
  if (sasl.plain !== undefined && !endpoint.isTls) {
    throw new AmqpError('amqp-bad-options', `${where}: PLAIN outside a loopback address needs amqps`);
  }
  if (sasl.plain === undefined && sasl.external === undefined && sasl.gssapi === undefined) {
    throw new AmqpError('amqp-bad-options', `${where}: outside a loopback address PLAIN, EXTERNAL or GSSAPI is needed`);
  }
  return sasl;
}

export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #endpoint: Endpoint;
  readonly #sasl: ServerSasl;
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  readonly #connections = new Set<Connection>();
  #port = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#endpoint = parseEndpoint(options.url);
    this.#sasl = saslOf(options, this.#endpoint);
    const { tls, limits } = options;
    if (tls === undefined) {
      this.#server = createServer({ noDelay: true }, (socket) => {
        this.#take(socket, null);
      });
    } else {
      const server = createTlsServer({ ...tls, handshakeTimeout: limits.handshakeTimeoutMs }, (socket) => {
        this.#take(socket, socket);
      });
      server.on('tlsClientError', (error, socket) => {
        this.#refuse(socket.remoteAddress, error);
      });
      this.#server = server;
    }
    this.#server.maxConnections = options.maxConnections + HANGING; // TLS handshakes count here only
  }

  /**
   * Starts to listen.
   *
   * @throws AmqpError `amqp-bad-options` (unsafe settings), `amqp-address-in-use`, `amqp-listen`
   */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const server = listener.#server;
    const { host, port } = listener.#endpoint;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const code = cause.code === 'EADDRINUSE' ? 'amqp-address-in-use' : 'amqp-listen';
        reject(new AmqpError(code, `Listen on ${host} port ${port}: ${cause.code ?? cause.message}`, { cause }));
      });
      server.listen({ host, port }, resolve);
    });
    listener.#port = (server.address() as AddressInfo).port;
    server.on('error', (error) => {
      options.logger.error({ err: error }, 'amqp listener failed');
    });
    return listener;
  }

  /** The URL with the port that was really taken. */
  get url(): string {
    return formatEndpoint({ ...this.#endpoint, port: this.#port });
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Takes no more connections and closes those there are, in good order. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Closes everything at once. */
  destroy(): void {
    this.#server.close();
    for (const wire of this.#wires) wire.destroy();
    for (const connection of this.#connections) connection.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    const reason = { condition: 'amqp:connection:forced', description: 'The service is closing' };
    for (const wire of this.#wires) wire.destroy();
    await Promise.all([...this.#connections].map(async (connection) => await connection.close(reason)));
    await closed;
  }

  #refuse(remoteAddress: string | undefined, error: unknown): void {
    const { code = '', message } = error as NodeJS.ErrnoException;
    this.#options.logger.warn({ remoteAddress, code, reason: message }, 'amqp peer refused');
  }

  #take(socket: Socket, tls: TLSSocket | null): void {
    const remoteAddress = socket.remoteAddress ?? '';
    if (this.#wires.size + this.#connections.size >= this.#options.maxConnections) {
      socket.on('error', () => undefined);
      socket.end(SASL_HEADER); // a word, so that it is not taken for a port of something else
      socket.destroySoon();
      this.#refuse(remoteAddress, new AmqpError('amqp-limit', 'Accept a connection: there are too many'));
      return;
    }
    const wire = new Wire(socket, this.#options.limits);
    this.#wires.add(wire);
    this.#admit(wire, tls, remoteAddress).then(
      () => {
        this.#wires.delete(wire);
      },
      (error: unknown) => {
        this.#wires.delete(wire);
        wire.end();
        this.#refuse(remoteAddress, error);
      },
    );
  }

  async #admit(wire: Wire, tls: TLSSocket | null, remoteAddress: string): Promise<void> {
    const { limits, logger, properties, offeredCapabilities } = this.#options;
    const startedMs = Date.now();
    const scene = { sasl: this.#sasl, certified: this.#certified(tls), logger, remoteAddress };
    const late = (): AmqpError => new AmqpError('amqp-timeout', 'Let a peer log in: it is too slow');
    const login = await before(letIn(wire, scene), { timeoutMs: limits.handshakeTimeoutMs }, late);
    accepted += 1;
    const peer = { connectionId: `in-${accepted}`, ...login, remoteAddress, encrypted: tls !== null };
    const onPeerLink = this.#options.welcome();
    const timeoutMs = Math.max(1, limits.handshakeTimeoutMs - (Date.now() - startedMs));
    const connection = await Connection.open(
      { wire, role: 'server', peer, limits, logger, properties, offeredCapabilities, onPeerLink },
      { timeoutMs },
    );
    this.#connections.add(connection);
    connection.whenDown = (reason) => {
      this.#connections.delete(connection);
      logger.debug({ peer, code: reason.code, reason: reason.message }, 'amqp peer gone');
    };
    logger.debug({ peer, container: connection.remote.containerId.slice(0, 100) }, 'amqp peer connected');
  }

  #certified(tls: TLSSocket | null): string | null {
    if (tls?.authorized !== true) return null;
    return this.#sasl.external?.(tls.getPeerCertificate()) ?? null;
  }
}
