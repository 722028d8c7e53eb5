import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileSpec, SpecError, type JsonCommand, type MatchFailure, type ValueType } from '../src/index.js';

describe('spec errors', () => {
  const faults: [string, number, string][] = [
    ['a )', 2, 'mismatched brackets'],
    ['a ( | b )', 4, 'empty sequence'],
    ['[ ]', 2, 'empty sequence'],
    ['a |', 3, 'empty sequence'],
    ['| a', 0, 'empty sequence'],
    ['( ( a )', 7, 'incomplete specification'],
    ['( a |', 5, 'incomplete specification'],
    ['a <x', 4, 'incomplete specification'],
    ['a > b', 2, '">" without its "<"'],
    ['<a|b>', 2, '"|" in a name'],
    ['<...>', 0, 'empty name'],
    [':x', 0, 'before the colon'],
    ['a:b:c', 3, 'second colon'],
    ['<x...> [...]', 7, 'nothing to repeat'],
    ['( [...] a )', 2, 'nothing to repeat'],
    ['a | [...]', 4, 'nothing to repeat'],
    ['a ( [b] | c ) [...]', 14, 'may match nothing'],
    ['q <do_>', 2, 'reserved'],
    ['a\0', 1, 'control character'],
    ['('.repeat(51) + 'a' + ')'.repeat(51), 50, 'nested more than 50 deep'],
    [`a | ${'('.repeat(50)}a${')'.repeat(50)}`, 53, 'forms side by side counted'],
    ['a '.repeat(3000), 4096, 'longer than 4096 characters'],
  ];

  test.each(faults.map(([spec, ...rest]) => [spec.slice(0, 20), ...rest, spec] as const))(
    '%j at %d: %s',
    (_, at, why, spec) => {
      const error = (() => {
        try {
          return compileSpec(spec);
        } catch (caught) {
          return caught;
        }
      })();
      expect(error).toBeInstanceOf(SpecError);
      expect(error).toMatchObject({ code: 'spec', at, retryable: false, message: expect.stringContaining(why) });
    },
  );

  const badTypes: unknown[] = [
    'number',
    {},
    { type: 'integer', min: 5, max: 4 },
    { type: 'integer', min: 0.5 },
    { type: 'integer', max: '7' },
    { type: 'pattern', pattern: 'a)|(b' },
    { type: 'pattern', pattern: '[' },
    { type: 'pattern' },
    { type: 'choice', choices: [] },
    { type: 'choice', choices: ['a', ''] },
    { type: 'choice' },
  ];

  test.each(badTypes)('the type %j is refused at its variable', (type) => {
    expect(() => compileSpec('set <x>', { x: type as ValueType })).toThrow(
      expect.objectContaining({
        code: 'spec',
        at: 4,
        message: expect.stringContaining('the type of <x> is not valid'),
      }),
    );
  });
});

describe('types', () => {
  const port: ValueType = { type: 'integer', min: 0, max: 65535 };
  const accepted: [ValueType, string[], string[]][] = [
    ['string', ['', 'x', 'a b', '\u{1F600}'], ['a\0', '\uD83D', '\uDE00x']],
    [
      'integer',
      ['0', '-1', '9007199254740991'],
      ['', '+1', '01', '-0', '1.0', '1e3', '0x10', '1_0', ' 1', '٣', '9007199254740992'],
    ],
    [port, ['0', '443', '65535'], ['-1', '65536', '1\n']],
    [{ type: 'pattern', pattern: 'a|bc' }, ['a', 'bc'], ['abc', 'ac', 'xa', 'a\n', '']],
    [{ type: 'pattern', pattern: '.' }, ['\u{1F600}'], ['\0', '\uD83D']],
    [{ type: 'choice', choices: ['on', 'off'] }, ['on', 'off'], ['On', 'o', '']],
  ];

  test.each(accepted)('%j', (type, good, bad) => {
    const grammar = compileSpec('set <x>', { x: type });
    for (const word of good)
      expect(grammar.matchLine(['set', word])).toMatchObject({ ok: true, values: { x: [word] } });
    for (const word of bad) {
      expect(grammar.matchLine(['set', word])).toMatchObject({ ok: false, at: 1, expected: ['<x>'], invalid: 'x' });
      expect(grammar.matchJson({ do_: 'set', x: word })).toMatchObject({ ok: false, invalid: 'x' });
    }
  });

  test('are given with their defaults, as data', () => {
    const grammar = compileSpec('set <x> <y> [<z>]', { y: { ...port, secret: true, help: 'TCP port' }, z: 'integer' });
    expect([...grammar.variables]).toEqual([
      ['x', { type: 'string', secret: false }],
      ['y', { type: 'integer', min: 0, max: 65535, secret: true, help: 'TCP port' }],
      ['z', { type: 'integer', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, secret: false }],
    ]);
    expect([...grammar.secrets]).toEqual(['y']);
    expect(grammar.heads).toEqual(['set']);
    expect(compileSpec('a | [b] <x>').heads).toEqual(['a', 'b', '<x>']);
    expect(compileSpec('[a]').heads).toEqual(['a', '<cr>']);
  });

  test('the rest of a line is typed too', () => {
    const grammar = compileSpec('sum <n...>', { n: 'integer' });
    expect(grammar.matchLine(['sum', '1', '2']).ok).toBe(true);
    expect(grammar.matchLine(['sum', '1', 'x'])).toMatchObject({ ok: false, at: 2, expected: ['<n...>', '<cr>'] });
    expect(grammar.matchJson({ do_: 'sum 1 x' })).toMatchObject({ ok: false, unused: ['do_'] });
  });
});

test('the tree has the shape and the places of the spec', () => {
  expect(compileSpec('set:s ( <x> [...] | [ off ] ) <r...>').root).toEqual({
    kind: 'sequence',
    at: 0,
    items: [
      { kind: 'literal', word: 'set', name: 's', at: 0 },
      {
        kind: 'alternation',
        at: 8,
        branches: [
          { kind: 'repetition', item: { kind: 'variable', name: 'x', at: 8 }, at: 8 },
          { kind: 'option', item: { kind: 'literal', word: 'off', name: 'off', at: 22 }, at: 20 },
        ],
      },
      { kind: 'rest', name: 'r', at: 30 },
    ],
  });
});

describe('messages', () => {
  const grammar = compileSpec('dane config ( cert | pubkey ) [full] | zone del <zone> | port <port>', {
    port: { type: 'integer', min: 0, max: 65535 },
  });
  const lines: [string, string][] = [
    ['', 'No words: expected "dane", "zone" or "port"'],
    ['dan', 'Unexpected "dan": expected "dane", "zone" or "port"'],
    ['dane config', 'Expected "cert" or "pubkey" after "dane config"'],
    ['dane config key', 'Unexpected "key" after "dane config": expected "cert" or "pubkey"'],
    ['dane config cert x', 'Unexpected "x" after "dane config cert": expected "full" or the end of the command'],
    ['zone del z x', 'Unexpected "x" after "zone del z": expected the end of the command'],
    ['zone del', 'Expected <zone> after "zone del"'],
    ['port', 'Expected <port> (an integer from 0 to 65535) after "port"'],
    ['port 70000', '"70000" is not a valid <port>: expected an integer from 0 to 65535'],
  ];

  test.each(lines)('line %j', (line, message) => {
    expect(grammar.matchLine(line.split(' ').filter(Boolean))).toMatchObject({ ok: false, message });
  });

  const commands: [JsonCommand, string][] = [
    [{ do_: 'zone del' }, 'Missing key "zone": expected <zone> after "zone del"'],
    [{ do_: 'zone del', zone: ['z', 'y'] }, 'Key "zone" has more values than the command takes after "zone del"'],
    [
      { do_: 'zone del now', zone: 'z' },
      'In "do_": unexpected "now" after "zone del": expected the end of the command',
    ],
    [{ do_: 'dane config' }, 'In "do_": expected "cert" or "pubkey" after "dane config"'],
    [{ do_: 'port', port: 'x' }, '"x" is not a valid <port>: expected an integer from 0 to 65535'],
    [{ do_: 'port', prot: '1' }, 'Key "prot" is no variable of this command: expected "zone" or "port"'],
  ];

  test.each(commands)('JSON %j', (command, message) => {
    expect(grammar.matchJson(command)).toMatchObject({ ok: false, message });
  });

  test('quote with escapes and cut what a stranger wrote', () => {
    const { message } = grammar.matchLine(['zone', 'del', 'z', '\x1b[2J\u202e\u009b"\\\ud800']) as MatchFailure;
    expect(message).toContain('Unexpected "\\u{1b}[2J\\u{202e}\\u{9b}\\"\\\\\\u{d800}" after');
    const cut = grammar.matchLine(['zone', 'del', 'y'.repeat(5000), 'x'.repeat(5000)]) as MatchFailure;
    expect(cut.message).toContain('xxx..."');
    expect(cut.message.length).toBeLessThan(300);
  });
});

describe('secrets', () => {
  const grammar = compileSpec('pass ( set <user> <pin> | test <pin> [...] | <note...> now ) | login <user> <pin>', {
    user: { type: 'pattern', pattern: '[a-z]+' },
    pin: { type: 'pattern', pattern: '[0-9]{4}S[3]CRET', secret: true },
  });
  const secret = fc.constantFrom('1234S3CRET', 'xS3CRET', 'S3CRET');
  const word = fc.oneof(secret, fc.constantFrom('pass', 'set', 'test', 'login', 'now', 'john', '1'));

  test('are in no refusal, wherever they were put', () => {
    const hide = (result: object): void => expect(JSON.stringify(result)).not.toContain('S3CRET');
    fc.assert(
      fc.property(
        fc.constantFrom('pass', 'login'),
        fc.array(word, { maxLength: 6 }),
        word,
        word,
        (head, words, user, pin) => {
          const line = grammar.matchLine([head, ...words]);
          if (!line.ok) hide(line);
          for (const command of [
            { do_: [head, ...words], user, pin },
            { do_: [head], pin: [pin, user] },
          ]) {
            const json = grammar.matchJson(command);
            if (!json.ok) hide(json);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('leave the messages useful', () => {
    const message = (...words: string[]): string => (grammar.matchLine(words) as MatchFailure).message;
    expect(message('login', 'john', '77')).toBe('Word 3 is not a valid <pin>: expected a value like [0-9]{4}S[3]CRET');
    expect(message('login', 'john', '1234S3CRET', 'x')).toBe(
      'Unexpected word 4 after "login ...": expected the end of the command',
    );
    expect(compileSpec('<pin>', { pin: { type: 'string', secret: true } }).matchLine(['a', 'b'])).toMatchObject({
      message: 'Unexpected word 2 after word 1: expected the end of the command',
    });
    expect(
      compileSpec('q <x>', { x: { type: 'choice', choices: ['k1'], secret: true } }).matchLine(['q', 'b']),
    ).toMatchObject({
      message: 'Word 2 is not a valid <x>: expected one of the known values',
    });
  });
});
