import { BusError, quoted } from '@arpa2amqp/protocol';
import yargs, { type Argv } from 'yargs';
import type { LogRequest } from './acl-log.js';
import { ACL_COMMANDS, ACL_OPTIONS, PROGRAM } from './program.js';

const NO_COMMAND = 'Name a command: init, grant, revoke, list, log or explain';

/** Where the lists and the shells are. */
export interface AclPlaces {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
  readonly shells?: readonly string[] | undefined;
}

/** What the command line asks for; words are as they were typed. */
export type AclCommand =
  | { readonly kind: 'init'; readonly identity: string }
  | {
      readonly kind: 'grant' | 'revoke';
      readonly words: readonly string[];
      /** Given apart, because it looks like rights or a selector. */
      readonly instance: string | undefined;
      readonly isForced: boolean;
    }
  | { readonly kind: 'list'; readonly words: readonly string[] }
  | ({ readonly kind: 'log' } & LogRequest)
  | { readonly kind: 'explain'; readonly identity: string; readonly words: readonly string[] };

/** A parsed command line. */
export interface AclCommandLine {
  readonly places: AclPlaces;
  readonly command: AclCommand;
}

interface Arguments extends AclPlaces {
  readonly identity?: string;
  readonly words?: readonly string[];
  readonly instance?: string | undefined;
  readonly since?: string | undefined;
  readonly limit?: string | undefined;
  readonly force?: boolean | undefined;
}

/**
 * Parses what follows on `arpa2amqp.d acl`. `--help` and `--version` print and end the process.
 *
 * @throws BusError `usage`
 */
export function parseAclCommandLine(argv: readonly string[], version: string): AclCommandLine {
  let found: AclCommandLine | undefined;
  const take = (given: Arguments, kind: AclCommand['kind']): void => {
    refuseTwice(given, ['config', 'state', 'instance', 'since', 'limit']);
    const { config, state, shells, ...args } = given;
    found = { places: { config, state, shells }, command: commandOf(kind, args) };
  };
  // With a longer name, yargs would take the last word "help" of a command to be explained for its own.
  let parser: Argv = yargs(argv.map((word) => (word === '--help' ? '-h' : word)))
    .scriptName(`${PROGRAM.name} acl`)
    .usage(
      '$0 <command> --state DIR\n\nReads and changes the access control lists of this host. A running daemon follows at once.',
    )
    .options(ACL_OPTIONS)
    .parserConfiguration({ 'dot-notation': false, 'parse-positional-numbers': false });
  for (const { name, words, describe } of ACL_COMMANDS) {
    parser = parser.command(
      [name, ...words].join(' '),
      describe,
      (command) => {
        command.positional('words', { type: 'string', array: true });
        if (!words.some((word) => word.includes('identity'))) return;
        command.positional('identity', {
          type: 'string',
          describe: 'As in user@example.com; for explain also a principal',
        });
      },
      (args) => take(args as unknown as Arguments, name),
    );
  }
  parser
    .demandCommand(1, NO_COMMAND)
    .strict()
    .version(version)
    .help('h')
    .describe('h', 'Show help, as --help does')
    .wrap(Math.min(120, process.stdout.columns))
    .exitProcess(true)
    .fail((message: string | null, error: Error | undefined) => {
      throw new BusError('usage', message ?? error?.message ?? 'Wrong usage', { cause: error });
    })
    .parseSync();
  if (found === undefined) throw new BusError('usage', NO_COMMAND);
  return found;
}

function commandOf(
  kind: AclCommand['kind'],
  { identity = '', words = [], instance, since, limit, force = false }: Arguments,
): AclCommand {
  switch (kind) {
    case 'init':
      return { kind, identity };
    case 'grant':
    case 'revoke':
      return { kind, words, instance, isForced: force };
    case 'list':
      return { kind, words };
    case 'log':
      return { kind, words, since: countOf('since', since, 0), limit: countOf('limit', limit, 1) };
    case 'explain':
      return { kind, identity, words };
  }
}

function countOf(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (count >= least) return count;
  throw new BusError('usage', `Give --${name} a whole number, ${least} or more, not ${quoted(text)}`);
}

function refuseTwice(given: Arguments, names: readonly (keyof Arguments)[]): void {
  const twice = names.find((name) => Array.isArray(given[name]));
  if (twice !== undefined) throw new BusError('usage', `Give --${twice} once`);
}
