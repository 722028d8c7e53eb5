import type { Arguments } from './parsed-arguments.js';
import { DEFAULT_CONFIG } from './program.js';
import { parseQuickly, type OptionValues } from './quick-options.js';

type ParsedOptions =
  | { readonly kind: 'run'; readonly args: Omit<Arguments, 'start' | 'commands'> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly message: string };

/** Parses the options; `-c` was taken out before. */
export async function parseOptions(words: readonly string[]): Promise<ParsedOptions> {
  const values = parseQuickly(words);
  if (values !== null) return accept(values);
  const { parseDescribed } = await import('./described-options.js');
  const described = parseDescribed(words);
  return described.kind === 'values' ? accept(described.values) : described;
}

function accept(values: OptionValues): ParsedOptions {
  if (values._.length > 0) {
    return { kind: 'usage', message: `There is no operand ${JSON.stringify(values._[0])}: use -c` };
  }
  const text = (name: string): string | undefined => lastOf(values[name]) as string | undefined;
  const isSet = (name: string): boolean | undefined => lastOf(values[name]) as boolean | undefined;
  const isRestricted = isSet('restricted') === true;
  if (isRestricted && isSet('trust-environment') === true) {
    return { kind: 'usage', message: '--restricted and --trust-environment cannot be combined' };
  }
  const config = text('config');
  return {
    kind: 'run',
    args: {
      file: text('file'),
      isExitOnError: isSet('exit-on-error') === true,
      isJson: isSet('json') === true,
      to: text('to'),
      connect: text('connect'),
      service: text('service'),
      timeout: text('timeout'),
      ca: text('ca'),
      isGssapiLogin: isSet('gssapi-login'),
      isLocal: isSet('local'),
      shells: values['shells'] as readonly string[] | undefined,
      config: config ?? DEFAULT_CONFIG,
      isConfigNamed: config !== undefined,
      isRestricted: isRestricted ? true : isSet('trust-environment') === true ? false : undefined,
    },
  };
}

/** Lists are joined when an option is given again. Of the others the parser makes lists too, and the last one counts. */
function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}
