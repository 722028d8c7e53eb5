import { BusError, DEFAULT_LIMITS } from '@arpa2amqp/protocol';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BatchDraft } from '../src/batch-draft.js';
import { parseArguments } from '../src/cli/arguments.js';
import { parseInput } from '../src/cli/input.js';
import { resolveClientOptions, type ConnectOptions } from '../src/client-options.js';
import { parseDuration } from '../src/duration.js';

const HOST = '/internetwide/arpa2.test/reservoir';

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof BusError) return error.code;
    throw error;
  }
  return 'none';
}

describe('time spans', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '30', 's', '-1s', '0s', '1h', '1e3s', ' 30s', '30 s', '0.1ms', `${'9'.repeat(40)}s`])(
    '%j is refused',
    (text) => expect(codeOf(() => parseDuration(text))).toBe('usage'),
  );
});

describe('client options', () => {
  test('unknown keys are refused by name, with the likely one', () => {
    const options = { timeoutMS: 5 } as ConnectOptions;
    expect(() => resolveClientOptions(options)).toThrow(/"timeoutMS".*"timeoutMs"/);
  });

  test.each([
    { timeoutMs: 0 },
    { timeoutMs: 25 * 3_600_000 },
    { service: 'no-host' },
    { limits: { maxBatches: 1 } },
    { isRaw: 'yes' },
  ])('%j is refused', (options) =>
    expect(codeOf(() => resolveClientOptions(options as unknown as ConnectOptions))).toBe('usage'),
  );

  test('are frozen and complete', () => {
    const options = resolveClientOptions({ limits: { maxCommands: 5 } });
    expect(Object.isFrozen(options)).toBe(true);
    expect(options).toMatchObject({ url: 'amqp://127.0.0.1:5672', timeoutMs: 30_000 });
    expect(options.limits).toEqual({ ...DEFAULT_LIMITS, maxCommands: 5 });
  });
});

describe('a batch that is made', () => {
  const draft = (commands: unknown, extra: object = {}): BatchDraft =>
    new BatchDraft(HOST, commands as unknown[], { timeoutMs: 1000, ...extra }, DEFAULT_LIMITS);

  test('is the batch object of the protocol', () => {
    const { id, expiresMs, encode } = ((d) => ({ id: d.id, expiresMs: d.expiresMs, encode: d.encode.bind(d) }))(
      draft([{ do_: 'sh ping' }], { atomic: true, confirm: 60, dryRun: true }),
    );
    expect(JSON.parse(encode('reply-"1"').toString())).toEqual({
      id,
      to: HOST,
      replyTo: 'reply-"1"',
      issued: new Date(expiresMs - 1000).toISOString(),
      expires: new Date(expiresMs).toISOString(),
      atomic: true,
      confirm: 60,
      dryRun: true,
      commands: [{ do_: 'sh ping' }],
    });
    expect(JSON.parse(encode(undefined).toString())).not.toHaveProperty('replyTo');
  });

  test.each([
    ['no command', [], 'invalid-batch'],
    ['no array', { do_: 'sh ping' }, 'invalid-batch'],
    ['1,001 commands', Array.from({ length: 1001 }, () => ({ do_: 'sh ping' })), 'too-many-commands'],
    ['a number for a value', [{ do_: 'sh x', port: 443 }], 'invalid-batch'],
    ['a reserved key', [{ do_: 'sh x', other_: 'y' }], 'invalid-batch'],
    ['no do_', [{}], 'invalid-batch'],
    ['a lone surrogate', [{ do_: 'sh x', name: '\ud800' }], 'invalid-batch'],
    ['too much stdin_', [{ do_: 'sh x', stdin_: 'x'.repeat(600 * 1024) }], 'invalid-batch'],
    [
      'too much in all',
      Array.from({ length: 3 }, () => ({ do_: 'sh x', stdin_: 'x'.repeat(500 * 1024) })),
      'invalid-batch',
    ],
  ])('with %s is refused', (_what, commands, code) => expect(codeOf(() => draft(commands))).toBe(code));

  test('names the command that is refused', () => {
    expect(() => draft([{ do_: 'sh ping' }, { do_: 'sh x', port: 443 }])).toThrow(/Command 2 .*"port"/);
  });

  test('keeps a backslash before ud as it is', () => {
    const text = 'a\\ud800';
    const commands = [{ do_: 'sh x', name: text }];
    expect(JSON.parse(draft(commands).encodeBare().toString())).toEqual(commands);
  });
});

describe('input of the program', () => {
  test('is an array, a command or a batch object', () => {
    const command = { do_: 'sh ping' };
    expect(parseInput('[{"do_":"sh ping"}]', DEFAULT_LIMITS)).toEqual({ commands: [command] });
    expect(parseInput('{"do_":"sh ping"}', DEFAULT_LIMITS)).toEqual({ commands: [command] });
    expect(parseInput('{"do_":"sh x","commands":"y"}', DEFAULT_LIMITS)).toEqual({
      commands: [{ do_: 'sh x', commands: 'y' }],
    });
    expect(parseInput('{"commands":[{"do_":"sh ping"}],"atomic":true}', DEFAULT_LIMITS)).toEqual({
      commands: [command],
      atomic: true,
    });
  });

  test.each([
    ['', 'invalid-batch'],
    [' \n', 'invalid-batch'],
    ['"text"', 'invalid-batch'],
    ['null', 'invalid-batch'],
    ['[{]', 'not-json'],
    ['{"do_":"a b","do_":"a c"}', 'duplicate-key'],
    ['['.repeat(33) + ']'.repeat(33), 'too-deep'],
    ['{"commands":[],"atomik":true}', 'invalid-batch'],
    ['[{"do_":"a b","x":"\\ud800"}]', 'invalid-batch'],
  ])('%j is refused as %s', (text, code) => expect(codeOf(() => parseInput(text, DEFAULT_LIMITS))).toBe(code));

  test('whatever it is, only errors of the catalogue come out', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseInput(text, DEFAULT_LIMITS);
        } catch (error) {
          expect(error).toBeInstanceOf(BusError);
          expect((error as BusError).exitCode).toBe(2);
        }
      }),
    );
  });
});

describe('arguments of the program', () => {
  const parse = (...words: string[]) => parseArguments(words, { ARPA2AMQP_URL: 'amqp://env', ARPA2AMQP_TO: '' });

  test('options win over the environment, which wins over defaults', () => {
    expect(parse()).toMatchObject({
      kind: 'run',
      args: { connect: 'amqp://env', to: undefined, timeout: '30s', file: undefined },
    });
    expect(parse('--connect', 'amqp://option', '--to', HOST, '--no-reply', '-q', '-')).toMatchObject({
      args: { connect: 'amqp://option', to: HOST, isReplyWanted: false, isQuiet: true, file: '-' },
    });
    expect(parseArguments([], {})).toMatchObject({ args: { connect: 'amqp://127.0.0.1:5672' } });
  });

  test('file names that look like numbers stay as they are', () => {
    expect(parse('007')).toMatchObject({ args: { file: '007' } });
  });

  test.each([['--tymeout', '3s'], ['--to'], ['a', 'b'], ['--x.y', '1'], ['--no-atomic']])(
    '%s %s is refused',
    (...words) => expect(parse(...words)).toMatchObject({ kind: 'usage' }),
  );
});
