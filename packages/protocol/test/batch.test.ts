import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Batch,
  BusError,
  DEFAULT_LIMITS,
  REPLY_ERRORS,
  batchIdOf,
  batchOf,
  checkTimes,
  decodeCommand,
  parseStrictJson,
  readBatchJson,
} from '../src/index.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const bare = { id: '00000000-0000-4000-8000-000000000000', nowMs: NOW };
const document = {
  id: '11111111-1111-4111-8111-111111111111',
  to: '/internetwide/arpa2.test/reservoir',
  replyTo: 'reply-1',
  issued: '2026-11-21T12:00:00Z',
  expires: '2026-11-21T12:00:30Z',
  commands: [{ do_: 'arpa2dns ping6' }],
};

const decodeBytes = (bytes: Uint8Array): Batch =>
  batchOf(readBatchJson(bytes, DEFAULT_LIMITS), DEFAULT_LIMITS, () => bare);
const decode = (value: unknown): Batch =>
  decodeBytes(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof BusError) return error.code;
    throw error;
  }
  return 'none';
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('decoding a batch', () => {
  test('an object keeps what it says and has defaults for the rest', () => {
    expect(decode(document)).toMatchObject({
      id: document.id,
      to: document.to,
      replyTo: 'reply-1',
      issuedMs: NOW,
      expiresMs: NOW + 30_000,
      isAtomic: false,
      confirmSeconds: 0,
      isDryRun: false,
      commands: document.commands,
    });
  });

  test('a bare array of commands names no host and lives as long as a batch may', () => {
    expect(decode([{ do_: 'arpa2dns ping6' }])).toMatchObject({
      id: bare.id,
      to: null,
      replyTo: null,
      issuedMs: NOW,
      expiresMs: NOW + DEFAULT_LIMITS.maxLifeMs,
    });
  });

  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const commands = (count: number): unknown => ({ ...document, commands: Array.from({ length: count }, () => ({})) });
  test.each<[string, unknown, string]>([
    ['nothing at all', '', 'not-json'],
    ['not JSON', '{"commands": [', 'not-json'],
    ['text behind the JSON', '[{}] x', 'not-json'],
    ['a string', '"arpa2dns ping"', 'invalid-batch'],
    ['null', 'null', 'invalid-batch'],
    ['an empty array', '[]', 'invalid-batch'],
    ['an empty object', '{}', 'invalid-batch'],
    ['an unknown key', { ...document, atomc: true }, 'invalid-batch'],
    ['an id that is none', { ...document, id: 'x' }, 'invalid-batch'],
    ['a number for a boolean', { ...document, atomic: 1 }, 'invalid-batch'],
    ['an instant that is none', { ...document, issued: 'yesterday' }, 'invalid-batch'],
    ['a 13th month', { ...document, expires: '2026-13-21T12:00:30Z' }, 'invalid-batch'],
    ['a 13th month of its beginning', { ...document, issued: '2026-13-21T12:00:30Z' }, 'invalid-batch'],
    ['no commands', { ...document, commands: [] }, 'invalid-batch'],
    ['1,001 commands', commands(1001), 'too-many-commands'],
    ['a life of more than a day', { ...document, expires: '2026-11-22T12:00:01Z' }, 'invalid-batch'],
    ['an end before its beginning', { ...document, expires: '2026-11-21T11:00:00Z' }, 'invalid-batch'],
    ['depth 33', nested(33), 'too-deep'],
    ['depth of a million', nested(500_000), 'too-deep'],
    ['a key twice', '[{"do_":"x","do_":"y"}]', 'duplicate-key'],
    ['a key twice, once escaped', '[{"do_":"x","\\u0064o_":"y"}]', 'duplicate-key'],
    ['a lone surrogate', '[{"do_":"\\ud800"}]', 'invalid-batch'],
    ['a lone surrogate in a key', '[{"\\ud800":"x"}]', 'invalid-batch'],
  ])('%s is refused', (_what, value, code) => {
    expect(codeOf(() => decode(value))).toBe(code);
  });

  test('depth 32 and 1,000 commands are not', () => {
    expect(codeOf(() => parseStrictJson(nested(32), 32))).toBe('none');
    expect(codeOf(() => decode(commands(1000)))).toBe('none');
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(codeOf(() => decodeBytes(Buffer.from([0x5b, 0xff, 0x5d])))).toBe('not-utf8');
  });

  test('the id of a batch object is found also when the rest is wrong', () => {
    expect(batchIdOf({ id: document.id, commands: 1 })).toBe(document.id);
    for (const json of [null, 'x', [], {}, { id: 1 }, { id: 'x' }]) expect(batchIdOf(json)).toBeNull();
  });

  test('the message names the unknown key and the likely one', () => {
    expect(messageOf(() => decode({ ...document, atomc: true }))).toMatch(
      /unknown key "atomc".*did you mean "atomic"\?/,
    );
  });

  test('the message of a parse error holds nothing of the text', () => {
    expect(messageOf(() => decode('[{"stdin_": "hunter2" oops}]'))).not.toMatch(/hunter2|oops/);
  });

  test('an old batch is expired and one from the future is refused', () => {
    const batch = decode(document);
    expect(codeOf(() => checkTimes(batch, NOW + 30_000, DEFAULT_LIMITS))).toBe('expired');
    expect(codeOf(() => checkTimes(batch, NOW + 29_999, DEFAULT_LIMITS))).toBe('none');
    expect(codeOf(() => checkTimes(batch, NOW - 300_001, DEFAULT_LIMITS))).toBe('issued-in-future');
    expect(codeOf(() => checkTimes(batch, NOW - 300_000, DEFAULT_LIMITS))).toBe('none');
  });

  test('property: arbitrary bytes give a batch or a code of the catalogue', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const code = codeOf(() => decodeBytes(bytes));
          expect(code === 'none' || Object.hasOwn(REPLY_ERRORS, code)).toBe(true);
        },
      ),
    );
  });

  test('property: JSON without doubled keys is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
        const text = JSON.stringify(value);
        if (/\\ud[89a-f]/i.test(text)) return;
        expect(parseStrictJson(text, 64)).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('decoding a command', () => {
  const one = (value: unknown): unknown => decodeCommand(value, DEFAULT_LIMITS);

  test('do_ as text and as an array are the same', () => {
    const expected = {
      form: 'json',
      shell: 'arpa2dns',
      words: ['dane', 'add'],
      variables: { zone: 'z' },
      stdin: undefined,
    };
    expect(one({ do_: ' arpa2dns  dane add', zone: 'z' })).toEqual(expected);
    expect(one({ do_: ['arpa2dns', 'dane', 'add'], zone: 'z' })).toEqual(expected);
  });

  test('words_ is a typed line', () => {
    expect(one({ words_: ['arpa2dns', 'zone', 'del', 'z'], stdin_: 'x' })).toEqual({
      form: 'line',
      shell: 'arpa2dns',
      words: ['zone', 'del', 'z'],
      stdin: 'x',
    });
  });

  test('complete_ is the words before the cursor and the one at it', () => {
    const complete_ = { words: ['arpa2dns', 'dane'], partial: 'a' };
    expect(one({ complete_ })).toEqual({ form: 'complete', ...complete_ });
    expect(one({ complete_: { words: [], partial: '' } })).toEqual({ form: 'complete', words: [], partial: '' });
  });

  test('a variable named like something of Object.prototype is a variable', () => {
    const command = one(JSON.parse('{"do_": "a b", "toString": "x", "constructor": "y"}')) as { variables: object };
    expect(Object.entries(command.variables)).toEqual([
      ['toString', 'x'],
      ['constructor', 'y'],
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    ['a string', 'arpa2dns ping', /must be an object/],
    ['an array', [], /must be an object/],
    ['nothing to do', { zone: 'z' }, /needs "do_"/],
    ['both do_ and words_', { do_: 'a', words_: ['a'] }, /not both/],
    ['a number', { do_: 'a b', port: 443 }, /"port" must be a string or an array of strings, not a number/],
    ['a boolean', { do_: 'a b', port: true }, /not a boolean/],
    ['null', { do_: 'a b', port: null }, /not null/],
    ['an array with a number', { do_: 'a b', port: ['1', 2] }, /"port"/],
    ['an unknown reserved key', { do_: 'a b', undo_: 'x' }, /"undo_" is reserved/],
    ['an array for stdin_', { do_: 'a b', stdin_: ['x'] }, /"stdin_" must be a string, not/],
    ['an empty do_ array', { do_: [] }, /at least the name of a shell/],
    ['both do_ and complete_', { do_: 'a', complete_: { words: [], partial: '' } }, /not both/],
    ['a complete_ that is a string', { complete_: 'arpa2dns' }, /"complete_" must hold "words"/],
    ['a complete_ without words', { complete_: { partial: '' } }, /must hold "words", an array of strings, and/],
    ['a complete_ with a number', { complete_: { words: [1], partial: '' } }, /must hold "words"/],
    ['a complete_ with more', { complete_: { words: [], partial: '', at: 1 } }, /must hold "words"/],
    ['a variable beside complete_', { complete_: { words: [], partial: '' }, zone: 'z' }, /"zone" cannot stand beside/],
    ['stdin_ beside complete_', { complete_: { words: [], partial: '' }, stdin_: '' }, /"stdin_" cannot stand beside/],
    ['a variable beside words_', { words_: ['a'], zone: 'z' }, /cannot stand beside/],
  ])('%s is refused by name', (_what, value, message) => {
    expect(codeOf(() => one(value))).toBe('syntax');
    expect(messageOf(() => one(value))).toMatch(message);
  });

  test('too much stdin_ is too large', () => {
    const maxStdinBytes = 4;
    expect(
      codeOf(() => decodeCommand({ do_: 'a', stdin_: '\u00e9\u00e9' }, { ...DEFAULT_LIMITS, maxStdinBytes })),
    ).toBe('none');
    expect(
      codeOf(() => decodeCommand({ do_: 'a', stdin_: '\u00e9\u00e9x' }, { ...DEFAULT_LIMITS, maxStdinBytes })),
    ).toBe('too-large');
  });

  test('property: any JSON value gives a command or a syntax error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['none', 'syntax']).toContain(codeOf(() => one(value)));
      }),
    );
  });
});
