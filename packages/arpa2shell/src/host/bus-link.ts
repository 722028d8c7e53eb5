import { BusError } from '@arpa2amqp/protocol';
import { connect, type Client, type Command, type ConnectOptions, type Reply } from 'arpa2amqp';
import type { HostLink, LinkRunOptions } from './host-link.js';
import { isSameTicket, type TicketDesk, type ValidTicket } from './ticket-desk.js';

/** Where a {@link BusLink} leads. */
export interface BusLinkOptions {
  /** The canonical address of the host. */
  readonly to: string;
  /** How to get to the broker or the daemon. */
  readonly connection: Omit<ConnectOptions, 'signal' | 'onConnection'>;
  readonly tickets: TicketDesk;
}

/** A connection that is lost while a command runs may come back so long before the user is told. */
const RETURN_WITHIN_MS = 3000;

interface Connection {
  readonly ticket: ValidTicket;
  readonly client: Promise<Client>;
  isLost: boolean;
  lostTimer: NodeJS.Timeout | undefined;
}

/*
 * Life: idle -> connected -> idle -> ... -> closed. A connection is made by the first command that needs one and used by all
 * until it is lost or the ticket is another one; then it is forgotten, and the next command makes a new one. Nothing is done
 * while no command runs.
 */

/** Another host, over the bus. */
export class BusLink implements HostLink {
  readonly knowsCaller = true;
  readonly #options: BusLinkOptions;
  #connection: Connection | null = null;
  #running = 0;
  #isClosed = false;

  constructor(options: BusLinkOptions) {
    this.#options = options;
  }

  async run(commands: readonly Command[], options: LinkRunOptions = {}): Promise<readonly Reply[]> {
    const { to, tickets } = this.#options;
    const { signal } = options;
    if (this.#isClosed) throw new BusError('closed', 'The connection to the host is closed');
    const connection = this.#connectionFor(await unlessAborted(tickets.valid(), signal));
    this.#running += 1;
    try {
      const client = await unlessAborted(connection.client, signal);
      return await client.run(to, commands, signal === undefined ? {} : { signal });
    } catch (error) {
      throw inWords(error, connection.isLost);
    } finally {
      this.#running -= 1;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#connection?.client.catch(() => null);
    this.#connection = null;
    await client?.close();
  }

  destroy(): void {
    this.#isClosed = true;
    if (this.#connection !== null) this.#forget(this.#connection, 'The connection to the host is closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The security context of a connection belongs to the ticket it was made with: another ticket is another connection. */
  #connectionFor(ticket: ValidTicket): Connection {
    const present = this.#connection;
    if (present !== null && !present.isLost && isSameTicket(present.ticket, ticket)) return present;
    if (present !== null) this.#retire(present);
    const connection: Connection = {
      ticket,
      client: connect({ ...this.#options.connection, onConnection: (state) => this.#note(connection, state) }),
      isLost: false,
      lostTimer: undefined,
    };
    connection.client.catch(() => {
      if (this.#connection === connection) this.#connection = null;
    });
    this.#connection = connection;
    return connection;
  }

  #note(connection: Connection, state: 'up' | 'down'): void {
    clearTimeout(connection.lostTimer);
    connection.isLost = state === 'down';
    if (state === 'up') return;
    const message = 'The connection to the host was lost';
    if (this.#running === 0) this.#forget(connection, message);
    else connection.lostTimer = setTimeout(() => this.#forget(connection, message), RETURN_WITHIN_MS);
  }

  /** What runs may end. */
  #retire(connection: Connection): void {
    if (this.#connection === connection) this.#connection = null;
    connection.client.then(
      (client) => void client.close().catch(() => undefined),
      () => undefined,
    );
  }

  /** What runs fails with this message. */
  #forget(connection: Connection, message: string): void {
    if (this.#connection === connection) this.#connection = null;
    clearTimeout(connection.lostTimer);
    connection.isLost = true;
    connection.client.then(
      (client) => client.destroy(message),
      () => undefined,
    );
  }
}

/** The connection and the look at the ticket go on for others when one gives up. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new BusError('aborted', 'Interrupted: nothing was sent', { cause: signal.reason }));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function inWords(error: unknown, isLost: boolean): unknown {
  if (!(error instanceof BusError)) return error;
  if (error.code === 'closed' && isLost) {
    return new BusError('cannot-reach', `${error.message}: the command was not sent`, { cause: error });
  }
  return error;
}
