import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import {
  compileSpec,
  jsonSchemaOf,
  type CommandGrammar,
  type JsonCommand,
  type Match,
  type ValueType,
} from '../src/index.js';
import { hullOf, shapesOf } from '../src/command-shape.js';
import { integerPattern } from '../src/integer-pattern.js';
import { specs, types } from './random-grammar.js';

type Validator = (command: unknown) => boolean;

// Tuples of a variable length are what they are here for.
const ajv = new Ajv2020({
  strict: true,
  strictTuples: false,
  addUsedSchema: false,
  messages: false,
  code: { optimize: false },
});
const validatorOf = (grammar: CommandGrammar): Validator => ajv.compile(jsonSchemaOf(grammar, 'arpa2x'));

/** As on the wire: with the word of the shell. */
function withShell(command: JsonCommand): object {
  const { do_ } = command;
  return { ...command, do_: typeof do_ === 'string' ? `arpa2x ${do_}` : ['arpa2x', ...do_] };
}

const words = fc.array(fc.constantFrom('a', 'b', 'c', '1', 'z', '', '\v'), { maxLength: 5 });
const doWords = fc.oneof(
  words,
  words.map((some) => some.join(' ')),
  words.map((some) => `\t${some.join(' \n ')} `),
);
const values = fc.oneof(
  fc.constantFrom('a', '1', '-0', 'z\n'),
  fc.array(fc.constantFrom('a', '1', '2'), { maxLength: 3 }),
);
const commands = fc
  .record({ do_: doWords, x: values, y: values, n: values, r: values }, { requiredKeys: ['do_'] })
  .map((command) => command as JsonCommand);

/** The JSON of a line, as a client would write it. */
function jsonOf({ literals, values }: Match): JsonCommand {
  return { do_: literals.map((name) => (name === 'k' ? 'c' : name)), ...values };
}

describe('the schema of a command', () => {
  test('never refuses what the grammar accepts', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', '1'), { maxLength: 8 });
    const some = { minLength: 30, maxLength: 30 };
    let ofLines = 0;
    let ofJson = 0;
    fc.assert(
      fc.property(specs, fc.array(lines, some), fc.array(commands, some), (spec, lines, commands) => {
        const grammar = compileSpec(spec, types);
        const fromLines = lines
          .map((line) => grammar.matchLine(line))
          .flatMap((match) => (match.ok ? [jsonOf(match)] : []));
        const known = commands.map(
          (command) =>
            Object.fromEntries(
              Object.entries(command).filter(([key]) => key === 'do_' || grammar.variables.has(key)),
            ) as unknown as JsonCommand,
        );
        const fromJson = known.filter((command) => grammar.matchJson(command).ok);
        if (fromLines.length + fromJson.length === 0) return;
        ofLines += fromLines.length;
        ofJson += fromJson.length;
        const isValid = validatorOf(grammar);
        for (const command of [...fromLines, ...fromJson]) {
          expect(grammar.matchJson(command).ok).toBe(true);
          expect({ spec, command, isValid: isValid(withShell(command)) }).toEqual({ spec, command, isValid: true });
        }
      }),
      { numRuns: 80 },
    );
    expect(ofLines).toBeGreaterThan(100);
    expect(ofJson).toBeGreaterThan(10);
  });

  const vectors = JSON.parse(readFileSync(new URL('grammar-vectors.json', import.meta.url), 'utf8')) as {
    matches: { spec: string; types?: Record<string, ValueType>; json?: JsonCommand; error?: object }[];
  };
  const jsonVectors = vectors.matches.flatMap(({ spec, types, json, error }) =>
    json === undefined ? [] : [[JSON.stringify(json), compileSpec(spec, types), json, error === undefined] as const],
  );
  test.each(jsonVectors)('decides the shared vector %s as the grammar does', (_, grammar, json, isGood) => {
    expect(validatorOf(grammar)(withShell(json))).toBe(isGood);
  });

  const record = compileSpec(
    'record ( add | del ) <zone> [in] [<ttl>] <rtype> <rdata> [...] | record copy <zone> <zone> | record note <text...>',
    { ttl: { type: 'integer', min: 0, max: 3600 }, rtype: { type: 'choice', choices: ['A', 'AAAA'] } },
  );
  const isRecord = validatorOf(record);
  const add = { do_: 'arpa2x record add', zone: 'z', rtype: 'A', rdata: ['::1', '::2'] };
  test.each<[boolean, unknown]>([
    [true, add],
    [true, { ...add, do_: ['arpa2x', 'record', 'del', 'in'], ttl: ['3600'], stdin_: 'x' }],
    [true, { ...add, ttl: [], text: [] }],
    [true, { do_: 'arpa2x record copy', zone: ['a', 'b'] }],
    [true, { do_: 'arpa2x record note', text: 'a' }],
    [true, { do_: ['arpa2x', 'record', 'note', 'a b', 'c'] }],
    [true, { do_: 'arpa2x record note a b' }],
    [false, { ...add, do_: 'arpa2y record add' }],
    [false, { ...add, do_: 'arpa2x record' }],
    [false, { ...add, do_: 'arpa2x record add del' }],
    [false, { ...add, do_: 'arpa2x record addin' }],
    [false, { ...add, do_: ['arpa2x', 'record add'] }],
    [false, { ...add, ttl: 60 }],
    [false, { ...add, ttl: '3601' }],
    [false, { ...add, ttl: '060' }],
    [false, { ...add, ttl: ['1', '2'] }],
    [false, { ...add, rtype: 'MX' }],
    [false, { ...add, rtype: null }],
    [false, { ...add, rdata: [] }],
    [false, { ...add, rdata: ['a\0'] }],
    [false, { ...add, rdata: ['a', true] }],
    [false, { ...add, owner: 'x' }],
    [false, { ...add, text: 'x' }],
    [false, { do_: 'arpa2x record copy', zone: 'a' }],
    [false, { do_: 'arpa2x record note a', text: 'b' }],
    [false, { do_: 'arpa2x record note' }],
    [false, { zone: 'a' }],
    [false, 'arpa2x record add'],
    [false, [add]],
  ])('%p: %j', (isGood, command) => {
    expect(isRecord(command)).toBe(isGood);
  });

  test('has the help, hides what is secret, and can be embedded', () => {
    const grammar = compileSpec(
      'key ( new | old ) <pin> <a/b~c%>',
      { pin: { type: 'choice', choices: ['1234'], secret: true }, 'a/b~c%': 'integer' },
      { new: 'Makes one', '<pin>': 'The number on the card' },
    );
    const schema = jsonSchemaOf(grammar, 'arpa2x');
    expect(schema).toMatchObject({
      $id: 'urn:arpa2amqp:schema:shell:arpa2x:key',
      title: 'arpa2x key',
      description: 'arpa2x key (new | old) <pin> <a/b~c%>',
      $defs: { pin: { description: 'The number on the card', type: 'string', writeOnly: true, minLength: 1 } },
    });
    expect(JSON.stringify(schema)).toContain('{"const":"new","description":"Makes one"}');
    expect(JSON.stringify(schema)).not.toContain('1234');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    const isValid = ajv.compile({ $id: 'urn:test:x', $defs: { key: schema }, $ref: '#/$defs/key' });
    expect(isValid({ do_: 'arpa2x key new', pin: '9', 'a/b~c%': '-7' })).toBe(true);
    expect(isValid({ do_: 'arpa2x key new', pin: '9', 'a/b~c%': 'x' })).toBe(false);
  });

  test('stays small for a spec with very many combinations', () => {
    const options = Array.from({ length: 300 }, (_, index) => `[w${index}]`).join(' ');
    const variables = Array.from({ length: 200 }, (_, index) => `[<v${index}>]`).join(' ');
    for (const spec of [`q ${options} end`, `q ${variables}`, `q ( ${options} x ) [...]`]) {
      const grammar = compileSpec(spec);
      expect(JSON.stringify(jsonSchemaOf(grammar, 'arpa2x')).length).toBeLessThan(100_000);
    }
    const isValid = validatorOf(compileSpec(`q ${options} end`));
    expect(isValid({ do_: 'arpa2x q w3 w250 end' })).toBe(true);
    expect(isValid({ do_: 'arpa2x q w3 w300 end' })).toBe(false);
    // A pattern that backtracks would not come back from this.
    expect(isValid({ do_: `arpa2x q${' w1'.repeat(200_000)} junk` })).toBe(false);
    expect(validatorOf(compileSpec('q <x...>'))({ do_: `arpa2x q${'  a'.repeat(200_000)}\0`, x: 'y' })).toBe(false);
  });

  test('every shape holds less than their hull, and nothing is shaped wider than it counts', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const shapes = shapesOf(compileSpec(spec, types).root);
        const hull = hullOf(shapes);
        for (const shape of shapes) {
          expect(shape.places.length).toBeLessThanOrEqual(shape.words.least);
          expect(shape.more === null).toBe(shape.words.most === shape.places.length);
          expect(hull.words.least).toBeLessThanOrEqual(shape.words.least);
          expect(hull.words.most).toBeGreaterThanOrEqual(shape.words.most);
        }
      }),
    );
  });
});

describe('the pattern of an integer', () => {
  const safe = fc.oneof(fc.integer({ min: -1200, max: 1200 }), fc.maxSafeInteger());

  test('accepts exactly the integers within the limits', () => {
    fc.assert(
      fc.property(safe, safe, safe, fc.integer({ min: -3, max: 3 }), (a, b, any, off) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const pattern = new RegExp(`^(?:${integerPattern(min, max)})$`, 'u');
        for (const value of [min, max, min + off, max + off, any, 0]) {
          if (!Number.isSafeInteger(value)) continue;
          expect(pattern.test(String(value))).toBe(value >= min && value <= max);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('takes no other spelling, and is short where the limits are round', () => {
    const pattern = new RegExp(`^(?:${integerPattern(-10, 65535)})$`, 'u');
    for (const text of ['', '-', '+1', '01', '-0', '1.0', '0x1', '1e1', '１', '65536', '-11']) {
      expect(pattern.test(text)).toBe(false);
    }
    expect(integerPattern(0, 255)).toBe('[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]');
    const limits = integerPattern(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    expect(limits.length).toBeLessThan(1500);
  });
});
