import { expect, test } from '@jest/globals';
import { textOfSections } from '../src/index.js';

test('sections are told one below the other, what terms mean in one column', () => {
  const rows = [
    ['0', 'all well'],
    ['TERM', 'the terminal'],
  ] as const;
  expect(
    textOfSections([
      { title: 'Words', rows },
      { title: 'More', text: 'As it is.' },
    ]),
  ).toBe('Words\n  0     all well\n  TERM  the terminal\n\nMore\n  As it is.');
});
