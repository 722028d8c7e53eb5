import { createServer, type AddressInfo, type Socket } from 'node:net';
import { openRequester, serve, type Incoming, type RequesterOptions } from '../src/index.js';
import { AMQP_HEADER, RawPeer, SASL_HEADER, frame, source, target } from './raw-peer.js';

export const ADDRESS = '/internetwide/arpa2.test/reservoir';

export function take(incoming: Incoming): void {
  incoming.accept();
  incoming.done();
}

export async function listening(
  onDelivery: (incoming: Incoming) => void = take,
  listen = 'amqp://127.0.0.1:0',
  slots = 64,
) {
  return await serve({ address: ADDRESS, at: { listen }, slots, onDelivery });
}

export async function requesting(url: string, options: Partial<RequesterOptions> = {}) {
  return await openRequester({ url, onReply: () => undefined, reconnect: { initialMs: 10, maxMs: 50 }, ...options });
}

/** A plain TCP server that does with each connection what the test says. */
export async function plain(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `amqp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The server's part up to the open; the peer skips nothing. */
export async function welcome(peer: RawPeer, open: object = {}): Promise<void> {
  await peer.header();
  peer.send(SASL_HEADER, RawPeer.mechanisms('ANONYMOUS'));
  await peer.next('sasl_init');
  peer.send(RawPeer.saslOutcome(0));
  await peer.header();
  peer.send(AMQP_HEADER, frame('open', { container_id: 'raw', ...open }));
  await peer.next('open');
}

/** Answers the next begin and the next attach of the client. */
export async function attachNext(peer: RawPeer, channel: number, options: { credit?: number } = {}): Promise<void> {
  await peer.next('begin');
  const window = { next_outgoing_id: 0, incoming_window: 2048, outgoing_window: 2048 };
  peer.send(frame('begin', { remote_channel: channel, ...window }, { channel }));
  const { fields } = await peer.next('attach');
  const name = fields[0]?.value;
  const isReceiver = fields[2]?.value === true;
  const termini = isReceiver
    ? { source: source({ address: `reply-${channel}`, dynamic: true }), target: target({}), initial_delivery_count: 0 }
    : { source: source({}), target: target({ address: ADDRESS }) };
  peer.send(frame('attach', { name, handle: 0, role: !isReceiver, ...termini }, { channel }));
  if (options.credit !== undefined) peer.flow({ handle: 0, credit: options.credit, channel });
}
