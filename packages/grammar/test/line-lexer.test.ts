import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quoteWord, splitLine, wordsBefore } from '../src/index.js';

const texts = (line: string): string[] => splitLine(line).words.map((word) => word.text);

/** Everything a terminal, a paste or an ssh command string can hold: quotes, escapes, controls, halves of pairs. */
const unit = fc.oneof(
  fc.constantFrom(...` \t'"\\|a-b?#$\u00a0\u2028\ud83d\udc1a\n\r\0\u001b\u0085\u202e`.split('')),
  fc.constantFrom('🐚', 'é', 'ab', ' | '),
  fc.integer({ min: 0, max: 0xff_ff }).map((code) => String.fromCharCode(code)),
);
const hostile = fc.array(unit, { maxLength: 30 }).map((units) => units.join(''));
const hasFault = (text: string): boolean => /[^\P{Cc}\t]|\p{Cs}/u.test(text);

describe('a typed line', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' \t ', []],
    ['dane\tadd  z ', ['dane', 'add', 'z']],
    [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [`'a\\b"c' "a\\b'c" "\\"\\\\"`, ['a\\b"c', "a\\b'c", '"\\']],
    [`\\' \\" \\\\ \\|`, ["'", '"', '\\', '|']],
    ['$HOME `id` $(id) * ~ a;b & >x #y', ['$HOME', '`id`', '$(id)', '*', '~', 'a;b', '&', '>x', '#y']],
    ['a\u00a0b \u3000', ['a\u00a0b', '\u3000']],
  ])('%j has the words %j', (line, words) => {
    expect(texts(line)).toEqual(words);
    expect(splitLine(line)).toMatchObject({ open: null });
    expect(splitLine(line)).not.toHaveProperty('fault');
  });

  test('words have their place and how they began', () => {
    expect(splitLine(`🐚 x"y z"  'q'`).words).toEqual([
      { text: '🐚', start: 0, end: 2, quote: null },
      { text: 'xy z', start: 3, end: 9, quote: null },
      { text: 'q', start: 11, end: 14, quote: "'" },
    ]);
  });

  test.each<[string, string | null, string[]]>([
    [`a 'b c`, "'", ['a', 'b c']],
    [`a "b\\" c`, '"', ['a', 'b" c']],
    [`a "b\\`, '"', ['a', 'b\\']],
    ['a b\\', '\\', ['a', 'b']],
    ["a '", "'", ['a', '']],
    [`'a' b`, null, ['a', 'b']],
  ])('what is still open at the end of %j is %j', (line, open, words) => {
    expect(splitLine(line).open).toBe(open);
    expect(texts(line)).toEqual(words);
  });

  test('a bar is a pipe only where it stands alone and unquoted', () => {
    const line = `a|b '|' \\| ""| |c | include x | count`;
    expect(splitLine(line).pipe).toBe(line.indexOf('| include'));
    expect(splitLine(line).words.filter((word) => word.isPipe === true)).toHaveLength(2);
    expect(splitLine(`a '|' |b`)).not.toHaveProperty('pipe');
  });

  test.each<[string, number, string]>([
    ['a\u001b[2J', 1, 'A line cannot hold the control character U+001B (at character 2)'],
    ["'a\nb'", 2, 'A line cannot hold the control character U+000A (at character 3)'],
    ['\u009b', 0, 'A line cannot hold the control character U+009B (at character 1)'],
    ['🐚\ud83d x', 2, 'A line cannot hold half a surrogate pair (at character 3)'],
  ])('%j is at fault', (line, at, message) => {
    expect(splitLine(line).fault).toEqual({ at, message });
    expect(wordsBefore(line, line.length)).toBeNull();
    expect(wordsBefore(line, at)).not.toBeNull();
  });

  test('any text is split without throwing, and its words lie in it in order', () => {
    fc.assert(
      fc.property(hostile, (line) => {
        const { words, open, fault } = splitLine(line);
        expect(fault !== undefined).toBe(hasFault(line));
        let end = 0;
        for (const word of words) {
          expect(word.start).toBeGreaterThanOrEqual(end);
          expect(line.slice(end, word.start)).toMatch(/^[ \t-\r]*$/);
          end = word.end;
          expect(end).toBeGreaterThan(word.start);
          // A word means the same wherever it stands.
          expect(splitLine(line.slice(word.start, end)).words).toEqual([{ ...word, start: 0, end: end - word.start }]);
        }
        expect(line.slice(end)).toMatch(/^[ \t-\r]*$/);
        if (open !== null) expect(end).toBe(line.length);
      }),
      { numRuns: 500 },
    );
  });

  test('lines of a megabyte are split in proportion to their length', () => {
    for (const part of ['a ', '\\a', '\\\\', `''`, `"\\"" `, `a'b'`, '"a" ', '| ', `"'`, '\0', '🐚', ' ']) {
      const count = Math.ceil((1 << 20) / part.length);
      const started = process.cpuUsage();
      const { words } = splitLine(part.repeat(count));
      expect(words.length).toBeLessThanOrEqual(count);
      expect(words.at(-1)?.text.length ?? 0).toBeLessThanOrEqual(part.length * count);
      // In proportion it takes some tens of milliseconds; by the square it would be minutes.
      expect(process.cpuUsage(started).user).toBeLessThan(5_000_000);
    }
    const word = `${`'"\\ `.repeat(1 << 18)}z`;
    expect(texts(quoteWord(word))).toEqual([word]);
  });
});

describe('words before a cursor', () => {
  test.each<[string, string[], string, number, string | null]>([
    ['^', [], '', 0, null],
    ['da^ne add', [], 'da', 0, null],
    ['dane ^add', ['dane'], '', 5, null],
    [`dane "or^velte" x`, ['dane'], 'or', 5, '"'],
    [`dane 'a b'^`, ['dane'], 'a b', 5, "'"],
    [`dane 'a b' ^`, ['dane', 'a b'], '', 11, null],
    ['a b\\ ^c', ['a'], 'b ', 2, null],
    ['a b\\^', ['a'], 'b', 2, null],
    ['list | inc^', ['list', '|'], 'inc', 7, null],
    ['🐚 🐚^', ['🐚'], '🐚', 3, null],
  ])('of %j', (marked, words, partial, start, quote) => {
    const cursor = marked.indexOf('^');
    expect(wordsBefore(marked.replace('^', ''), cursor)).toEqual({ words, partial, start, quote });
  });

  test('there are none outside the line or inside a character', () => {
    for (const cursor of [-1, 4, 0.5, NaN, Infinity, 2]) expect(wordsBefore('a🐚', cursor)).toBeNull();
  });

  test('a candidate put in the place of the partial word is the last word of the line', () => {
    fc.assert(
      fc.property(hostile, fc.nat(30), hostile, (line, at, candidate) => {
        const cursor = Math.min(at, line.length);
        const before = wordsBefore(line, cursor);
        if (before === null) return;
        const completed = line.slice(0, before.start) + quoteWord(candidate, before.quote);
        expect(texts(completed)).toEqual([...before.words, candidate]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a quoted word', () => {
  test.each([
    ['orvelte.nep', 'orvelte.nep'],
    ['', `''`],
    ['a b', `'a b'`],
    ['|', `'|'`],
    ["it's", `"it's"`],
    [`"it's\\"`, `"\\"it's\\\\\\""`],
  ])('%j is written %s', (text, written) => {
    expect(quoteWord(text)).toBe(written);
  });

  test('is given back by the lexer, alone and among others, whatever it holds', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom("'", '"', null), hostile, (text, quote, other) => {
        const written = quoteWord(text, quote);
        if (quote !== null) expect(written.startsWith(quote)).toBe(true);
        const line = `${quoteWord(other)} ${written}`;
        const { words, open, pipe } = splitLine(line);
        expect(words.map((word) => word.text)).toEqual([other, text]);
        expect({ open, pipe, end: words[1]?.end }).toEqual({ open: null, pipe: undefined, end: line.length });
      }),
      { numRuns: 500 },
    );
  });
});
