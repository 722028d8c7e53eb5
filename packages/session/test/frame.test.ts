import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BusError, decodeErrorFrame } from '@arpa2amqp/protocol';
import { decodeFrame, encodeFrame, errorFrame, NO_CONTEXT, type Frame } from '../src/frame.js';

const contextId = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 300 }).map((array) => Buffer.from(array));
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constant('payload' as const), contextId, token: bytes(0), payload: bytes(1) }),
  fc.record({
    kind: fc.constant('context' as const),
    contextId,
    token: bytes(0),
    payload: fc.constant(Buffer.alloc(0)),
  }),
  fc.record({ kind: fc.constant('error' as const), contextId, token: fc.constant(Buffer.alloc(0)), payload: bytes(1) }),
);

function codeOf(body: Buffer): string {
  try {
    decodeFrame(body);
    return 'none';
  } catch (error) {
    if (error instanceof BusError) return error.code;
    throw error;
  }
}

const sample = encodeFrame({
  kind: 'payload',
  contextId: '00112233445566778899aabbccddeeff',
  token: Buffer.from('token'),
  payload: Buffer.from('payload'),
});

function changed(offset: number, value: number): Buffer {
  const copy = Buffer.from(sample);
  copy[offset] = value;
  return copy;
}

describe('the frame', () => {
  test('is laid out as the protocol says', () => {
    expect(sample.toString('hex')).toBe(
      `a201010000112233445566778899aabbccddeeff00000005${Buffer.from('tokenpayload').toString('hex')}`,
    );
  });

  test('is decoded to what was encoded', () => {
    fc.assert(fc.property(frames, (frame) => expect(decodeFrame(encodeFrame(frame))).toEqual(frame)));
  });

  test('of arbitrary bytes raises declared codes only', () => {
    const headed = fc
      .tuple(fc.constantFrom(0, 1, 2, 3, 0x7f), bytes(0))
      .map(([kind, rest]) => Buffer.concat([Buffer.from([0xa2, 1, kind, 0]), rest]));
    fc.assert(
      fc.property(fc.oneof(bytes(0), headed), (body) => {
        expect(['none', 'bad-frame', 'unsupported-version']).toContain(codeOf(body));
      }),
      { numRuns: 2000 },
    );
  });

  test('cut short anywhere is refused, or has lost bytes of its payload only', () => {
    for (let length = 0; length < sample.length; length += 1) {
      const isWholeToken = length > 24 + 5;
      expect(codeOf(sample.subarray(0, length))).toBe(isWholeToken ? 'none' : 'bad-frame');
    }
  });

  test('of another version is told apart, however short', () => {
    expect(codeOf(changed(1, 2))).toBe('unsupported-version');
    expect(codeOf(Buffer.from([0xa2, 0]))).toBe('unsupported-version');
  });

  test('with a wrong byte in its header is refused', () => {
    expect(codeOf(changed(0, 0xa3))).toBe('bad-frame');
    expect(codeOf(changed(2, 0x03))).toBe('bad-frame');
    expect(codeOf(changed(3, 1))).toBe('bad-frame');
    expect(codeOf(changed(20, 0xff))).toBe('bad-frame');
    expect(codeOf(changed(23, 13))).toBe('bad-frame');
  });

  test('has a payload exactly when its kind has one', () => {
    const token = Buffer.from('token');
    expect(codeOf(encodeFrame({ kind: 'payload', contextId: NO_CONTEXT, token }))).toBe('bad-frame');
    expect(codeOf(encodeFrame({ kind: 'context', contextId: NO_CONTEXT, token, payload: token }))).toBe('bad-frame');
    expect(codeOf(encodeFrame({ kind: 'error', contextId: NO_CONTEXT, token, payload: token }))).toBe('bad-frame');
  });

  test('with a token beyond any mechanism is refused', () => {
    const frame = { kind: 'payload', contextId: NO_CONTEXT, payload: Buffer.from('payload') } as const;
    expect(codeOf(encodeFrame({ ...frame, token: Buffer.alloc(65_536) }))).toBe('none');
    expect(codeOf(encodeFrame({ ...frame, token: Buffer.alloc(65_537) }))).toBe('bad-frame');
  });

  test('of an error carries its reason', () => {
    const frame = decodeFrame(errorFrame('context-unknown', '00112233445566778899aabbccddeeff'));
    expect(frame).toMatchObject({ kind: 'error', contextId: '00112233445566778899aabbccddeeff' });
    expect(decodeErrorFrame(frame.payload)).toBe('context-unknown');
    expect(decodeFrame(errorFrame('bad-frame')).contextId).toBe(NO_CONTEXT);
  });

  test('is not made for a context id that is none', () => {
    expect(() => encodeFrame({ kind: 'context', contextId: '0011' })).toThrow(RangeError);
  });
});
