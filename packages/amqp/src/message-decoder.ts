import { isUtf8 } from 'node:buffer';
import { AmqpError } from './errors.js';
import { idFromBinary, idFromString, idFromUlong, idFromUuid } from './message-id.js';
import { SECTION, type AmqpMessage } from './message.js';

/** Symbolic descriptors of the sections (AMQP 1.0, part 3, 3.2). */
const BY_SYMBOL: Readonly<Record<string, number>> = {
  'amqp:header:list': SECTION.header,
  'amqp:delivery-annotations:map': SECTION.deliveryAnnotations,
  'amqp:message-annotations:map': SECTION.messageAnnotations,
  'amqp:properties:list': SECTION.properties,
  'amqp:application-properties:map': SECTION.applicationProperties,
  'amqp:data:binary': SECTION.data,
  'amqp:amqp-sequence:list': SECTION.sequence,
  'amqp:amqp-value:*': SECTION.value,
  'amqp:footer:map': SECTION.footer,
};

/** The constructor of null. */
const NULL = 0x40;

function bad(what: string): AmqpError {
  return new AmqpError('amqp-bad-message', `Decode a message: ${what}`, { condition: 'amqp:decode-error' });
}

/**
 * A cursor that never leaves the bytes it was given, of which nothing is copied: what a peer announces costs nothing, and
 * a slice for every property would be a tenth of the price of a message.
 */
class Cursor {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;
  /** Where the content that was read last begins; it ends at `at`. */
  start: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.start = start;
    this.end = end;
  }

  get rest(): number {
    return this.end - this.at;
  }

  /** Passes over bytes, which become the content. */
  take(size: number): void {
    if (size > this.rest) throw bad('it is cut short');
    this.start = this.at;
    this.at += size;
  }

  byte(): number {
    const value = this.rest > 0 ? this.bytes[this.at] : undefined;
    if (value === undefined) throw bad('it is cut short');
    this.at += 1;
    return value;
  }

  uint32(): number {
    this.take(4);
    return this.bytes.readUInt32BE(this.start);
  }

  /** Reads the content of a value after its constructor, without its size field. */
  content(constructor_: number): void {
    switch (constructor_ >>> 4) {
      case 0x4:
        this.take(0);
        return;
      case 0x5:
      case 0x6:
      case 0x7:
      case 0x8:
      case 0x9:
        this.take(1 << ((constructor_ >>> 4) - 5));
        return;
      case 0xa:
      case 0xc:
      case 0xe:
        this.take(this.byte());
        return;
      case 0xb:
      case 0xd:
      case 0xf:
        this.take(this.uint32());
        return;
      default:
        throw bad('it has a type that AMQP 1.0 does not know');
    }
  }

  /** The content as a slice. */
  slice(): Buffer {
    return this.bytes.subarray(this.start, this.at);
  }

  /** The content as Latin-1, which is what ASCII is too. */
  latin1(): string {
    return this.bytes.toString('latin1', this.start, this.at);
  }

  /** The content as UTF-8. */
  utf8(): string {
    for (let at = this.start; at < this.at; at += 1) {
      if ((this.bytes[at] ?? 0) < 0x80) continue;
      if (!isUtf8(this.slice())) throw bad('a string is no UTF-8');
      return this.bytes.toString('utf8', this.start, this.at);
    }
    return this.latin1();
  }
}

function descriptor(cursor: Cursor): number {
  if (cursor.byte() !== 0x00) throw bad('a section has no descriptor');
  const constructor_ = cursor.byte();
  cursor.content(constructor_);
  if (constructor_ === 0x53) return cursor.bytes.readUInt8(cursor.start);
  if (constructor_ === 0x80) return Number(cursor.bytes.readBigUInt64BE(cursor.start));
  if (constructor_ === 0xa3 || constructor_ === 0xb3) return BY_SYMBOL[cursor.latin1()] ?? -1;
  throw bad('a section has no usable descriptor');
}

/** Reads the fields of a list one by one; those beyond what is asked for are allowed (evolution rules) and left alone. */
class Fields {
  readonly cursor: Cursor;
  #left: number;

  constructor(section: Cursor) {
    const constructor_ = section.byte();
    section.content(constructor_);
    this.cursor = new Cursor(section.bytes, section.start, section.at);
    this.#left = this.#count(constructor_);
    if (this.#left > this.cursor.rest) throw bad('a list announces more than it holds');
  }

  /** The constructor of the next field, whose content the cursor then has; 0x40 (null) when there is none. */
  next(): number {
    if (this.#left === 0) return NULL;
    this.#left -= 1;
    const code = this.cursor.byte();
    if (code === 0x00) throw bad('a property has a type that is not allowed there');
    this.cursor.content(code);
    return code;
  }

  string(): string | undefined {
    const code = this.next();
    if (code === NULL) return undefined;
    if (code !== 0xa1 && code !== 0xb1) throw bad('a property that must be a string is none');
    return this.cursor.utf8();
  }

  symbol(): string | undefined {
    const code = this.next();
    if (code === NULL) return undefined;
    if (code !== 0xa3 && code !== 0xb3) throw bad('the content type is no symbol');
    return this.cursor.latin1();
  }

  id(): string | undefined {
    const code = this.next();
    const { bytes, start } = this.cursor;
    switch (code) {
      case NULL:
        return undefined;
      case 0xa1:
      case 0xb1:
        return idFromString(this.cursor.utf8());
      case 0x98:
        return idFromUuid(this.cursor.slice());
      case 0x44:
        return idFromUlong(0n);
      case 0x53:
        return idFromUlong(BigInt(bytes.readUInt8(start)));
      case 0x80:
        return idFromUlong(bytes.readBigUInt64BE(start));
      case 0xa0:
      case 0xb0:
        return idFromBinary(this.cursor.slice());
      default:
        throw bad('an id has a type that is not allowed there');
    }
  }

  uint(): number | undefined {
    const code = this.next();
    const { bytes, start } = this.cursor;
    switch (code) {
      case NULL:
        return undefined;
      case 0x43:
        return 0;
      case 0x52:
        return bytes.readUInt8(start);
      case 0x70:
        return bytes.readUInt32BE(start);
      default:
        throw bad('the time to live is no uint');
    }
  }

  flag(): boolean {
    const code = this.next();
    return code === 0x41 || (code === 0x56 && this.cursor.bytes[this.cursor.start] === 1);
  }

  #count(constructor_: number): number {
    switch (constructor_) {
      case 0x45:
        return 0;
      case 0xc0:
        return this.cursor.byte();
      case 0xd0:
        return this.cursor.uint32();
      default:
        throw bad('a section is no list');
    }
  }
}

type Writable<T> = { -readonly [K in keyof T]?: T[K] };

function readHeader(cursor: Cursor, message: Writable<AmqpMessage>): void {
  const fields = new Fields(cursor);
  if (fields.flag()) message.durable = true;
  fields.next(); // priority
  const ttlMs = fields.uint();
  if (ttlMs !== undefined) message.ttlMs = ttlMs;
}

function readProperties(cursor: Cursor, message: Writable<AmqpMessage>): void {
  const fields = new Fields(cursor);
  const messageId = fields.id();
  fields.next(); // user-id
  const to = fields.string();
  const subject = fields.string();
  const replyTo = fields.string();
  const correlationId = fields.id();
  const contentType = fields.symbol();
  if (messageId !== undefined) message.messageId = messageId;
  if (to !== undefined) message.to = to;
  if (subject !== undefined) message.subject = subject;
  if (replyTo !== undefined) message.replyTo = replyTo;
  if (correlationId !== undefined) message.correlationId = correlationId;
  if (contentType !== undefined) message.contentType = contentType;
}

function readBody(cursor: Cursor, before: Buffer | undefined): Buffer {
  if (before !== undefined) throw bad('it has more than one body section');
  const constructor_ = cursor.byte();
  if (constructor_ !== 0xa0 && constructor_ !== 0xb0) throw bad('its data section is no binary');
  cursor.content(constructor_);
  return cursor.slice();
}

/**
 * Decodes a message of exactly one data section. Sections that this project does not use are skipped unread, so what
 * is in them cannot cost anything.
 *
 * @throws AmqpError `amqp-bad-message` for anything else: undecodable, another kind of body, several sections
 */
export function decodeMessage(bytes: Buffer): AmqpMessage {
  const cursor = new Cursor(bytes, 0, bytes.length);
  const message: Writable<AmqpMessage> = {};
  let body: Buffer | undefined;
  while (cursor.rest > 0) {
    const section = descriptor(cursor);
    switch (section) {
      case SECTION.header:
        readHeader(cursor, message);
        break;
      case SECTION.properties:
        readProperties(cursor, message);
        break;
      case SECTION.data:
        body = readBody(cursor, body);
        break;
      case SECTION.deliveryAnnotations:
      case SECTION.messageAnnotations:
      case SECTION.applicationProperties:
      case SECTION.footer:
        cursor.content(cursor.byte());
        break;
      case SECTION.sequence:
      case SECTION.value:
        throw bad('its body is no data section');
      default:
        throw bad('it has an unknown section');
    }
  }
  if (body === undefined) throw bad('it has no data section');
  return Object.assign(message, { body });
}
