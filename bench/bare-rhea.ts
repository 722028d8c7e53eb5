import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import rhea, { type Connection, type EventContext, type Sender } from 'rhea';

/*
 * The reference: the same round trip with the same number of bytes on rhea as it comes, without GSS, JSON or
 * dispatch. The responder is a process of its own, as the daemon is.
 */

interface RheaMessage {
  readonly correlation_id: string;
}

/** Bytes of a request and of its answer. */
export interface Sizes {
  readonly request: number;
  readonly answer: number;
}

/** Runs in the child: answers every message with a body of the wanted size. */
function respond(answerBytes: number): void {
  const container = rhea.create_container();
  const body = Buffer.alloc(answerBytes, 1);
  const senders = new Map<string, Sender>();
  container.on('sender_open', ({ sender }: EventContext) => {
    if (sender === undefined) return;
    const address = `reply-${senders.size}`;
    sender.set_source({ address });
    senders.set(address, sender);
  });
  container.on('message', ({ message }: EventContext) => {
    if (message === undefined) return;
    senders.get(String(message.reply_to))?.send({
      correlation_id: message.message_id ?? '',
      message_id: crypto.randomUUID(),
      body: rhea.message.data_section(body) as unknown,
    });
  });
  container.on('connection_open', ({ connection }: EventContext) =>
    (connection as unknown as { socket: { setNoDelay(): void } }).socket.setNoDelay(),
  );
  const server = container.listen({ port: 0, host: '127.0.0.1' });
  server.once('listening', () => process.send?.((server.address() as { port: number }).port));
  process.once('disconnect', () => process.exit(0));
}

/** A connection to a bare rhea responder. */
export class BareRhea implements Disposable {
  readonly #child: ChildProcess;
  readonly #connection: Connection;
  readonly #sender: Sender;
  readonly #replyTo: string;
  readonly #body: Buffer;
  readonly #waiting = new Map<string, () => void>();

  private constructor(child: ChildProcess, connection: Connection, sender: Sender, replyTo: string, body: Buffer) {
    this.#child = child;
    this.#connection = connection;
    this.#sender = sender;
    this.#replyTo = replyTo;
    this.#body = body;
    connection.on('message', ({ message }: EventContext) => {
      const id = (message as unknown as RheaMessage).correlation_id;
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
    });
  }

  /** Starts the responder and connects to it. */
  static async start(sizes: Sizes): Promise<BareRhea> {
    const child = fork(fileURLToPath(import.meta.url), [String(sizes.answer)]);
    const [port] = (await once(child, 'message')) as [number];
    const connection = rhea
      .create_container()
      .connect({ port, host: '127.0.0.1', username: 'anonymous', reconnect: false });
    const receiver = connection.open_receiver({ source: { address: '', dynamic: true } });
    await once(receiver, 'receiver_open');
    (connection as unknown as { socket: { setNoDelay(): void } }).socket.setNoDelay();
    const sender = connection.open_sender('requests');
    await once(sender, 'sendable');
    return new BareRhea(child, connection, sender, receiver.source.address, Buffer.alloc(sizes.request, 1));
  }

  /** One round trip. */
  async roundTrip(): Promise<void> {
    const id = crypto.randomUUID();
    await new Promise<void>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#sender.send({
        message_id: id,
        reply_to: this.#replyTo,
        content_type: 'application/octet-stream',
        body: rhea.message.data_section(this.#body) as unknown,
      });
    });
  }

  [Symbol.dispose](): void {
    this.#connection.close();
    this.#child.disconnect();
  }
}

const [, main, answerBytes] = process.argv;
if (main === fileURLToPath(import.meta.url)) respond(Number(answerBytes));
