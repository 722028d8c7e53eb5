import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cellsOf, clustersOf } from '../../src/terminal/cells.js';
import { escapeForTerminal } from '../../src/terminal/index.js';
import { rowsOf } from '../../src/terminal/pager.js';

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
        const rows = [...rowsOf(text, columns)];
        for (const row of rows) expect(cellsOf(row)).toBeLessThanOrEqual(columns);
        expect(rows.join('')).toBe(escapeForTerminal(text).replace(/\n/g, ''));
      }),
    );
  });

  test('colours take no room in a row', () => {
    expect([...rowsOf('\u001b[1mabcd\u001b[0mef\n\na\tb', 10)]).toEqual(['\u001b[1mabcd\u001b[0mef', '', 'a       b']);
  });
});
