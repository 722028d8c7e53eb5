import { cut, orList, quoted } from './quote.js';

interface ValueTraits {
  /** The value is never shown in a message. Default false. */
  readonly secret?: boolean;
  /** One line of help for a person. */
  readonly help?: string;
}

/**
 * The type of a `<variable>`. Every value stays a string; the type only decides which strings are accepted.
 * - `integer`: plain decimal (`0`, `-7`, `65535`; no sign `+`, no leading zero, no `0x`), limits inclusive, within the safe
 *   integers of JavaScript.
 * - `pattern`: a regular expression (flag `u`), always matched against the whole value. A value may be as long as a message:
 *   write patterns that cannot backtrack exponentially (no nested quantifiers such as `(a+)+`).
 * - `choice`: one of some words, case-sensitive.
 *
 * No type accepts a NUL character or half a surrogate pair.
 *
 * @public
 */
export type ValueType =
  | 'string'
  | 'integer'
  | (ValueTraits & { readonly type: 'string' })
  | (ValueTraits & { readonly type: 'integer'; readonly min?: number; readonly max?: number })
  | (ValueTraits & { readonly type: 'pattern'; readonly pattern: string })
  | (ValueTraits & { readonly type: 'choice'; readonly choices: readonly string[] });

interface ResolvedTraits {
  readonly secret: boolean;
  readonly help?: string;
}

/**
 * A {@link ValueType} with its defaults filled in: plain data, to make help or a JSON Schema of.
 *
 * @public
 */
export type ResolvedType =
  | (ResolvedTraits & { readonly type: 'string' })
  | (ResolvedTraits & { readonly type: 'integer'; readonly min: number; readonly max: number })
  | (ResolvedTraits & { readonly type: 'pattern'; readonly pattern: string })
  | (ResolvedTraits & { readonly type: 'choice'; readonly choices: readonly string[] });

/** What the matchers need of a type. */
export interface ValueCheck {
  readonly type: ResolvedType;
  /** What a good value is, for a message; null when every sane word is one. */
  readonly wants: string | null;
  readonly accepts: (word: string) => boolean;
}

const INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/;
const UNSAFE = /[\0\p{Cs}]/u;

const isSane = (word: string): boolean => !UNSAFE.test(word);

/**
 * Fills in the defaults of a type.
 *
 * @throws TypeError when the type itself makes no sense
 */
export function resolveType(given: ValueType): ValueCheck {
  const value: Exclude<ValueType, string> = typeof given === 'string' ? { type: given } : given;
  const traits: ResolvedTraits = {
    secret: value.secret ?? false,
    ...(value.help === undefined ? {} : { help: value.help }),
  };
  switch (value.type) {
    case 'string':
      return { type: Object.freeze({ type: 'string', ...traits }), wants: null, accepts: isSane };
    case 'integer':
      return resolveInteger(value, traits);
    case 'pattern':
      return resolvePattern(value.pattern, traits);
    case 'choice':
      return resolveChoice(value.choices, traits);
    default:
      // Manifests of executable shells are JSON: the compiler has not seen them.
      throw new TypeError(`unknown type ${quoted(String((value as { type?: unknown }).type))}`);
  }
}

function resolveInteger(value: { readonly min?: number; readonly max?: number }, traits: ResolvedTraits): ValueCheck {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = value;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max))
    throw new TypeError('min and max must be safe integers');
  if (min > max) throw new TypeError(`min ${min} is above max ${max}`);
  const from = value.min === undefined ? '' : ` from ${min}`;
  const to = value.max === undefined ? '' : from === '' ? ` up to ${max}` : ` to ${max}`;
  return {
    type: Object.freeze({ type: 'integer', min, max, ...traits }),
    wants: `an integer${from}${to}`,
    accepts: (word) => {
      if (!INTEGER.test(word)) return false;
      const number = Number(word);
      return Number.isSafeInteger(number) && number >= min && number <= max;
    },
  };
}

function resolvePattern(pattern: string, traits: ResolvedTraits): ValueCheck {
  if (typeof pattern !== 'string') throw new TypeError('pattern must be a string');
  // Compiled bare first: "a)|(b" is no pattern, yet would become one, and escape the anchors, inside the group below.
  new RegExp(pattern, 'u');
  const anchored = new RegExp(`^(?:${pattern})$`, 'u');
  return {
    type: Object.freeze({ type: 'pattern', pattern, ...traits }),
    wants: `a value like ${cut(pattern)}`,
    accepts: (word) => isSane(word) && matches(anchored, word),
  };
}

function matches(pattern: RegExp, word: string): boolean {
  try {
    return pattern.test(word);
  } catch (error) {
    // The engine's own stack ends at some megabytes of `(?:a|b)*`: such a word is refused like any other the pattern cannot match.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function resolveChoice(choices: readonly string[], traits: ResolvedTraits): ValueCheck {
  const set = new Set(Array.isArray(choices) ? (choices as readonly string[]) : []);
  if (set.size === 0 || [...set].some((choice) => typeof choice !== 'string' || choice === '' || !isSane(choice))) {
    throw new TypeError('choices must be words, at least one');
  }
  return {
    type: Object.freeze({ type: 'choice', choices: Object.freeze([...set]), ...traits }),
    wants: traits.secret ? 'one of the known values' : orList([...set].map(quoted)),
    accepts: (word) => set.has(word),
  };
}
