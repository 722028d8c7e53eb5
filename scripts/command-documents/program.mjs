/**
 * The definition of a program (`PROGRAM` of its package) as the writers of documents want it.
 *
 * An option: `{ name, short?, valueName?, describe, default?, choices?, isGreedy, isRepeatable, isDirectory, isFile }`; one without
 * `valueName` takes no value, a greedy one takes all words up to the next option.
 */

/** What every program has from yargs, and what no table names. */
const STANDARD = {
  version: { type: 'boolean', describe: 'show the version' },
  help: { type: 'boolean', alias: 'h', describe: 'show help' },
};

function describeOption([name, option]) {
  const aliases = [option.alias ?? []].flat();
  const takesValue = option.type !== 'boolean' && option.type !== 'count';
  const valueName = takesValue ? (option.valueName ?? 'VALUE') : undefined;
  return {
    name,
    short: aliases.find((alias) => alias.length === 1),
    valueName,
    describe: option.describe,
    default: option.default,
    choices: option.choices,
    isGreedy: option.array === true && option.nargs === undefined,
    isRepeatable: option.array === true && option.nargs === 1,
    isFile: valueName === 'FILE',
    isDirectory: valueName === 'DIR',
  };
}

/**
 * @param manifest - package.json, which says by what other names the program is called
 * @returns the definition with all of its options as a list, in the order of the help
 */
export function describeProgram(program, manifest) {
  const options = Object.entries({ ...program.options, ...STANDARD }).map(describeOption);
  const aliases = Object.keys(manifest.bin).filter((name) => name !== program.name);
  return { examples: [], seeAlso: [], ...program, aliases, options, version: manifest.version };
}

/** Name for a function of a shell: no punctuation but underscores. */
export function identifierOf({ name }) {
  return `_${name.replace(/\W/g, '_')}`;
}

/** The words of an option: `--quiet`, `-q`. */
export function wordsOf({ name, short }) {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}
