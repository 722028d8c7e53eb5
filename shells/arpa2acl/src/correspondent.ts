import { BusError, quoted, type Command, type Reply } from '@arpa2amqp/protocol';
import type { Client, ConnectOptions } from 'arpa2amqp';
import type { RemotePosition, ReplicaHost } from './delivery.js';
import type { Credentials } from './options.js';
import { readRoute, type Route } from './route.js';

const BATCH_TIMEOUT_MS = 25_000;
const CONNECT_TIMEOUT_MS = 5000;

/** The `arpa2acl` of another host, spoken to with batches like anybody's. */
export class Correspondent implements ReplicaHost, AsyncDisposable {
  readonly #client: Client;
  readonly #address: string;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.#client.destroy();

  private constructor(client: Client, address: string, signal: AbortSignal) {
    this.#client = client;
    this.#address = address;
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  /**
   * Connects with the key of this host's service.
   *
   * @param address - of the other host
   * @throws BusError
   */
  static async connect(
    address: string,
    { route, credentials, signal }: { route: Route; credentials: Credentials; signal: AbortSignal },
  ): Promise<Correspondent> {
    const { keytab, principal } = credentials;
    if (keytab === undefined) {
      throw new BusError('config', 'Cannot act as this host: name its keytab in the configuration of the daemon');
    }
    const { logins, ...at } = await readRoute(route);
    const options: ConnectOptions = {
      ...at,
      keytab,
      ...(principal === undefined ? {} : { principal }),
      timeoutMs: BATCH_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      signal,
    };
    for (const [index, sasl] of logins.entries()) {
      try {
        return new Correspondent(await open({ ...options, ...(sasl === null ? {} : { sasl }) }), address, signal);
      } catch (error) {
        const { code } = error as Partial<BusError>;
        // The way to log in does not suit this URL, or the peer does not offer it.
        if ((code !== 'refused' && code !== 'usage') || index === logins.length - 1) throw error;
      }
    }
    throw new BusError('internal', `There is no way to log in on the way to ${address}`);
  }

  async position(origin: string): Promise<RemotePosition> {
    return this.#positionIn(await this.#run({ do_: 'arpa2acl replica position', origin }));
  }

  async change(origin: string, lines: string): Promise<RemotePosition> {
    return this.#positionIn(await this.#run({ do_: 'arpa2acl replica change', origin, stdin_: lines }));
  }

  async whole(command: Readonly<Record<string, string>>, text: string): Promise<RemotePosition | number> {
    const reply = await this.#run({ do_: 'arpa2acl replica whole', ...command, stdin_: text });
    const { needed } = reply as { readonly needed?: unknown };
    return typeof needed === 'number' ? needed : this.#positionIn(reply);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#abort);
    await this.#client.close();
  }

  /** @throws BusError `refused` with the words of the host, or as the client does */
  async #run(command: Command): Promise<Reply> {
    const [reply] = await this.#client.run(this.#address, [command], { signal: this.#signal });
    if (reply?.stderr_ === undefined) return reply ?? {};
    const words = quoted(reply.stderr_.trim(), 300);
    throw new BusError('refused', `${this.#address} does not take the lists: ${words} (${reply.error_?.code ?? ''})`);
  }

  #positionIn(reply: Reply): RemotePosition {
    const { position, mark } = reply as { readonly position?: unknown; readonly mark?: unknown };
    if (Number.isSafeInteger(position) && typeof mark === 'string') return { position: position as number, mark };
    throw new BusError('refused', `${this.#address} does not say up to where it has the lists: update its arpa2acl`);
  }
}

/** What is lost is tried again from the start, as soon as the host is back: waiting for it here would only take longer. */
async function open(options: ConnectOptions): Promise<Client> {
  // Loaded when there is something to send: with it comes the GSS-API library.
  const { connect } = await import('arpa2amqp');
  const opened: { client?: Client } = {};
  opened.client = await connect({
    ...options,
    onConnection: (state) => {
      if (state === 'down') opened.client?.destroy('The connection was lost');
    },
  });
  return opened.client;
}
