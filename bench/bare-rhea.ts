import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import rhea, { type Connection, type EventContext, type Sender } from 'rhea';
import { measure, type Measurement } from './load.js';

/*
 * The reference: the same round trip with the same number of bytes on rhea as it comes, without GSS, JSON or
 * dispatch. Both its ends are processes of their own: in ours, rhea is guarded.
 */

/** Bytes of a request and of its answer. */
export interface Sizes {
  readonly request: number;
  readonly answer: number;
}

interface Load {
  readonly inFlight: number;
  readonly durationMs: number;
}

/** A bare rhea client and a bare rhea responder. */
export class BareRhea implements Disposable {
  readonly #responder: ChildProcess;
  readonly #client: ChildProcess;

  private constructor(responder: ChildProcess, client: ChildProcess) {
    this.#responder = responder;
    this.#client = client;
  }

  /** Starts both. */
  static async start(sizes: Sizes): Promise<BareRhea> {
    const file = fileURLToPath(import.meta.url);
    const responder = fork(file, ['respond', String(sizes.answer)]);
    const [port] = (await once(responder, 'message')) as [number];
    const client = fork(file, ['ask', String(sizes.request), String(port)]);
    await once(client, 'message');
    return new BareRhea(responder, client);
  }

  /** As `measure`, of round trips. */
  async measure(inFlight: number, durationMs: number): Promise<Measurement> {
    this.#client.send({ inFlight, durationMs } satisfies Load);
    const [measurement] = (await once(this.#client, 'message')) as [Measurement];
    return measurement;
  }

  [Symbol.dispose](): void {
    this.#client.disconnect();
    this.#responder.disconnect();
  }
}

function setNoDelay(connection: Connection): void {
  (connection as unknown as { socket: { setNoDelay(): void } }).socket.setNoDelay();
}

/** The responder's process: answers every message with a body of the wanted size. */
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
  container.on('connection_open', ({ connection }: EventContext) => setNoDelay(connection));
  const server = container.listen({ port: 0, host: '127.0.0.1' });
  server.once('listening', () => process.send?.((server.address() as { port: number }).port));
}

/** The client's process: puts the load on that the parent asks for. */
async function ask(requestBytes: number, port: number): Promise<void> {
  const options = { port, host: '127.0.0.1', username: 'anonymous', reconnect: false };
  const connection = rhea.create_container().connect(options);
  const receiver = connection.open_receiver({ source: { address: '', dynamic: true } });
  await once(receiver, 'receiver_open');
  setNoDelay(connection);
  const sender = connection.open_sender('requests');
  await once(sender, 'sendable');
  const waiting = new Map<string, () => void>();
  connection.on('message', ({ message }: EventContext) => {
    const id = String(message?.correlation_id);
    waiting.get(id)?.();
    waiting.delete(id);
  });
  const body = rhea.message.data_section(Buffer.alloc(requestBytes, 1)) as unknown;
  const roundTrip = async (): Promise<void> => {
    const id = crypto.randomUUID();
    await new Promise<void>((resolve) => {
      waiting.set(id, resolve);
      sender.send({
        message_id: id,
        reply_to: receiver.source.address,
        content_type: 'application/octet-stream',
        body,
      });
    });
  };
  process.on('message', ({ inFlight, durationMs }: Load) => {
    void measure(roundTrip, inFlight, durationMs).then((measurement) => process.send?.(measurement));
  });
  process.send?.('ready');
}

const [, main, role, bytes, port] = process.argv;
if (main === fileURLToPath(import.meta.url)) {
  process.once('disconnect', () => process.exit(0));
  if (role === 'respond') respond(Number(bytes));
  else await ask(Number(bytes), Number(port));
}
