import type { CommandGrammar } from './command-grammar.js';
import { hullOf, rangeOf, shapesOf, type Place, type Range, type Shape } from './command-shape.js';
import { integerPattern } from './integer-pattern.js';
import { usageOf } from './usage.js';
import type { ResolvedType } from './value-type.js';

type Schema = Readonly<Record<string, unknown>>;

// The blanks at which matchJson splits a do_ that is a string.
const BLANK = '[ \\t-\\r]';
const NOT_BLANK = '[^ \\t-\\r]';

/**
 * Makes the JSON Schema (2020-12) of the JSON form of a command: `do_` with the shell's name in front, as a string or an array of
 * words; the variables, as strings or arrays of strings; `stdin_`.
 *
 * It never refuses a command that the grammar accepts. It refuses wrong types and values, unknown keys, wrong words, and wrong
 * numbers of values for the words given; it is wider than the grammar about the order of words in repetitions, and about surrogates.
 * Patterns are ECMA-262 with flag `u`. Values of secret variables are `writeOnly`, and secret choices are not listed.
 *
 * @param shell - name of the shell, the first word of `do_`
 * @returns plain data; `$id` is `urn:arpa2amqp:schema:shell:<shell>:<first word>`, so that it may be embedded in another schema
 * @public
 */
export function jsonSchemaOf(grammar: CommandGrammar, shell: string): Schema {
  const shapes = shapesOf(grammar.root);
  const hull = hullOf(shapes);
  const names = [...grammar.variables.keys()];
  const head = grammar.heads.join(' ');
  const usage = usageOf(grammar, Infinity).split('\n');
  const [only, ...others] = shapes;
  const isOne = only !== undefined && others.length === 0;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:arpa2amqp:schema:shell:${encodeURIComponent(shell)}:${encodeURIComponent(head)}`,
    title: `${shell} ${head}`,
    description: usage.map((form) => `${shell} ${form}`).join('\n'),
    type: 'object',
    properties: Object.fromEntries([
      ['do_', isOne ? doSchema(grammar, shell, only) : anyWords()],
      ...names.map((name) => [name, valuesSchema(name, rangeOf(hull, name))] as const),
      ['stdin_', { type: 'string', description: 'Text fed to the standard input of the command.' }],
    ]),
    required: ['do_', ...requiredOf(names, hull)],
    additionalProperties: false,
    ...(isOne ? {} : { anyOf: shapes.map((shape) => shapeSchema(grammar, shell, shape, hull)) }),
    $defs: Object.fromEntries([...grammar.variables].map(([name, type]) => [name, typeSchema(grammar, name, type)])),
  };
}

/** What one shape says beyond what all shapes have in common. */
function shapeSchema(grammar: CommandGrammar, shell: string, shape: Shape, hull: Shape): Schema {
  const names = [...grammar.variables.keys()];
  const changed = names.filter((name) => {
    const [own, all] = [rangeOf(shape, name), rangeOf(hull, name)];
    return own.least !== all.least || own.most !== all.most;
  });
  const required = requiredOf(changed, shape).filter((name) => rangeOf(hull, name).least === 0);
  return {
    properties: Object.fromEntries([
      ['do_', doSchema(grammar, shell, shape)],
      ...changed.map((name) => [name, valuesSchema(name, rangeOf(shape, name))] as const),
    ]),
    ...(required.length === 0 ? {} : { required }),
  };
}

function requiredOf(names: readonly string[], shape: Shape): string[] {
  return names.filter((name) => rangeOf(shape, name).least > 0);
}

function anyWords(): Schema {
  return { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
}

function doSchema(grammar: CommandGrammar, shell: string, shape: Shape): Schema {
  const { places, more, words } = shape;
  const last = more === null ? '' : `(?:${BLANK}+${placePattern(more)})${times(words, places.length)}`;
  const each = places.map((place) => `${BLANK}+${placePattern(place)}`).join('');
  const asArray = {
    type: 'array',
    prefixItems: [{ const: shell }, ...places.map((place) => placeSchema(grammar, place))],
    items: more === null ? false : placeSchema(grammar, more),
    minItems: words.least + 1,
    ...(words.most === Infinity ? {} : { maxItems: words.most + 1 }),
  };
  return {
    anyOf: [{ type: 'string', pattern: `^${BLANK}*${escaped(shell)}${each}${last}${BLANK}*$` }, asArray],
  };
}

function placeSchema({ help }: CommandGrammar, { words, rests }: Place): Schema {
  const isHelped = [...words].some((word) => help.has(word));
  const known = [...words].map((word) => ({ const: word, ...described(help.get(word)) }));
  const parts: Schema[] = isHelped || words.size === 1 ? known : words.size === 0 ? [] : [{ enum: [...words] }];
  parts.push(...[...rests].map(reference));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { anyOf: parts };
}

function placePattern({ words, rests }: Place): string {
  if (rests.size > 0) return `${NOT_BLANK}+`;
  const patterns = [...words].map(escaped);
  return patterns.length === 1 ? patterns.join('') : `(?:${patterns.join('|')})`;
}

function times({ least, most }: Range, before: number): string {
  return `{${least - before},${most === Infinity ? '' : most - before}}`;
}

function valuesSchema(name: string, { least, most }: Range): Schema {
  const asArray = {
    type: 'array',
    ...(most === 0 ? {} : { items: reference(name) }),
    ...(least === 0 ? {} : { minItems: least }),
    ...(most === Infinity ? {} : { maxItems: most }),
  };
  return least <= 1 && most >= 1 ? { anyOf: [reference(name), asArray] } : asArray;
}

function reference(name: string): Schema {
  return { $ref: `#/$defs/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}` };
}

function typeSchema({ help }: CommandGrammar, name: string, type: ResolvedType): Schema {
  return {
    ...described(help.get(`<${name}>`)),
    type: 'string',
    ...(type.secret ? { writeOnly: true } : {}),
    ...restrictions(type),
  };
}

function restrictions(type: ResolvedType): Schema {
  switch (type.type) {
    case 'string':
      return { pattern: '^[^\0]*$' };
    case 'integer':
      return { pattern: `^(?:${integerPattern(type.min, type.max)})$` };
    case 'pattern':
      return { pattern: `^(?:${type.pattern})$` };
    case 'choice':
      return type.secret ? { minLength: 1 } : { enum: type.choices };
  }
}

function described(help: string | undefined): Schema {
  return help === undefined ? {} : { description: help };
}

function escaped(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
