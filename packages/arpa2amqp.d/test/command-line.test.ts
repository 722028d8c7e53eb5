import { describe, expect, test } from '@jest/globals';
import { parseCommandLine } from '../src/command-line.js';

const parse = (...argv: readonly string[]) => parseCommandLine(argv, '0');

describe('the command line', () => {
  test('joins directories of shells that are given one by one', () => {
    expect(parse('--shells', 'a', '--open', '--shells', 'b', 'c').settings).toEqual({
      shells: ['a', 'b', 'c'],
      open: true,
    });
  });

  test.each([
    ['--address', '/internetwide/a.test/b'],
    ['--log-level', 'info'],
    ['--config', 'a.yaml'],
  ])('takes %s once', (option, value) => {
    const twice = (): unknown => parse(option, value, option, value);
    expect(twice).toThrow(expect.objectContaining({ code: 'usage', message: `Give ${option} once` }));
  });
});
