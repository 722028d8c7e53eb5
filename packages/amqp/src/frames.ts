/**
 * The three frames of which there is one or more for every message, read and written without rhea: it makes an object
 * for every field and copies the payload twice. Anything unusual is left to rhea (null here).
 */

/** Room before an encoded message for the head of its transfer frame. */
export const TRANSFER_HEAD_BYTES = 32;

const ACCEPTED_BYTES = 30;
const TRANSFER = 0x14;
const DISPOSITION = 0x15;
const LIST8 = 0xc0;
const LIST32 = 0xd0;

/** A transfer, as far as it matters. */
export interface Transfer {
  readonly handle: number | undefined;
  readonly id: number | undefined;
  readonly format: number;
  readonly isSettled: boolean;
  readonly hasMore: boolean;
  readonly isAborted: boolean;
  readonly payload: Buffer | undefined;
}

/** A disposition of accepted deliveries. */
export interface Acceptance {
  readonly isFromReceiver: boolean;
  readonly first: number;
  readonly last: number;
  readonly isSettled: boolean;
}

/** Writes the head of a whole, single transfer into the room before the message. */
export function writeTransferHead(
  frame: Buffer,
  channel: number,
  handle: number,
  delivery: { readonly id: number; readonly tag: number; readonly isSettled: boolean },
): void {
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt16BE(0x0200, 4);
  frame.writeUInt16BE(channel, 6);
  frame.writeUInt32BE(0x0053_14c0, 8);
  frame.writeUInt16BE(0x1305, 12); // 19 bytes, 5 fields
  frame[14] = 0x70;
  frame.writeUInt32BE(handle, 15);
  frame[19] = 0x70;
  frame.writeUInt32BE(delivery.id, 20);
  frame.writeUInt16BE(0xa004, 24);
  frame.writeUInt32BE(delivery.tag, 26);
  frame[30] = 0x43; // message format 0
  frame[31] = delivery.isSettled ? 0x41 : 0x42;
}

/** A disposition that accepts and settles a range of what we received. */
export function acceptedFrame(channel: number, first: number, last: number): Buffer {
  const frame = Buffer.allocUnsafe(ACCEPTED_BYTES);
  frame.writeUInt32BE(ACCEPTED_BYTES, 0);
  frame.writeUInt16BE(0x0200, 4);
  frame.writeUInt16BE(channel, 6);
  frame.writeUInt32BE(0x0053_15c0, 8);
  frame.writeUInt16BE(0x1105, 12); // 17 bytes, 5 fields
  frame[14] = 0x41;
  frame[15] = 0x70;
  frame.writeUInt32BE(first, 16);
  frame[20] = 0x70;
  frame.writeUInt32BE(last, 21);
  frame[25] = 0x41;
  frame.writeUInt32BE(0x0053_2445, 26);
  return frame;
}

/** Walks over the fields of a performative. What it does not know makes it `isOdd`, and everything after is null. */
class Fields {
  readonly #bytes: Buffer;
  #at: number;
  #left: number;
  readonly end: number;
  isOdd = false;

  constructor(bytes: Buffer, start: number, frameEnd: number) {
    this.#bytes = bytes;
    const isLong = bytes[start] === LIST32;
    const head = isLong ? 9 : 3;
    this.#at = start + head;
    this.#left = 0;
    this.end = frameEnd;
    if ((!isLong && bytes[start] !== LIST8) || this.#at > frameEnd) {
      this.isOdd = true;
      return;
    }
    const size = isLong ? bytes.readUInt32BE(start + 1) : bytes.readUInt8(start + 1);
    this.#left = isLong ? bytes.readUInt32BE(start + 5) : bytes.readUInt8(start + 2);
    this.end = start + 1 + (isLong ? 4 : 1) + size;
    if (this.end > frameEnd || this.end < this.#at) this.isOdd = true;
  }

  /** The constructor of the next field; 0x40 (null) when there is none. */
  #next(): number {
    if (this.isOdd || this.#left === 0) return 0x40;
    this.#left -= 1;
    const code = this.#bytes[this.#at];
    this.#at += 1;
    return code === undefined || this.#at > this.end ? this.#odd() : code;
  }

  #odd(): number {
    this.isOdd = true;
    return 0x40;
  }

  #skip(size: number): number {
    const from = this.#at;
    this.#at += size;
    if (this.#at > this.end) this.isOdd = true;
    return from;
  }

  uint(): number | undefined {
    const code = this.#next();
    if (code === 0x43) return 0;
    if (code === 0x52) {
      const from = this.#skip(1);
      return this.isOdd ? undefined : this.#bytes[from];
    }
    if (code === 0x70) {
      const from = this.#skip(4);
      return this.isOdd ? undefined : this.#bytes.readUInt32BE(from);
    }
    if (code !== 0x40) this.#odd();
    return undefined;
  }

  flag(): boolean {
    const code = this.#next();
    if (code === 0x41) return true;
    if (code !== 0x42 && code !== 0x40) this.#odd();
    return false;
  }

  /** Skips a short binary. */
  tag(): void {
    const code = this.#next();
    if (code === 0xa0) {
      const from = this.#skip(1);
      if (!this.isOdd) this.#skip(this.#bytes[from] ?? 0);
    } else if (code !== 0x40) this.#odd();
  }

  /** A field that must be null. */
  none(): void {
    if (this.#next() !== 0x40) this.#odd();
  }

  /** The described empty list that means accepted, however its emptiness is written. */
  accepted(): void {
    if (this.#next() !== 0x00) this.#odd();
    const from = this.#skip(3);
    const bytes = this.#bytes;
    if (this.isOdd || bytes[from] !== 0x53 || bytes[from + 1] !== 0x24) this.#odd();
    else if (bytes[from + 2] === LIST8) this.#skip(2);
    else if (bytes[from + 2] === LIST32) this.#skip(8);
    else if (bytes[from + 2] !== 0x45) this.#odd();
  }
}

/** Whether a frame is an AMQP frame without extended header that holds this performative. */
function holds(bytes: Buffer, start: number, end: number, code: number): boolean {
  return (
    end - start > 14 &&
    bytes.readUInt16BE(start + 4) === 0x0200 &&
    bytes.readUInt16BE(start + 8) === 0x0053 &&
    bytes[start + 10] === code
  );
}

/** Reads a transfer frame; null for another frame, or an unusual one. */
export function readTransfer(bytes: Buffer, start: number, end: number): Transfer | null {
  if (!holds(bytes, start, end, TRANSFER)) return null;
  const fields = new Fields(bytes, start + 11, end);
  const handle = fields.uint();
  const id = fields.uint();
  fields.tag();
  const format = fields.uint() ?? 0;
  const isSettled = fields.flag();
  const hasMore = fields.flag();
  fields.none(); // rcv-settle-mode
  fields.none(); // state
  fields.flag(); // resume
  const isAborted = fields.flag();
  if (fields.isOdd) return null;
  const payload = fields.end < end ? bytes.subarray(fields.end, end) : undefined;
  return { handle, id, format, isSettled, hasMore, isAborted, payload };
}

/** Reads a disposition that accepts; null for anything else. */
export function readAcceptance(bytes: Buffer, start: number, end: number): Acceptance | null {
  if (!holds(bytes, start, end, DISPOSITION)) return null;
  const fields = new Fields(bytes, start + 11, end);
  const isFromReceiver = fields.flag();
  const first = fields.uint();
  const last = fields.uint() ?? first;
  const isSettled = fields.flag();
  fields.accepted();
  return fields.isOdd || first === undefined || last === undefined ? null : { isFromReceiver, first, last, isSettled };
}
