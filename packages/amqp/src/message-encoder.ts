import { wireId } from './message-id.js';
import { SECTION, type AmqpMessage } from './message.js';
import { AmqpError } from './errors.js';

/** One field of a section, measured; `null` is the AMQP null. */
type Field =
  | { readonly code: 'utf8' | 'symbol'; readonly text: string; readonly bytes: number }
  | { readonly code: 'bytes'; readonly constructor_: number; readonly value: Buffer }
  | { readonly code: 'ulong'; readonly value: bigint }
  | null;

const MAX_TTL = 0xffff_ffff;

function text(value: string | undefined): Field {
  return value === undefined ? null : { code: 'utf8', text: value, bytes: Buffer.byteLength(value) };
}

function symbol(value: string | undefined): Field {
  if (value === undefined) return null;
  // eslint-disable-next-line no-control-regex -- a symbol is seven-bit ASCII (AMQP 1.0, part 1, 1.6.21)
  if (!/^[\x00-\x7f]*$/.test(value)) throw new AmqpError('amqp-bad-message', 'Encode a content type: not ASCII');
  return { code: 'symbol', text: value, bytes: value.length };
}

function id(value: string | undefined): Field {
  if (value === undefined) return null;
  const wire = wireId(value);
  switch (wire.type) {
    case 'string':
      return text(wire.value);
    case 'uuid':
      return { code: 'bytes', constructor_: 0x98, value: wire.value };
    case 'binary':
      return { code: 'bytes', constructor_: wire.value.length > 255 ? 0xb0 : 0xa0, value: wire.value };
    case 'ulong':
      return { code: 'ulong', value: wire.value };
  }
}

function sizeOf(field: Field): number {
  if (field === null) return 1;
  if (field.code === 'ulong') return 9;
  if (field.code === 'bytes') return field.value.length + 1 + lengthWidth(field.constructor_);
  return field.bytes + (field.bytes > 255 ? 5 : 2);
}

function lengthWidth(constructor_: number): number {
  if (constructor_ === 0x98) return 0;
  return constructor_ === 0xb0 ? 4 : 1;
}

function put(target: Buffer, offset: number, field: Field): number {
  if (field === null) {
    target[offset] = 0x40;
    return offset + 1;
  }
  if (field.code === 'ulong') {
    target[offset] = 0x80;
    return target.writeBigUInt64BE(field.value, offset + 1);
  }
  if (field.code === 'bytes') {
    let at = target.writeUInt8(field.constructor_, offset);
    const width = lengthWidth(field.constructor_);
    if (width === 1) at = target.writeUInt8(field.value.length, at);
    else if (width === 4) at = target.writeUInt32BE(field.value.length, at);
    return at + field.value.copy(target, at);
  }
  const long = field.bytes > 255;
  const base = field.code === 'utf8' ? 0xa1 : 0xa3;
  let at = target.writeUInt8(long ? base + 0x10 : base, offset);
  at = long ? target.writeUInt32BE(field.bytes, at) : target.writeUInt8(field.bytes, at);
  return at + (field.code === 'utf8' ? target.write(field.text, at, 'utf8') : target.write(field.text, at, 'latin1'));
}

function headerBytes(message: AmqpMessage): Buffer | null {
  const { durable, ttlMs } = message;
  if (durable !== true && ttlMs === undefined) return null;
  const mark = durable === true ? 0x41 : 0x42;
  if (ttlMs === undefined) return Buffer.from([0x00, 0x53, SECTION.header, 0xc0, 2, 1, mark]);
  const header = Buffer.from([0x00, 0x53, SECTION.header, 0xc0, 8, 3, mark, 0x40, 0x70, 0, 0, 0, 0]);
  header.writeUInt32BE(Math.min(MAX_TTL, Math.max(0, Math.ceil(ttlMs))), 9);
  return header;
}

/**
 * Encodes a message in one exactly sized buffer. (rhea's own encoder makes a typed object per field and copies twice.)
 *
 * @param to the address to write, in place of `message.to`
 * @param room bytes to leave before the message
 */
export function encodeMessage(message: AmqpMessage, to: string | undefined = message.to, room = 0): Buffer {
  const header = headerBytes(message);
  const fields: Field[] = [
    id(message.messageId),
    null,
    text(to),
    text(message.subject),
    text(message.replyTo),
    id(message.correlationId),
    symbol(message.contentType),
  ];
  while (fields.length > 0 && fields[fields.length - 1] === null) fields.pop();
  let content = 0;
  for (const field of fields) content += sizeOf(field);
  const long = content > 254;
  const listHead = fields.length === 0 ? 1 : long ? 9 : 3;
  const { body } = message;
  const bodyHead = body.length > 255 ? 5 : 2;
  const out = Buffer.allocUnsafe(room + (header?.length ?? 0) + 3 + listHead + content + 3 + bodyHead + body.length);
  let at = room + (header === null ? 0 : header.copy(out, room));
  at = sectionStart(out, at, SECTION.properties);
  if (fields.length === 0) at = out.writeUInt8(0x45, at);
  else if (long) {
    at = out.writeUInt8(0xd0, at);
    at = out.writeUInt32BE(content + 4, at);
    at = out.writeUInt32BE(fields.length, at);
  } else {
    at = out.writeUInt8(0xc0, at);
    at = out.writeUInt8(content + 1, at);
    at = out.writeUInt8(fields.length, at);
  }
  for (const field of fields) at = put(out, at, field);
  at = sectionStart(out, at, SECTION.data);
  if (bodyHead === 5) {
    at = out.writeUInt8(0xb0, at);
    at = out.writeUInt32BE(body.length, at);
  } else {
    at = out.writeUInt8(0xa0, at);
    at = out.writeUInt8(body.length, at);
  }
  body.copy(out, at);
  return out;
}

function sectionStart(target: Buffer, offset: number, code: number): number {
  target[offset] = 0x00;
  target[offset + 1] = 0x53;
  target[offset + 2] = code;
  return offset + 3;
}
