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

function bad(what: string): AmqpError {
  return new AmqpError('amqp-bad-message', `Decode a message: ${what}`, { condition: 'amqp:decode-error' });
}

/** A cursor that never leaves the bytes it was given. Its parts are slices, so nothing a peer announces is allocated. */
class Cursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get rest(): number {
    return this.bytes.length - this.at;
  }

  take(size: number): Buffer {
    if (size > this.rest) throw bad('it is cut short');
    const part = this.bytes.subarray(this.at, this.at + size);
    this.at += size;
    return part;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw bad('it is cut short');
    this.at += 1;
    return value;
  }

  /** The bytes of a value after its constructor, without its size field. */
  content(constructor_: number): Buffer {
    const width = constructor_ >>> 4;
    switch (width) {
      case 0x4:
        return this.take(0);
      case 0x5:
      case 0x6:
      case 0x7:
      case 0x8:
      case 0x9:
        return this.take(1 << (width - 5));
      case 0xa:
      case 0xc:
      case 0xe:
        return this.take(this.byte());
      case 0xb:
      case 0xd:
      case 0xf:
        return this.take(this.take(4).readUInt32BE(0));
      default:
        throw bad('it has a type that AMQP 1.0 does not know');
    }
  }
}

function descriptor(cursor: Cursor): number {
  if (cursor.byte() !== 0x00) throw bad('a section has no descriptor');
  const constructor_ = cursor.byte();
  const content = cursor.content(constructor_);
  if (constructor_ === 0x53) return content.readUInt8(0);
  if (constructor_ === 0x80) return Number(content.readBigUInt64BE(0));
  if (constructor_ === 0xa3 || constructor_ === 0xb3) return BY_SYMBOL[content.toString('latin1')] ?? -1;
  throw bad('a section has no usable descriptor');
}

/** The fields of a list, as a cursor and how many. */
function list(cursor: Cursor): { fields: Cursor; count: number } {
  const constructor_ = cursor.byte();
  const content = new Cursor(cursor.content(constructor_));
  switch (constructor_) {
    case 0x45:
      return { fields: content, count: 0 };
    case 0xc0:
      return { fields: content, count: content.byte() };
    case 0xd0:
      return { fields: content, count: content.take(4).readUInt32BE(0) };
    default:
      throw bad('a section is no list');
  }
}

interface Value {
  readonly code: number;
  readonly content: Buffer;
}

/** Reads at most `want` fields; more are allowed by the specification's evolution rules and left alone. */
function values(cursor: Cursor, want: number): (Value | null)[] {
  const { fields, count } = list(cursor);
  if (count > fields.rest) throw bad('a list announces more than it holds');
  const found: (Value | null)[] = [];
  for (let index = 0; index < Math.min(count, want); index += 1) {
    const code = fields.byte();
    if (code === 0x00) throw bad('a property has a type that is not allowed there');
    const content = fields.content(code);
    found.push(code === 0x40 ? null : { code, content });
  }
  return found;
}

function stringOf(value: Value | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value.code !== 0xa1 && value.code !== 0xb1) throw bad('a property that must be a string is none');
  if (!isUtf8(value.content)) throw bad('a string is no UTF-8');
  return value.content.toString('utf8');
}

function symbolOf(value: Value | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value.code !== 0xa3 && value.code !== 0xb3) throw bad('the content type is no symbol');
  return value.content.toString('latin1');
}

function idOf(value: Value | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (value.code) {
    case 0xa1:
    case 0xb1:
      return idFromString(stringOf(value) ?? '');
    case 0x98:
      return idFromUuid(value.content);
    case 0x44:
      return idFromUlong(0n);
    case 0x53:
      return idFromUlong(BigInt(value.content.readUInt8(0)));
    case 0x80:
      return idFromUlong(value.content.readBigUInt64BE(0));
    case 0xa0:
    case 0xb0:
      return idFromBinary(value.content);
    default:
      throw bad('an id has a type that is not allowed there');
  }
}

function uintOf(value: Value | null | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  switch (value.code) {
    case 0x43:
      return 0;
    case 0x52:
      return value.content.readUInt8(0);
    case 0x70:
      return value.content.readUInt32BE(0);
    default:
      throw bad('the time to live is no uint');
  }
}

function isTrue(value: Value | null | undefined): boolean {
  if (value === null || value === undefined) return false;
  return value.code === 0x41 || (value.code === 0x56 && value.content[0] === 1);
}

type Writable<T> = { -readonly [K in keyof T]?: T[K] };

function readHeader(cursor: Cursor, message: Writable<AmqpMessage>): void {
  const [durable, , ttl] = values(cursor, 3);
  if (isTrue(durable)) message.durable = true;
  const ttlMs = uintOf(ttl);
  if (ttlMs !== undefined) message.ttlMs = ttlMs;
}

function readProperties(cursor: Cursor, message: Writable<AmqpMessage>): void {
  const fields = values(cursor, 7);
  const messageId = idOf(fields[0]);
  const to = stringOf(fields[2]);
  const subject = stringOf(fields[3]);
  const replyTo = stringOf(fields[4]);
  const correlationId = idOf(fields[5]);
  const contentType = symbolOf(fields[6]);
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
  return cursor.content(constructor_);
}

/**
 * Decodes a message of exactly one data section. Sections that this project does not use are skipped unread, so what
 * is in them cannot cost anything.
 *
 * @throws AmqpError `amqp-bad-message` for anything else: undecodable, another kind of body, several sections
 */
export function decodeMessage(bytes: Buffer): AmqpMessage {
  const cursor = new Cursor(bytes);
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
  return { ...message, body };
}
