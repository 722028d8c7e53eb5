/**
 * A socket that speaks AMQP: what rhea gets in place of the socket itself.
 *
 * Stages: `handshake` (whoever owns the wire reads units, a protocol header or a frame, one by one: SASL), then
 * `stream` (complete frames go to rhea as 'data'), then closed. The wire owns the socket from its constructor on.
 *
 * W1. rhea sees complete frames only, and none larger than the limit: it would collect any announced size.
 * W2. Writes of one turn leave in one system call, at the end of the turn; and a turn is given a few KiB of frames only.
 *     Else two ends that handle bursts would take turns, each waiting until the other has handled all of its burst.
 * W3. After `end()` or an error nothing more is read: rhea would go on with the bytes behind a bad frame.
 * W4. rhea hears 'end' exactly once, so that its timers are cleared.
 * W5. Who found the wire congested is told when what made it so has gone out. The socket's own 'drain' would not do: it
 *     knows another limit.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { AmqpError, quoted } from './errors.js';

const MAGIC = 0x414d_5150; // "AMQP"
const HEADER_BYTES = 8;
const MIN_FRAME_BYTES = 8;
const MAX_UNREAD_UNITS = 64;
const LINGER_MS = 1000;
/** W2. Frames handed to rhea in one turn, in bytes; a larger frame goes alone. */
const TURN_BYTES = 4096;
/** W2. What is written in one turn is copied together up to so many bytes. */
const MAX_JOINED_BYTES = 65_536;

interface Waiter {
  resolve(unit: Buffer): void;
  reject(error: AmqpError): void;
}

/** How much a wire takes. */
export interface WireLimits {
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
}

export class Wire extends EventEmitter {
  readonly #socket: Socket;
  readonly #limits: WireLimits;
  readonly #units: Buffer[] = [];
  #waiter: Waiter | null = null;
  #isStreaming = false;
  #expectsHeader = true;
  #partial: Buffer | null = null;
  #filled = 0;
  /** W2. Frames written in this turn. */
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  /** W2. Complete frames for the turns to come. */
  readonly #backlog: Buffer[] = [];
  #isTurnTaken = false;
  #isEnded = false;
  #isClosed = false;
  #failure: AmqpError | null = null;
  #closed: (error: AmqpError | null) => void = () => undefined;
  #drained: () => void = () => undefined;

  constructor(socket: Socket, limits: WireLimits) {
    super();
    this.#socket = socket;
    this.#limits = limits;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#onData(chunk);
    });
    socket.on('error', (error) => {
      this.#failure ??= new AmqpError('amqp-connection-lost', 'The connection broke', { cause: error });
    });
    socket.on('end', () => {
      this.#flush();
      this.#isEnded = true;
      this.#send();
      this.#socket.end();
    });
    socket.on('close', () => {
      this.#onClose();
    });
  }

  /** Whether so much waits in the socket that sending should pause. */
  get isCongested(): boolean {
    return this.#socket.writableLength + this.#unsentBytes > this.#limits.maxBufferedBytes;
  }

  /** Why the wire was given up, if it was. */
  get failure(): AmqpError | null {
    return this.#failure;
  }

  /** Sets who is told, once, that the socket is closed, and who is told that there may be room again (W5). */
  watch(closed: (error: AmqpError | null) => void, drained: () => void): void {
    this.#closed = closed;
    this.#drained = drained;
    if (this.#isClosed) closed(this.#failure);
  }

  /** Handshake: the next protocol header or frame. */
  async read(): Promise<Buffer> {
    const unit = this.#units.shift();
    if (unit !== undefined) {
      this.#socket.resume();
      return unit;
    }
    if (this.#isClosed || this.#failure !== null) throw this.#lost();
    return await new Promise<Buffer>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Handshake: gives a unit back, to be read again first. */
  unread(unit: Buffer): void {
    this.#units.unshift(unit);
  }

  /** Handshake: a protocol header follows, as after SASL. */
  expectHeader(): void {
    this.#expectsHeader = true;
  }

  /** Ends the handshake: from now on frames go to the listener of 'data'. */
  stream(): void {
    this.#isStreaming = true;
    for (const unit of this.#units.splice(0)) {
      if (isHeader(unit)) this.#expectsHeader = false;
      this.emit('data', unit);
    }
    this.#socket.resume();
  }

  /** W2. */
  write(bytes: Buffer): boolean {
    if (this.#isClosed || this.#socket.writableEnded) return false;
    if (this.#unsent.length === 0) setImmediate(() => this.#send());
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
    return !this.isCongested;
  }

  /** Sends what is written, closes, and reads nothing more. What is written in this turn is still sent. */
  end(): void {
    if (this.#isEnded && this.#socket.writableEnded) return;
    this.#isEnded = true;
    setImmediate(() => {
      this.#send();
      this.#socket.end();
    });
    const timer = setTimeout(() => {
      this.#socket.destroy();
    }, LINGER_MS);
    timer.unref();
    this.#socket.once('close', () => {
      clearTimeout(timer);
    });
    this.#socket.resume(); // the end of the peer is seen only by reading on
  }

  /** Gives the connection up. */
  fail(error: AmqpError): void {
    this.#failure ??= error;
    this.#waiter?.reject(error);
    this.#waiter = null;
    this.end();
  }

  /** Closes at once. */
  destroy(error?: AmqpError): void {
    this.#isEnded = true;
    if (error !== undefined) this.#failure ??= error;
    this.#socket.destroy();
  }

  /** Small frames go as one piece: to the socket every piece costs as much as copying some hundred bytes. */
  #send(): void {
    const [first] = this.#unsent;
    if (first === undefined) return;
    const pieces = this.#unsent;
    const sent = this.isCongested ? () => this.#drained() : undefined; // W5
    this.#unsent = [];
    const bytes = pieces.length === 1 ? first : this.#unsentBytes <= MAX_JOINED_BYTES ? Buffer.concat(pieces) : null;
    this.#unsentBytes = 0;
    if (this.#isClosed || this.#socket.writableEnded) return;
    if (bytes !== null) {
      this.#socket.write(bytes, sent);
      return;
    }
    const last = pieces.pop();
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.write(last ?? first, sent);
    this.#socket.uncork();
  }

  #lost(): AmqpError {
    return this.#failure ?? new AmqpError('amqp-connection-lost', 'The peer closed the connection');
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#isEnded = true;
    this.#waiter?.reject(this.#lost());
    this.#waiter = null;
    this.emit('end');
    this.#closed(this.#failure);
  }

  #onData(chunk: Buffer): void {
    if (this.#isEnded) return;
    try {
      const rest = this.#partial === null ? chunk : this.#fill(this.#partial, chunk);
      if (rest.length > 0) this.#scan(rest);
    } catch (error) {
      this.fail(error as AmqpError);
    }
  }

  /** Completes the unit that an earlier chunk began; what is left of the chunk is returned. */
  #fill(partial: Buffer, chunk: Buffer): Buffer {
    let target = partial;
    let offset = 0;
    for (;;) {
      const copied = chunk.copy(target, this.#filled, offset);
      offset += copied;
      this.#filled += copied;
      if (this.#filled < target.length) {
        if (this.#expectsHeader) checkMagic(target.subarray(0, this.#filled));
        return chunk.subarray(offset);
      }
      const size = target.length > HEADER_BYTES ? target.length : this.#sizeAt(target, 0);
      if (size === target.length) {
        this.#partial = null;
        this.#deliver(target);
        return chunk.subarray(offset);
      }
      const whole = Buffer.allocUnsafe(size);
      target.copy(whole);
      this.#partial = target = whole;
    }
  }

  /** W1. Hands on the complete units at the start of the bytes and keeps the rest. */
  #scan(bytes: Buffer): void {
    let start = 0;
    let end = 0;
    let size = HEADER_BYTES;
    while (bytes.length - end >= HEADER_BYTES) {
      size = this.#sizeAt(bytes, end);
      if (end + size > bytes.length) break;
      if (!this.#isStreaming || (end > start && end + size - start > TURN_BYTES)) {
        const next = this.#isStreaming ? end : end + size;
        this.#deliver(bytes.subarray(start, next));
        start = next;
      }
      end += size;
      size = HEADER_BYTES;
    }
    if (end > start) this.#deliver(bytes.subarray(start, end));
    if (end === bytes.length || this.#isEnded) return;
    const rest = bytes.subarray(end);
    if (this.#expectsHeader) checkMagic(rest);
    this.#partial = Buffer.allocUnsafe(size);
    this.#filled = rest.copy(this.#partial);
  }

  #sizeAt(bytes: Buffer, offset: number): number {
    const size = bytes.readUInt32BE(offset);
    if (this.#expectsHeader || (!this.#isStreaming && size === MAGIC)) {
      checkMagic(bytes.subarray(offset, offset + HEADER_BYTES));
      this.#expectsHeader = false;
      return HEADER_BYTES;
    }
    if (size < MIN_FRAME_BYTES || size > this.#limits.maxFrameBytes) {
      throw new AmqpError('amqp-protocol', `Read a frame of the peer: its size ${size} is out of bounds`, {
        condition: 'amqp:connection:framing-error',
      });
    }
    return size;
  }

  #deliver(bytes: Buffer): void {
    if (this.#isEnded) return;
    if (this.#isStreaming) {
      this.#hand(bytes);
    } else if (this.#waiter !== null) {
      this.#waiter.resolve(bytes);
      this.#waiter = null;
    } else {
      this.#units.push(bytes);
      if (this.#units.length >= MAX_UNREAD_UNITS) this.#socket.pause();
    }
  }

  /** W2. */
  #hand(frames: Buffer): void {
    if (this.#isTurnTaken) {
      this.#backlog.push(frames);
      this.#socket.pause();
    } else this.#takeTurn(frames);
  }

  #takeTurn(frames: Buffer): void {
    this.#isTurnTaken = true;
    setImmediate(() => {
      this.#isTurnTaken = false;
      const next = this.#backlog.shift();
      if (next === undefined || this.#isEnded) return;
      if (this.#backlog.length === 0) this.#socket.resume();
      this.#takeTurn(next);
    });
    this.emit('data', frames);
  }

  /** What came before the end is still for rhea. */
  #flush(): void {
    for (const frames of this.#backlog.splice(0)) if (!this.#isEnded) this.emit('data', frames);
  }
}

/** Whether a unit is a protocol header. */
export function isHeader(unit: Buffer): boolean {
  return unit.length === HEADER_BYTES && unit.readUInt32BE(0) === MAGIC;
}

/** Refuses bytes that do not begin a protocol header, and says what they look like. */
function checkMagic(bytes: Buffer): void {
  const start = bytes.subarray(0, 4).toString('latin1');
  if ('AMQP'.startsWith(start)) return;
  const first = bytes[0] ?? 0;
  let what = `it begins with ${quoted(start)}`;
  if ((first === 0x15 || first === 0x16) && bytes[1] === 0x03) what = 'it speaks TLS: use amqps';
  else if (start.startsWith('HTTP')) what = 'it speaks HTTP';
  throw new AmqpError('amqp-not-amqp', `Read a protocol header of the peer: ${what}`);
}
