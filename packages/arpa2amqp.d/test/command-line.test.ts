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

  test('of the other options the last one counts', () => {
    const twice = (option: string, first: string, last: string) => [option, first, option, last];
    const argv = [...twice('--address', '/a/b/c', '/d/e/f'), ...twice('--log-level', 'info', 'debug')];
    expect(parse(...argv, ...twice('--config', 'a.yaml', 'b.yaml'), '--open', '--open')).toEqual({
      configFile: 'b.yaml',
      settings: { address: '/d/e/f', logLevel: 'debug', open: true },
    });
  });
});
