import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_LIMITS,
  buildReply,
  completionOf,
  decodeBareReplies,
  decodeReplies,
  encodeReplies,
  errorReply,
  isErrorReply,
  parseStdout,
  type Reply,
} from '../src/index.js';

const replyTo = (stdout: string): unknown => buildReply({ stdout, stderr: '' });

describe('the reply to complete_', () => {
  const reply = { candidates: [{ value: '\u001b[31m', help: 'x' }], placeholders: [{ name: '<x>' }], mayEnd: true };

  test('is taken as it is, with members of later versions', () => {
    expect(completionOf(reply)).toBe(reply);
    expect(completionOf({ ...reply, more: true, later: 1 })).toMatchObject({ more: true });
  });

  test.each<Reply>([
    { stderr_: 'x', error_: { code: 'syntax' } },
    {},
    { ...reply, stderr_: 'x' },
    { ...reply, candidates: [{ value: 5 }] },
    { ...reply, candidates: [{ value: 'x'.repeat(256) }] },
    { ...reply, candidates: Array.from({ length: 201 }, () => ({ value: 'x' })) },
    { ...reply, placeholders: ['<x>'] },
    { ...reply, mayEnd: 'yes' },
  ])('is refused when it is %j', (other) => {
    expect(completionOf(other)).toBeUndefined();
  });
});

describe('stdout becomes a reply', () => {
  test.each<[string, string, unknown]>([
    ['nothing', '', { stdout_: '' }],
    ['text', 'pong6\n', { stdout_: 'pong6\n' }],
    ['one JSON object', '{"zone":"z","ttl":[1]}\n', { zone: 'z', ttl: [1] }],
    [
      'headers and text',
      'A: 1\nB-c:2\nA: 3\n\nrest\n',
      {
        headers_: [
          ['A', '1'],
          ['B-c', '2'],
          ['A', '3'],
        ],
        stdout_: 'rest\n',
      },
    ],
    [
      'headers and an object',
      'Cache-Update-Delay: 3600\n\n{"x":"y"}',
      { headers_: [['Cache-Update-Delay', '3600']], x: 'y' },
    ],
    ['headers only', 'A: 1\n\n', { headers_: [['A', '1']], stdout_: '' }],
    ['a leading empty line', '\nA: 1\n\nx', { headers_: [], stdout_: 'A: 1\n\nx' }],
    ['a leading empty line and an object', '\n{}', { headers_: [] }],
    ['header lines without an empty line', 'A: 1\nB: 2\n', { stdout_: 'A: 1\nB: 2\n' }],
    ['a line that is no header before the empty line', 'A: 1\nno header\n\nx', { stdout_: 'A: 1\nno header\n\nx' }],
    ['a header name with a blank', 'You are: x\n\n', { stdout_: 'You are: x\n\n' }],
    ['CRLF', 'A: 1\r\n\r\nx', { headers_: [['A', '1']], stdout_: 'x' }],
    ['an empty value', 'A:\n\n', { headers_: [['A', '']], stdout_: '' }],
    ['a key that ends in an underscore', '{"x":1,"stdout_":"y"}', { stdout_: '{"x":1,"stdout_":"y"}' }],
    ['a JSON array', '[1]', { stdout_: '[1]' }],
    ['two objects', '{}{}', { stdout_: '{}{}' }],
    ['a key twice', '{"a":1,"a":2}', { stdout_: '{"a":1,"a":2}' }],
  ])('%s', (_what, stdout, expected) => {
    expect(replyTo(stdout)).toEqual(expected);
  });

  test('stderr makes an error reply without stdout', () => {
    const reply = buildReply({ stdout: 'A: 1\n\nx', stderr: 'no\n' });
    expect(reply).toEqual({ stderr_: 'no\n', error_: { code: 'failed' } });
    expect(isErrorReply(reply)).toBe(true);
    expect(isErrorReply(buildReply({ stdout: '', stderr: '' }))).toBe(false);
  });

  test('a code without words gets those of the catalogue', () => {
    expect(errorReply('timeout', '').stderr_).toMatch(/longer than it may/);
    expect(errorReply('syntax', 'no\n', 2)).toEqual({ stderr_: 'no\n', error_: { code: 'syntax', at: 2 } });
  });

  test('property: headers that were printed come back, and the rest is what follows the empty line', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9-]{1,10}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.string(), (headers, rest) => {
        const stdout = `${headers.map(([header, text]) => `${header}: ${text}\n`).join('')}\n${rest}`;
        const parsed = parseStdout(stdout);
        expect(parsed.headers).toEqual(headers);
        expect(parsed.text === rest || parsed.members !== undefined).toBe(true);
      }),
    );
  });

  test('property: no stdout throws, and members never end in an underscore', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (stdout) => {
        const { members, text } = parseStdout(stdout);
        expect((members === undefined) !== (text === undefined)).toBe(true);
        expect(Object.keys(members ?? {}).some((key) => key.endsWith('_'))).toBe(false);
      }),
    );
  });
});

describe('the answer to a batch', () => {
  const replies = [
    { stdout_: 'x', headers_: [['a', 'b']] as [string, string][] },
    { stderr_: 'no', error_: { code: 'failed' } },
    { zone: 'z' },
  ];

  test('comes back as it was', () => {
    const document = { re: 'id', from: '/internetwide/a.b/c', replies };
    expect(decodeReplies(encodeReplies(document, false), DEFAULT_LIMITS)).toEqual(document);
    expect(decodeBareReplies(encodeReplies(document, true), DEFAULT_LIMITS)).toEqual(replies);
  });

  test('property: whatever one command prints, the replies can be read', () => {
    const anything = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
    const half = fc.constantFrom('\ud800', 'a\udc00b', '{"x":"\ud83d"}', '{"\ud83d":1}', 'A: \udfff\n\n');
    fc.assert(
      fc.property(fc.oneof(anything, half, fc.json()), fc.boolean(), (printed, isError) => {
        const reply = buildReply(isError ? { stdout: '', stderr: printed } : { stdout: printed, stderr: '' });
        expect(decodeBareReplies(encodeReplies({ re: '', from: '', replies: [reply] }, true), DEFAULT_LIMITS)).toEqual([
          reply,
        ]);
      }),
    );
  });

  test.each([
    '{}',
    '[]',
    '{"re":"x","from":"y","replies":[1]}',
    '{"re":"x","from":"y","replies":[{"error_":{"code":"failed"}}]}',
  ])('%s is refused', (text) => {
    expect(() => decodeReplies(Buffer.from(text), DEFAULT_LIMITS)).toThrow(/is not valid/);
  });
});
