import { describe, expect, test } from '@jest/globals';
import { compileSpec, type Match, type MatchFailure } from '../src/index.js';
import { readJsonCommand } from '../src/json-input.js';
import { searchJson, type JsonSearch } from '../src/json-matcher.js';
import { searchLine, type LineSearch } from '../src/line-matcher.js';
import { completionsOf } from './completions.js';
import { programOf } from './random-grammar.js';

function json(spec: string, command: object): JsonSearch {
  const program = programOf(spec);
  const input = readJsonCommand(program, command);
  if (!input.ok) throw new Error(input.message);
  return searchJson(program, input);
}

const many = (count: number, word = 'w'): string[] => new Array<string>(count).fill(word);
const options = (count: number): string[] => Array.from({ length: count }, (_, index) => `v${index}`);

describe('hostile lines', () => {
  const specs = [
    '( ( <a> [...] ) [...] ) [...] stop',
    '( <a> | <a> <a> | <b> [...] | ( <a> <b> ) [...] ) [...] stop',
    `( <a> ${'[<b>] '.repeat(20)} ) [...] stop`,
    `( ${'( '.repeat(40)} <a> ${') [...] '.repeat(40)} ) [...] stop`,
    '( <a...> | <b...> | w ) [...] <c...> stop',
  ];

  test.each([...specs.entries()])(
    'the work for nested spec %d grows with the words, not with their readings',
    (_, spec) => {
      const program = programOf(spec);
      const work = (count: number): LineSearch => searchLine(program, many(count));
      expect(work(2000)).toMatchObject({ took: null, at: 2000 });
      for (const count of [100, 1000, 4000]) {
        // A split and the steps up to the next one, once for each place.
        expect(work(count).steps).toBeLessThan(1000 + 4 * program.size * (count + 1));
      }
      expect(searchLine(program, [...many(2000), 'stop']).took).toHaveLength(2001);
    },
  );

  test('100,000 words are matched, refused and completed', () => {
    const grammar = compileSpec('q ( <a> [on | off] ) [...] stop');
    const words = ['q', ...many(100_000)];
    expect((grammar.matchLine([...words, 'stop']) as Match).literals).toEqual(['q', 'stop']);
    expect(grammar.matchLine(words)).toMatchObject({ ok: false, at: 100_001, expected: ['on', 'off', '<a>', 'stop'] });
    expect(completionsOf(grammar, words)).toEqual(['on', 'off', '<a>', 'stop']);
    expect((grammar.matchLine(words) as MatchFailure).message.length).toBeLessThan(250);
  });

  test('a word that exhausts the engine of patterns is refused', () => {
    const grammar = compileSpec('q <a>', { a: { type: 'pattern', pattern: '(?:a|b|\\p{L})*' } });
    const word = 'é'.repeat(8 << 20);
    expect(() => /^(?:a|b|\p{L})*$/u.test(word)).toThrow(RangeError);
    expect(grammar.matchLine(['q', word])).toMatchObject({ ok: false, at: 1, invalid: 'a' });
  });

  test('one word of a megabyte is matched, and refused with a short message', () => {
    const grammar = compileSpec('q <a> <b>', { b: { type: 'pattern', pattern: '(?:x|y)*' } });
    const long = 'x'.repeat(1 << 20);
    expect(grammar.matchLine(['q', long, long]).ok).toBe(true);
    expect((grammar.matchLine(['q', long, `${long}z`]) as MatchFailure).message.length).toBeLessThan(250);
  });
});

describe('hostile JSON', () => {
  test('100,000 values, and 100,000 words, are matched and refused', () => {
    const grammar = compileSpec('q ( <a> | on ) [...] stop');
    const values = many(100_000);
    const words = many(100_000, 'on');
    expect(grammar.matchJson({ do_: 'q stop', a: values }).ok).toBe(true);
    expect(grammar.matchJson({ do_: ['q', ...words, 'stop'], a: values }).ok).toBe(true);
    expect(grammar.matchJson({ do_: 'q', a: values })).toMatchObject({ ok: false, at: 1, expected: ['on', 'stop'] });
    expect(grammar.matchJson({ do_: ['q', ...words] })).toMatchObject({ ok: false, at: 100_001 });
  });

  test.each([20, 40, 200])('%d options given at once, and a word too many: told as such, in few steps', (count) => {
    const names = options(count);
    const spec = `q ${names.map((name) => `[<${name}>]`).join(' ')}`;
    const given = Object.fromEntries(names.map((name) => [name, 'w']));
    expect(json(spec, { do_: 'q', ...given })).toMatchObject({ kind: 'match' });
    const refused = json(spec, { do_: 'q junk', ...given });
    expect(refused.kind).toBe('dead-end');
    expect(refused.steps).toBeLessThan(10_000 + 4 * programOf(spec).size * count);
    expect(compileSpec(spec).matchJson({ do_: 'q junk', ...given })).toMatchObject({ unused: ['do_'] });
  });

  test('orders beyond count are given up within a bound, and never taken for a match', () => {
    // As many <b> as <a> are needed, and there is one more: each count alone is possible, so only trying tells.
    const spec = 'q ( <a> <b> | <c> | <d> ) [...]';
    const [a, c, d] = [many(500), many(500), many(500)];
    const refused = json(spec, { do_: 'q', a, b: many(501), c, d });
    expect(refused.kind).toBe('too-many-readings');
    expect(refused.steps).toBeLessThan(200_000);
    const result = compileSpec(spec).matchJson({ do_: 'q', a, b: many(501), c, d });
    expect(result).toEqual({ ok: false, message: expect.stringContaining('as a line') });
    expect(json(spec, { do_: 'q', a, b: a, c, d }).kind).toBe('match');
  });

  test('a missing literal after a repetition of many keys is found without trying the orders', () => {
    const refused = json('q ( <a> | <b> | <c> ) [...] stop', { do_: 'q', a: many(1000), b: many(1000), c: many(1000) });
    expect(refused).toMatchObject({ kind: 'dead-end', deadEnd: { taken: 3001 } });
    expect(refused.steps).toBeLessThan(60_000);
  });
});
