import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, type Reply } from '@arpa2amqp/protocol';
import { encodeAnswer } from '../src/answering.js';
import { decodeMessage } from '../src/decoding.js';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const envelope = { address: ADDRESS, replyTo: 'reply-1', sealed: { digest: 'ab'.repeat(32) } };
const document = {
  id: '11111111-1111-4111-8111-111111111111',
  to: ADDRESS,
  replyTo: 'reply-1',
  issued: '2026-11-21T12:00:00Z',
  expires: '2026-11-21T12:00:30Z',
  commands: [{ do_: 'arpa2dns ping6' }],
};
const decode = (value: unknown) => decodeMessage(Buffer.from(JSON.stringify(value)), envelope, DEFAULT_LIMITS);

describe('decoding', () => {
  test('a batch for us passes', () => {
    expect(decode(document)).toMatchObject({ kind: 'batch', batch: { id: document.id } });
  });

  test.each<[string, object, string]>([
    ['for another host', { to: '/internetwide/arpa2.test/other' }, 'wrong-address'],
    ['with another reply-to', { replyTo: 'reply-2' }, 'wrong-reply-to'],
    ['whose reply-to was added by a broker', { replyTo: undefined }, 'wrong-reply-to'],
  ])('a batch %s is misdirected', (_what, change, reason) => {
    expect(decode({ ...document, ...change })).toEqual({ kind: 'misdirected', reason });
  });

  test('a batch whose reply-to a broker has taken away is misdirected', () => {
    const { replyTo: _replyTo, ...rest } = envelope;
    const decoded = decodeMessage(
      Buffer.from(JSON.stringify(document)),
      { ...rest, replyTo: undefined },
      DEFAULT_LIMITS,
    );
    expect(decoded).toEqual({ kind: 'misdirected', reason: 'wrong-reply-to' });
  });

  test('a bare array is named by what was sealed', () => {
    expect(decode(document.commands)).toMatchObject({
      kind: 'batch',
      batch: { id: 'abababab-abab-abab-abab-abababababab', to: null },
    });
  });

  test('what cannot be read is answered under the id it has', () => {
    expect(decode({ ...document, commands: [] })).toMatchObject({
      kind: 'unreadable',
      id: document.id,
      isBare: false,
      reply: { error_: { code: 'invalid-batch' } },
    });
    expect(decode([])).toMatchObject({ kind: 'unreadable', id: null, isBare: true });
    expect(decode('x')).toMatchObject({ kind: 'unreadable', id: null, isBare: false });
  });
});

describe('answering', () => {
  const limits = { ...DEFAULT_LIMITS, maxMessageBytes: 4096 };
  const encode = (replies: Reply[], isBare = false): unknown =>
    JSON.parse(encodeAnswer({ re: 'id', from: ADDRESS, replies, isBare }, limits).toString());

  test('an answer names the batch and the host, a bare one is the array alone', () => {
    expect(encode([{ stdout_: 'x' }])).toEqual({ re: 'id', from: ADDRESS, replies: [{ stdout_: 'x' }] });
    expect(encode([{ stdout_: 'x' }], true)).toEqual([{ stdout_: 'x' }]);
  });

  test('an answer that is too large loses its largest replies only', () => {
    const large = { stdout_: 'x'.repeat(3000) };
    const small = { stdout_: 'y'.repeat(500) };
    expect(encode([small, large, small])).toMatchObject({ replies: [small, { error_: { code: 'too-large' } }, small] });
  });

  test('the answer always fits', () => {
    const replies = Array.from({ length: 10 }, (_item, index) => ({ stdout_: 'x'.repeat(1000 + index) }));
    expect(encodeAnswer({ re: 'id', from: ADDRESS, replies, isBare: false }, limits).length).toBeLessThan(4096);
  });
});
