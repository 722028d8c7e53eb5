/** A peer that says exactly what a test tells it to: frames are encoded by rhea, and sent by nobody's rules. */
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { RheaFrame, RheaPerformative, RheaTyped } from '../src/rhea.js';

const require = createRequire(import.meta.url);

interface Frames {
  amqp_frame(channel: number, performative: unknown, payload?: Buffer): object;
  sasl_frame(performative: unknown): object;
  write_frame(frame: object): Buffer;
  read_frame(bytes: Buffer): { channel: number; type: number; performative?: RheaPerformative; payload?: Buffer };
  [performative: string]: unknown;
}

const frames = require('rhea/lib/frames.js') as Frames;
const terminus = require('rhea/lib/terminus.js') as Record<string, (fields: object) => { described(): unknown }>;

export const AMQP_HEADER = Buffer.from('AMQP\0\x01\0\0', 'latin1');
export const SASL_HEADER = Buffer.from('AMQP\x03\x01\0\0', 'latin1');

const types = require('rhea/lib/types.js') as { wrap_error(fields: object): unknown };
const outcomes = require('rhea/lib/message.js') as Record<
  'accepted' | 'rejected',
  (fields?: object) => { described(): unknown }
>;

/** A frame that arrived. */
export interface RawFrame {
  readonly name: string;
  readonly channel: number;
  readonly fields: readonly (RheaTyped | null | undefined)[];
  readonly payload: Buffer | undefined;
}

export function source(fields: object): unknown {
  return terminus['source']!(fields).described();
}

export function target(fields: object): unknown {
  return terminus['target']!(fields).described();
}

/** Encodes a performative, such as `frame('begin', { ... })`. */
export function frame(name: string, fields: object, options: { channel?: number; payload?: Buffer } = {}): Buffer {
  const create = frames[name] as (fields: object) => unknown;
  return frames.write_frame(frames.amqp_frame(options.channel ?? 0, create(fields), options.payload));
}

/** Decodes a frame as rhea does. */
export function parse(bytes: Buffer): RheaFrame {
  return frames.read_frame(bytes) as RheaFrame;
}

export class RawPeer implements Disposable {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly arrived: RawFrame[] = [];
  readonly #headers: Buffer[] = [];
  #bytes = Buffer.alloc(0);
  #wake: (() => void)[] = [];
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.#tell();
        resolve();
      });
    });
  }

  static async connect(url: string): Promise<RawPeer> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawPeer(socket);
  }

  /** The outcome, for a disposition. */
  static accepted(): unknown {
    return outcomes.accepted().described();
  }

  static rejected(): unknown {
    return outcomes.rejected({}).described();
  }

  /** An error, for a detach, end or close. */
  static error(fields: { condition: string; description: string }): unknown {
    return types.wrap_error(fields);
  }

  static mechanisms(...names: string[]): Buffer {
    const create = frames['sasl_mechanisms'] as (fields: object) => unknown;
    return frames.write_frame(frames.sasl_frame(create({ sasl_server_mechanisms: names })));
  }

  static init(mechanism: string, response: Buffer): Buffer {
    const create = frames['sasl_init'] as (fields: object) => unknown;
    return frames.write_frame(frames.sasl_frame(create({ mechanism, initial_response: response })));
  }

  /** What a peer says first when it does not wait for answers. */
  static opening(): Buffer[] {
    return [AMQP_HEADER, frame('open', { container_id: 'raw' })];
  }

  static saslOutcome(code: number): Buffer {
    const create = frames['sasl_outcome'] as (fields: object) => unknown;
    return frames.write_frame(frames.sasl_frame(create({ code })));
  }

  /** Connects without SASL and opens. */
  static async open(url: string, fields: object = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(url);
    peer.send(AMQP_HEADER, frame('open', { container_id: 'raw', ...fields }));
    await peer.next('open');
    return peer;
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Begins a session on a channel. */
  async begin(channel = 0): Promise<void> {
    this.send(frame('begin', { next_outgoing_id: 0, incoming_window: 2048, outgoing_window: 2048 }, { channel }));
    await this.next('begin');
  }

  /** Attaches a sending link and waits for credit. */
  async attachSender(address: string | null, options: { handle?: number; name?: string; channel?: number } = {}) {
    const { handle = 0, name = `sender-${handle}`, channel = 0 } = options;
    const fields = {
      name,
      handle,
      role: false,
      source: source({}),
      target: target({ address }),
      initial_delivery_count: 0,
    };
    this.send(frame('attach', fields, { channel }));
    return await this.next('attach');
  }

  /** Attaches a receiving link with a dynamic source and gives credit; the address is returned. */
  async attachReplies(options: { handle?: number; name?: string; channel?: number; credit?: number } = {}) {
    const { handle = 1, name = `replies-${handle}`, channel = 0, credit = 100 } = options;
    const fields = { name, handle, role: true, source: source({ dynamic: true }), target: target({}) };
    this.send(frame('attach', fields, { channel }));
    const { fields: attached } = await this.next('attach');
    const address = (attached[5]?.value as RheaTyped[])[0]!.value as string;
    this.flow({ handle, credit, channel });
    return address;
  }

  flow(options: {
    handle: number;
    credit: number;
    channel?: number;
    count?: number;
    drain?: boolean;
    echo?: boolean;
  }): void {
    const { handle, credit, channel = 0, count = 0, drain = false, echo = false } = options;
    const window = { next_incoming_id: 0, incoming_window: 2048, next_outgoing_id: 0, outgoing_window: 2048 };
    const fields = { ...window, handle, delivery_count: count, link_credit: credit, drain, echo };
    this.send(frame('flow', fields, { channel }));
  }

  transfer(
    id: number,
    payload: Buffer,
    options: { handle?: number; more?: boolean; aborted?: boolean; channel?: number } = {},
  ): void {
    const { handle = 0, more = false, aborted = false, channel = 0 } = options;
    const tag = Buffer.from([id & 0xff]);
    const fields = { handle, delivery_id: id, delivery_tag: tag, message_format: 0, more, aborted };
    this.send(frame('transfer', fields, { channel, payload }));
  }

  /** The next frame of a kind that has not been taken yet; those before it stay. */
  async next(name: string, limitMs = 10_000): Promise<RawFrame> {
    const giveUp = Date.now() + limitMs;
    for (;;) {
      const index = this.arrived.findIndex((each) => each.name === name);
      if (index >= 0) return this.arrived.splice(index, 1)[0]!;
      const seen = this.arrived.map((each) => each.name).join(', ');
      if (this.isClosed) throw new Error(`The peer closed before ${name}; it sent ${seen}`);
      if (Date.now() >= giveUp) throw new Error(`No ${name} came; it sent ${seen}`);
      await this.#more(giveUp);
    }
  }

  async header(limitMs = 10_000): Promise<Buffer> {
    const giveUp = Date.now() + limitMs;
    while (this.#headers.length === 0) {
      if (this.isClosed) throw new Error('The peer closed before its header');
      if (Date.now() >= giveUp) throw new Error('No header came');
      await this.#more(giveUp);
    }
    return this.#headers.shift()!;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  /** Waits until something came or the peer has gone, at most until a time. */
  async #more(giveUp: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, giveUp - Date.now());
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 8) {
      const isHeader = this.#bytes.toString('latin1', 0, 4) === 'AMQP';
      const size = isHeader ? 8 : this.#bytes.readUInt32BE(0);
      if (this.#bytes.length < size) break;
      const unit = this.#bytes.subarray(0, size);
      this.#bytes = this.#bytes.subarray(size);
      if (isHeader) this.#headers.push(unit);
      else this.#take(unit);
    }
    this.#tell();
  }

  #take(unit: Buffer): void {
    const { channel, performative, payload } = frames.read_frame(unit);
    if (performative === undefined) return;
    const name = String(performative.constructor).split('#')[0]!;
    this.arrived.push({ name, channel, fields: performative.value, payload });
  }
}

/** Listens, and hands every connection to the script of a test. */
export class RawServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(script: (peer: RawPeer) => void | Promise<void>): Promise<RawServer> {
    const server = createServer();
    const raw = new RawServer(server);
    server.on('connection', (socket) => {
      raw.#sockets.add(socket);
      // A script is cut short when its peer goes away, which a test may well want.
      Promise.resolve(script(new RawPeer(socket))).catch(() => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return raw;
  }

  get url(): string {
    return `amqp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
