import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cellsOf, clustersOf } from '../../src/terminal/cells.js';
import { escapeForTerminal } from '../../src/terminal/index.js';
import { TextRows } from '../../src/terminal/text-rows.js';

const rowsOf = (text: string, columns: number): readonly string[] => new TextRows(text, columns).slice(0, Infinity);

describe('escapeForTerminal', () => {
  test.each([
    ['a\u001b[31mb', 'a\\e[31mb'],
    ['tab\tand\nnewline', 'tab\tand\nnewline'],
    ['over\rwritten\u0008', 'over\\rwritten\\u{8}'],
    ['\u009b2J\u007f', '\\u{9b}2J\\u{7f}'],
    ['user\u202enimda\u2066', 'user\\u{202e}nimda\\u{2066}'],
    ['half \ud83d pair 😀', 'half \\u{d83d} pair 😀'],
    ['漢字 e\u0301 👩‍👧', '漢字 e\u0301 👩‍👧'],
  ])('%j is shown as %j', (text, shown) => {
    expect(escapeForTerminal(text)).toBe(shown);
  });

  test('nothing a terminal acts on is left of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeForTerminal(text)).not.toMatch(
          // eslint-disable-next-line no-control-regex -- the characters that must not get through
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
    );
  });
});

describe('characters and columns', () => {
  test('every text is made of its clusters, each drawn in the columns counted for it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const clusters = [...clustersOf(text)];
        expect(clusters.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        for (const { shown, cells } of clusters) expect(cells).toBe(cellsOf(shown));
      }),
    );
  });

  test('rows of the pager fit and lose nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite' }), fc.integer({ min: 12, max: 40 }), (text, columns) => {
        const rows = rowsOf(text, columns);
        for (const row of rows) expect(cellsOf(row)).toBeLessThanOrEqual(columns);
        expect(rows.join('')).toBe(escapeForTerminal(text).replace(/\n/g, ''));
      }),
    );
  });

  test('colours take no room in a row', () => {
    expect(rowsOf('\u001b[1mabcd\u001b[0mef\n\na\tb', 10)).toEqual(['\u001b[1mabcd\u001b[0mef', '', 'a       b']);
  });

  test.each<[string, readonly string[]]>([
    ['', []],
    ['\n', ['']],
    ['a\n\n', ['a', '']],
    ['abcdefgh', ['abcd', 'efgh']],
    ['abc\nabcde\n', ['abc', 'abcd', 'e']],
    ['漢字漢字漢', ['漢字', '漢字', '漢']],
  ])('the rows of %j', (text, rows) => {
    expect(rowsOf(text, 4)).toEqual(rows);
  });

  test('rows are found by their places, in any order', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '漢', '\n', '\t') }), fc.nat(), (text, seed) => {
        const all = new TextRows(text, 12);
        const rows = new TextRows(text, 12);
        const at = text === '' ? 0 : seed % text.length;
        const row = rows.indexOf(at);
        expect(rows.slice(row, row + 2)).toEqual(all.slice(0, Infinity).slice(row, row + 2));
        expect(rows.startOf(row)).toBeLessThanOrEqual(at);
        expect(rows.startOf(row + 1)).toBeGreaterThanOrEqual(at);
        expect(all.count()).toBe(rows.count());
      }),
    );
  });

  test('a line of a megabyte and a million lines are cut in time', () => {
    const begun = performance.now();
    expect(new TextRows('漢'.repeat(500_000), 80).count()).toBe(12_500);
    expect(new TextRows('\u0300'.repeat(1_000_000), 80).count()).toBeGreaterThan(0);
    expect(new TextRows('x\n'.repeat(1_000_000), 80).count()).toBe(1_000_000);
    expect(performance.now() - begun).toBeLessThan(15_000);
  });
});
