import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AmqpError } from '../src/errors.js';
import { decodeMessage } from '../src/message-decoder.js';
import { encodeMessage } from '../src/message-encoder.js';
import { wireId } from '../src/message-id.js';
import type { AmqpMessage } from '../src/message.js';
import rhea, { type Message } from 'rhea';

const text = fc.string({ maxLength: 400, unit: 'grapheme' });
const ascii = fc.string({ maxLength: 300, unit: 'grapheme-ascii' });

const messages: fc.Arbitrary<AmqpMessage> = fc.record(
  {
    messageId: text,
    correlationId: text,
    to: text,
    replyTo: text,
    subject: text,
    contentType: ascii,
    ttlMs: fc.nat(0xffff_ffff),
    durable: fc.constant(true as const),
    body: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  },
  { requiredKeys: ['body'] },
);

const UUID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const { types, message: codec } = rhea as unknown as {
  types: Record<string, (value: unknown) => never>;
  message: { encode(message: object): Buffer; decode(bytes: Buffer): Message; [name: string]: unknown };
};
const dataSection = codec['data_section'] as (bytes: Buffer) => unknown;

function encodedByRhea(fields: object): Buffer {
  return codec.encode({ body: dataSection(Buffer.from('x')), ...fields });
}

function codeOf(bytes: Buffer): string {
  try {
    decodeMessage(bytes);
    return 'none';
  } catch (error) {
    return error instanceof AmqpError ? error.code : `not ours: ${String(error)}`;
  }
}

describe('message codec', () => {
  test('gives back what it was given', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  test('writes what rhea reads', () => {
    const body = Buffer.from('body');
    const sent = {
      messageId: 'm',
      correlationId: 'c',
      to: '/a',
      replyTo: 'r',
      subject: 's',
      contentType: 'a/b',
      ttlMs: 5,
      durable: true,
      body,
    };
    const read = codec.decode(encodeMessage(sent));
    expect(read).toMatchObject({
      message_id: 'm',
      correlation_id: 'c',
      to: '/a',
      reply_to: 'r',
      subject: 's',
      content_type: 'a/b',
      ttl: 5,
      durable: true,
    });
    expect((read.body as { content: Buffer }).content).toEqual(body);
  });

  test.each([
    ['uuid', types['wrap_uuid']!(UUID)],
    ['ulong', types['wrap_ulong']!(0)],
    ['small ulong', types['wrap_ulong']!(200)],
    ['large ulong', types['wrap_ulong']!(Buffer.from('ffeeddccbbaa9988', 'hex'))],
    ['binary of 16 bytes', types['wrap_binary']!(UUID)],
    ['long binary', types['wrap_binary']!(Buffer.alloc(300, 1))],
    ['empty string', types['wrap_string']!('')],
    ['string that looks like one of our forms', types['wrap_string']!('AMQP_UUID:00112233445566778899aabbccddeeff')],
  ])('returns an id of type %s unchanged in the correlation id of the answer', (_name, id) => {
    const asked = decodeMessage(encodedByRhea({ message_id: id }));
    const answer = encodeMessage({ correlationId: asked.messageId!, body: Buffer.from('x') });
    expect(decodeMessage(answer).correlationId).toBe(asked.messageId);
    // Sent as a request id by rhea and as an answer's by us, the bytes of the value are the same.
    const { value, type } = id as { value: unknown; type: { name: string } };
    const wire = wireId(asked.messageId!);
    if (type.name.startsWith('Str')) expect(wire).toEqual({ type: 'string', value });
    else expect(wire.type).toBe({ U: type.name === 'Uuid' ? 'uuid' : 'ulong', S: 'ulong', V: 'binary' }[type.name[0]!]);
    if (Buffer.isBuffer(wire.value)) expect(wire.value).toEqual(value);
  });

  test('takes sections it does not use, whatever is in them', () => {
    const bytes = encodedByRhea({
      application_properties: { a: 1, b: { c: [1, 2, 3] } },
      message_annotations: { 'x-opt-a': 'b' },
      delivery_annotations: { d: true },
      footer: { e: null },
      message_id: 'm',
    });
    expect(decodeMessage(bytes)).toEqual({ messageId: 'm', body: Buffer.from('x') });
  });

  test.each([
    ['an amqp-value', { body: 'text' }],
    ['a sequence', { body: (codec['sequence_section'] as (list: unknown[]) => unknown)([1]) }],
    ['two data sections', { body: (codec['data_sections'] as (list: Buffer[]) => unknown)([UUID, UUID]) }],
  ])('refuses %s as body', (_name, fields) => {
    expect(codeOf(encodedByRhea(fields))).toBe('amqp-bad-message');
  });

  test('refuses a string that is no UTF-8', () => {
    const bytes = encodeMessage({ to: 'abcd', body: Buffer.from('x') });
    bytes[bytes.indexOf('abcd')] = 0xff;
    expect(codeOf(bytes)).toBe('amqp-bad-message');
  });

  test('refuses the 13 bytes that stop an unguarded reader', () => {
    const killer = Buffer.from([0x00, 0x53, 0x77, 0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x43]);
    expect(codeOf(killer)).toBe('amqp-bad-message');
  });

  test('ends every other input in a message or in amqp-bad-message', () => {
    const known = encodeMessage({ messageId: 'id', to: '/a', replyTo: 'r', ttlMs: 1, body: Buffer.from('body') });
    const mutated = fc.array(fc.tuple(fc.nat(known.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
      const bytes = Buffer.from(known);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
    const cut = fc.nat(known.length).map((length) => known.subarray(0, length));
    const random = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutated, cut, random), fc.uint8Array({ maxLength: 40 }), (bytes, around) => {
        const code = codeOf(bytes);
        expect(['none', 'amqp-bad-message']).toContain(code);
        // What is before and behind it in its chunk is not looked at.
        const chunk = Buffer.concat([around, bytes, around]);
        const inside = chunk.subarray(around.length, around.length + bytes.length);
        expect(codeOf(inside)).toBe(code);
        if (code === 'none') expect(decodeMessage(inside)).toEqual(decodeMessage(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
