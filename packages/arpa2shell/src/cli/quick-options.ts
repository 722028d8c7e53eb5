import parser from 'yargs-parser';
import { OPTION_SYNTAX, PROGRAM } from './program.js';

/** Values of options by their long names, as yargs gives them. */
export type OptionValues = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

const KEYS = Object.entries(PROGRAM.options);

/**
 * Parses plain options with the parser that is inside yargs. Yargs itself, with its help and its complaints, takes a third of the
 * time to the prompt to load.
 *
 * @returns null when that is needed: something is wrong, or asks for help
 */
export function parseQuickly(words: readonly string[]): OptionValues | null {
  const named = (type: string): string[] => KEYS.filter(([, option]) => option.type === type).map(([name]) => name);
  const { argv, error } = parser.detailed([...words], {
    configuration: OPTION_SYNTAX,
    alias: Object.fromEntries(KEYS.flatMap(([name, option]) => ('alias' in option ? [[name, option.alias]] : []))),
    string: named('string'),
    boolean: named('boolean'),
    array: KEYS.filter(([, option]) => 'array' in option).map(([name]) => name),
    // What yargs makes of requiresArg: at least one value.
    narg: Object.fromEntries(KEYS.flatMap(([name, option]) => ('requiresArg' in option ? [[name, Number.NaN]] : []))),
  });
  const isKnown = Object.keys(argv).every((name) => name === '_' || Object.hasOwn(PROGRAM.options, name));
  return error === null && isKnown && argv._.length === 0 ? argv : null;
}
