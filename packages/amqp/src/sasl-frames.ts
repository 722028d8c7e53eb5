import { AmqpError } from './errors.js';
import { installDecoderGuard } from './guards/decoder.js';
import { types, type RheaTyped } from './rhea.js';

/** Protocol header that asks for SASL. */
export const SASL_HEADER = Buffer.from([0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]);

const FRAME_TYPE = 0x01;
const CODES = { mechanisms: 0x40, init: 0x41, challenge: 0x42, response: 0x43, outcome: 0x44 } as const;

/** Codes of the outcome frame (AMQP 1.0, part 5, 5.3.3.6). */
export const SASL_OK = 0;
export const SASL_AUTH = 1;
export const SASL_SYS = 2;
export const SASL_SYS_TEMP = 4;

export type SaslFrame =
  | { readonly kind: 'mechanisms'; readonly names: readonly string[] }
  | {
      readonly kind: 'init';
      readonly mechanism: string;
      readonly response: Buffer | null;
      readonly hostname: string | null;
    }
  | { readonly kind: 'challenge' | 'response'; readonly data: Buffer }
  | { readonly kind: 'outcome'; readonly code: number };

function fieldsOf(frame: SaslFrame): RheaTyped[] {
  switch (frame.kind) {
    case 'mechanisms':
      return [types.wrap_array(frame.names, 0xa3)];
    case 'init':
      return [
        types.wrap_symbol(frame.mechanism),
        frame.response === null ? types.Null() : types.wrap_binary(frame.response),
        frame.hostname === null ? types.Null() : types.wrap_string(frame.hostname),
      ];
    case 'challenge':
    case 'response':
      return [types.wrap_binary(frame.data)];
    case 'outcome':
      return [types.wrap_ubyte(frame.code)];
  }
}

export function encodeSaslFrame(frame: SaslFrame): Buffer {
  const writer = new types.Writer();
  writer.write(types.described(types.wrap_ulong(CODES[frame.kind]), types.List32(fieldsOf(frame))));
  const content = writer.toBuffer();
  const head = Buffer.from([0, 0, 0, 0, 2, FRAME_TYPE, 0, 0]);
  head.writeUInt32BE(head.length + content.length);
  return Buffer.concat([head, content]);
}

function broken(what: string): AmqpError {
  return new AmqpError('amqp-protocol', `Read a SASL frame of the peer: ${what}`, { condition: 'amqp:decode-error' });
}

function bytesOf(field: RheaTyped | undefined): Buffer | null {
  if (field?.value === undefined || field.value === null) return null;
  if (!Buffer.isBuffer(field.value)) throw broken('a field that must be binary is none');
  return field.value;
}

function read(unit: Buffer): { code: unknown; fields: RheaTyped[] } {
  const start = unit.readUInt8(4) * 4;
  if (unit.readUInt8(5) !== FRAME_TYPE || start < 8 || start > unit.length) throw broken('it is no SASL frame');
  installDecoderGuard();
  try {
    const { descriptor, value } = new types.Reader(unit.subarray(start)).read();
    if (Array.isArray(value)) return { code: descriptor?.value, fields: value as RheaTyped[] };
  } catch (error) {
    throw error instanceof AmqpError ? error : broken('it cannot be read');
  }
  throw broken('it holds no list');
}

/** @throws AmqpError `amqp-protocol` */
export function decodeSaslFrame(unit: Buffer): SaslFrame {
  const { code, fields } = read(unit);
  const [first, second, third] = fields;
  switch (code) {
    case CODES.mechanisms: {
      const names: unknown[] = Array.isArray(first?.value) ? first.value : [first?.value];
      const texts = names.map((each) => (typeof each === 'string' ? each : (each as RheaTyped | undefined)?.value));
      return { kind: 'mechanisms', names: texts.filter((each) => typeof each === 'string') };
    }
    case CODES.init:
      if (typeof first?.value !== 'string') throw broken('an init names no mechanism');
      return {
        kind: 'init',
        mechanism: first.value,
        response: bytesOf(second),
        hostname: typeof third?.value === 'string' ? third.value : null,
      };
    case CODES.challenge:
      return { kind: 'challenge', data: bytesOf(first) ?? Buffer.alloc(0) };
    case CODES.response:
      return { kind: 'response', data: bytesOf(first) ?? Buffer.alloc(0) };
    case CODES.outcome:
      if (typeof first?.value !== 'number') throw broken('an outcome has no code');
      return { kind: 'outcome', code: first.value };
    default:
      throw broken('it is unknown');
  }
}
