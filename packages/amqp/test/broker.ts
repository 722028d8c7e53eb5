/** A small queue broker on a real rhea container: what a broker does to its peers, no more. */
import { createRequire } from 'node:module';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Connection, EventContext, Message, Sender } from 'rhea';

const require = createRequire(import.meta.url);

interface RheaContainer {
  on(event: string, listener: (context: EventContext) => void): void;
  listen(options: object): Server;
  sasl_server_mechanisms: { enable_plain(check: (name: string, password: string) => boolean): void };
}

/** How a broker differs from the next. */
export interface BrokerOptions {
  readonly port?: number;
  /** Whether a null target is taken. Default true. */
  readonly hasAnonymousRelay?: boolean;
  /** Whether dynamic sources are given. Default true. */
  readonly hasDynamicNodes?: boolean;
  /** Password of `user`, for SASL PLAIN only. */
  readonly password?: () => string;
}

interface Queue {
  readonly messages: Message[];
  readonly readers: Sender[];
  isScheduled: boolean;
}

export class Broker implements AsyncDisposable {
  readonly #queues = new Map<string, Queue>();
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  /** Addresses that a sender was attached to; null for the anonymous relay. */
  readonly targets: (string | null)[] = [];

  private constructor(options: BrokerOptions) {
    const rhea = require('rhea') as { create_container(options: object): RheaContainer };
    const container = rhea.create_container({ id: 'broker' });
    if (options.password !== undefined) {
      container.sasl_server_mechanisms.enable_plain((name, given) => name === 'user' && given === options.password?.());
    }
    container.on('connection_open', ({ connection }) => this.#connections.add(connection));
    container.on('disconnected', ({ connection }) => this.#connections.delete(connection));
    for (const event of [
      'protocol_error',
      'error',
      'session_error',
      'receiver_error',
      'sender_error',
      'connection_error',
    ]) {
      container.on(event, () => undefined);
    }
    this.#onLinks(container, options);
    const listener = {
      host: '127.0.0.1',
      port: options.port ?? 0,
      receiver_options: { credit_window: 100, autoaccept: false },
    };
    this.#server = container.listen(listener);
  }

  static async listen(options: BrokerOptions = {}): Promise<Broker> {
    const broker = new Broker(options);
    await new Promise((resolve) => broker.#server.once('listening', resolve));
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `amqp://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    // With an error: rhea forgets its timers on 'end' and 'error' only.
    for (const connection of this.#connections) {
      (connection as unknown as { socket: Socket }).socket.destroy(new Error('The broker is gone'));
    }
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #onLinks(container: RheaContainer, options: BrokerOptions): void {
    let minted = 0;
    container.on('sender_open', ({ sender }) => {
      if (sender === undefined) return;
      let address = sender.source.address;
      if (sender.source.dynamic === true) {
        if (options.hasDynamicNodes === false) {
          sender.close({ condition: 'amqp:not-implemented', description: 'no dynamic nodes' });
          return;
        }
        minted += 1;
        address = `temp.${minted}.0123456789abcdef`;
      }
      sender.set_source({ address });
      const queue = this.#queue(address);
      queue.readers.push(sender);
      sender.on('sendable', () => this.#deliver(queue));
    });
    container.on('receiver_open', ({ receiver }) => {
      const address = (receiver?.target as { address?: string | null } | undefined)?.address ?? null;
      this.targets.push(address);
      if (address === null && options.hasAnonymousRelay === false) {
        receiver?.close({ condition: 'amqp:not-implemented', description: 'no anonymous relay' });
      } else receiver?.set_target({ address } as never);
    });
    container.on('message', ({ message, delivery, receiver }) => {
      const address = (receiver?.target as { address?: string | null }).address ?? message?.to;
      const queue = this.#queue(address ?? '');
      if (message !== undefined) queue.messages.push(message);
      delivery?.accept();
      this.#deliver(queue);
    });
  }

  #queue(address: string): Queue {
    let queue = this.#queues.get(address);
    if (queue === undefined) {
      queue = { messages: [], readers: [], isScheduled: false };
      this.#queues.set(address, queue);
    }
    return queue;
  }

  /** One message a turn: rhea takes its credit off only when it has written. */
  #deliver(queue: Queue): void {
    if (queue.isScheduled) return;
    queue.isScheduled = true;
    setImmediate(() => {
      queue.isScheduled = false;
      const reader = queue.readers.find((each) => each.is_open() && each.sendable());
      const message = reader === undefined ? undefined : queue.messages.shift();
      if (reader === undefined || message === undefined) return;
      reader.send(message);
      this.#deliver(queue);
    });
  }
}
