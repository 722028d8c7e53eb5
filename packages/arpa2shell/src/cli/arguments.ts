import { basename } from 'node:path';
import type { Arguments, ParsedArguments } from './parsed-arguments.js';
import { DEFAULT_CONFIG } from './program.js';

/**
 * Parses the words after the program's name.
 *
 * @param path - the program's own, which tells the shell to start in
 */
export async function parseArguments(path: string, words: readonly string[]): Promise<ParsedArguments> {
  const { commands, rest } = takeCommands(words);
  const name = basename(path, '.js');
  const start = /^arpa2[a-z0-9-]{1,27}$/.test(name) && name !== 'arpa2shell' ? name : null;
  const base = { start, commands: commands.length === 0 ? null : commands };
  // A login shell, and a program called without options, is spared half of its start.
  if (rest.length === 0) return { kind: 'run', args: { ...NO_OPTIONS, ...base } };
  // The option parser would take apart what is behind such a -c, or drop it.
  if (rest.some((word) => /^-[a-z]*c/i.test(word))) {
    return { kind: 'usage', message: '-c takes a line: write both apart from other options, as in -e -c LINE' };
  }
  const { parseOptions } = await import('./options.js');
  const parsed = await parseOptions(rest);
  if (parsed.kind !== 'run') return parsed;
  if (commands.length > 0 && parsed.args.file !== undefined) {
    return { kind: 'usage', message: '-c and -f cannot be combined' };
  }
  return { kind: 'run', args: { ...parsed.args, ...base } };
}

const NO_OPTIONS: Omit<Arguments, 'start' | 'commands'> = {
  file: undefined,
  isExitOnError: false,
  isJson: false,
  to: undefined,
  connect: undefined,
  service: undefined,
  timeout: undefined,
  ca: undefined,
  isGssapiLogin: undefined,
  isLocal: undefined,
  shells: undefined,
  config: DEFAULT_CONFIG,
  isConfigNamed: false,
  isRestricted: undefined,
};

/**
 * Takes `-c LINE` out before any parser sees it: to sshd this program is a shell, so the line is what anybody on the network
 * wrote, and must never become an option or be changed, whatever it begins with.
 */
function takeCommands(words: readonly string[]): { commands: string[]; rest: string[] } {
  const commands: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    if ((word === '-c' || word === '--command') && next !== undefined) {
      commands.push(next);
      at += 1;
    } else if (word.startsWith('--command=')) {
      commands.push(word.slice('--command='.length));
    } else {
      rest.push(word);
    }
  }
  return { commands, rest };
}
