import { describe, expect, test } from '@jest/globals';
import { parseAclCommandLine } from '../src/acl-command-line.js';
import { runAuditProgram } from '../src/audit-program.js';
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

  test.each<[string, () => unknown]>([
    ['the daemon', () => parse('--config.x=1')],
    ['the daemon, for a list', () => parse('--shells.x', 'a')],
    ['acl', () => parseAclCommandLine(['list', '--state.x=1'], '0')],
    ['acl, in front of its command', () => parseAclCommandLine(['--instance.x', '1', 'list'], '0')],
  ])('with a dot in the name of an option, it is one that there is not: %s', (_, parsed) => {
    expect(parsed).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(/^Unknown arg.*\.x/) }),
    );
  });

  test('so it is for audit', async () => {
    await expect(runAuditProgram(['verify', '--state.x=1'], '0')).rejects.toThrow(/^Unknown argument: state\.x/);
  });
});
