import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileSpec, type CommandGrammar, type JsonCommand, type Match } from '../src/index.js';
import { readJsonCommand } from '../src/json-input.js';
import { searchJson } from '../src/json-matcher.js';
import { searchLine } from '../src/line-matcher.js';
import { programOf, specs, types } from './random-grammar.js';
import { referenceJson, referenceLine, type Accepts } from './reference.js';

const accepts: Accepts = (variable, word) => variable !== 'n' || /^(0|-?[1-9][0-9]*)$/.test(word);

const grammars = specs.map((spec) => compileSpec(spec, types));
const word = fc.constantFrom('a', 'b', 'c', '1', 'z');
const lines = fc.array(word, { maxLength: 6 });
const keys = ['x', 'y', 'n', 'r'];
const values = fc.record(Object.fromEntries(keys.map((key) => [key, fc.array(word, { maxLength: 2 })])), {
  requiredKeys: [],
});

const labels = (steps: Iterable<{ readonly label: string }>): string[] => [...steps].map(({ label }) => label);

/** Does what a client does with a line it has read: the literals to do_, the values to their keys. */
function toJson(grammar: CommandGrammar, { args, literals, values }: Match): JsonCommand {
  const wordOf = (name: string): string => (name === 'k' ? 'c' : name);
  const used = Object.values(values).flat().length;
  expect(args).toHaveLength(literals.length + used);
  expect([...grammar.variables.keys()]).toEqual(expect.arrayContaining(Object.keys(values)));
  return { do_: literals.map(wordOf), ...values };
}

describe('against the plain meaning of the language', () => {
  test('a line is read, or refused, as enumeration of all readings does', () => {
    fc.assert(
      fc.property(grammars, lines, (grammar, words) => {
        const result = grammar.matchLine(words);
        const { ok, ...rest } = result;
        const wanted = referenceLine(grammar.root, words, accepts);
        expect(rest).toMatchObject({ ...wanted });
        expect(ok).toBe('args' in wanted);
      }),
      { numRuns: 1000 },
    );
  });

  test('JSON is read, or refused, as enumeration of all readings does', () => {
    fc.assert(
      fc.property(grammars, fc.array(word, { maxLength: 4 }), values, (grammar, words, all) => {
        const given = Object.fromEntries(
          Object.entries(all).flatMap(([key, some]) => (some && grammar.variables.has(key) ? [[key, some]] : [])),
        );
        const result = grammar.matchJson({ do_: words, ...given });
        const wanted = referenceJson(grammar.root, words, given, accepts);
        expect(result).toMatchObject({ ok: wanted !== null, ...wanted });
      }),
      { numRuns: 1000 },
    );
  });

  test('what a line gives is accepted as JSON, and what JSON gives as a line', () => {
    let matches = 0;
    fc.assert(
      fc.property(grammars, lines, (grammar, words) => {
        const line = grammar.matchLine(words);
        if (!line.ok) return;
        matches += 1;
        const json = grammar.matchJson(toJson(grammar, line)) as Match;
        expect({ ok: json.ok, args: [...json.args].sort() }).toEqual({ ok: true, args: [...words].sort() });
        // Without its key a rest may take what was a literal on the line.
        if (!grammar.variables.has('r')) expect(json.values).toEqual(line.values);
        expect(grammar.matchLine(json.args)).toMatchObject({ ok: true, args: json.args });
      }),
      { numRuns: 1000 },
    );
    expect(matches).toBeGreaterThan(50);
  });

  test('marking and giving up states changes the work and never the answer', () => {
    let refusals = 0;
    fc.assert(
      fc.property(specs, lines, values, (spec, words, given) => {
        const program = programOf(spec);
        const line = (tableAfter: number): object => {
          const { took, at, expected } = searchLine(program, words, null, tableAfter);
          return { took: took && labels(took), at, expected: labels(new Set(expected)) };
        };
        expect(line(0)).toEqual(line(Infinity));
        const known = Object.entries(given).filter(([key]) => program.variableOf.has(key));
        const input = readJsonCommand(program, { do_: words, ...Object.fromEntries(known) });
        if (!input.ok) return;
        const json = (tableAfter: number): object => {
          const search = searchJson(program, input, tableAfter);
          if (search.kind === 'dead-end') refusals += 1;
          return { kind: search.kind, took: search.kind === 'match' && labels(search.took) };
        };
        const plain = json(Infinity);
        expect([json(0), { kind: 'too-many-readings', took: false }]).toContainEqual(plain);
      }),
      { numRuns: 800 },
    );
    expect(refusals).toBeGreaterThan(50);
  });

  test('arbitrary JSON raises nothing and is answered with plain data, the same each time', () => {
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('do_', ...keys, '__proto__', 'constructor'), fc.oneof(fc.jsonValue(), lines)),
    );
    fc.assert(
      fc.property(grammars, hostile, (grammar, command) => {
        const result = grammar.matchJson(command as JsonCommand);
        expect(JSON.parse(JSON.stringify(result))).toEqual(result);
        expect(compileSpec(grammar.spec, types).matchJson(command as JsonCommand)).toEqual(result);
        if (!result.ok) expect(result.message.length).toBeLessThan(2000);
      }),
      { numRuns: 500 },
    );
  });

  test('arbitrary text as a spec raises SpecError or compiles', () => {
    const text = fc.array(
      fc.constantFrom('a', '<x>', '<', '>', ':', '(', ')', '[', ']', '|', '[...]', '...', ' ', '\0'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          text.map((parts) => parts.join('')),
        ),
        (spec) => {
          try {
            expect(compileSpec(spec).spec).toBe(spec);
          } catch (error) {
            expect(error).toMatchObject({ code: 'spec', at: expect.any(Number), retryable: false });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the JSON form', () => {
  const dane = compileSpec('dane ( add | del ) <zone> [<port>] | say <words...>', { port: 'integer' });
  const refusals: [unknown, object][] = [
    [null, { message: 'Expected a JSON object with "do_", not null' }],
    [[], { message: 'Expected a JSON object with "do_", not an array' }],
    [{ zone: 'z' }, { missing: ['do_'] }],
    [{ do_: 7 }, { invalid: 'do_', message: 'Expected "do_" to be a string or an array of strings, not a number' }],
    [{ do_: ['dane', null] }, { invalid: 'do_' }],
    [
      { do_: 'dane add', zone: true },
      { invalid: 'zone', message: expect.stringContaining('not a boolean') },
    ],
    [{ do_: 'dane add', zone: null }, { invalid: 'zone' }],
    [{ do_: 'dane add', zone: { a: 'b' } }, { invalid: 'zone' }],
    [
      { do_: 'dane add', zone: ['z', 1] },
      { invalid: 'zone', message: expect.stringContaining('a number in it') },
    ],
    [{ do_: 'dane add', zone: 'a\0b' }, { invalid: 'zone' }],
    [{ do_: 'dane add', zone: '\uD800' }, { invalid: 'zone' }],
    [{ do_: ['say', '\uDC00'] }, { at: 1, expected: ['<words...>'], invalid: 'words' }],
    [{ do_: 'dane add', zone: 'z', port: '0x10' }, { invalid: 'port' }],
    [
      { do_: 'dane add', zone: 'z', prot: '1' },
      { unused: ['prot'], message: expect.stringContaining('"zone", "port"') },
    ],
    [{ do_: 'dane add', zone: 'z', stdin_: '' }, { unused: ['stdin_'] }],
    [JSON.parse('{ "do_": "dane add", "zone": "z", "__proto__": "p" }'), { unused: ['__proto__'] }],
    [{ do_: 'dane add', zone: ['z', 'y'] }, { unused: ['zone'] }],
    [{ do_: 'dane add now', zone: ['z', 'y'] }, { unused: ['zone', 'do_'] }],
    [
      { do_: 'dane', zone: 'z' },
      { at: 1, expected: ['add', 'del'] },
    ],
    [{ do_: '' }, { at: 0, expected: ['dane', 'say'] }],
    [{ do_: 'say' }, { missing: ['words'] }],
    [{ do_: 'say a', words: 'b' }, { unused: ['do_'] }],
  ];

  test.each(refusals)('%j is refused by name', (command, refusal) => {
    const result = dane.matchJson(command as JsonCommand);
    expect(result).toMatchObject({ ok: false, ...refusal });
  });

  test('an option is taken when its key is there, and only then', () => {
    const values = (command: JsonCommand): unknown => (dane.matchJson(command) as Match).values;
    expect(values({ do_: 'dane add', zone: 'z' })).toEqual({ zone: ['z'] });
    expect(values({ do_: 'dane add', zone: 'z', port: [] })).toEqual({ zone: ['z'] });
    expect(values({ do_: 'dane add', zone: 'z', port: ['25'] })).toEqual({ zone: ['z'], port: ['25'] });
  });

  test('do_ is split at white space only when it is a string', () => {
    expect(dane.matchJson({ do_: '  say\ta  b\n' })).toMatchObject({ args: ['say', 'a', 'b'] });
    expect(dane.matchJson({ do_: ['say', 'a  b', ''] })).toMatchObject({ args: ['say', 'a  b', ''] });
  });
});

describe('what a match gives', () => {
  test('names of literals and variables do not mix, and no name reaches a prototype', () => {
    const grammar = compileSpec('set:constructor <__proto__> [<constructor>]');
    const line = grammar.matchLine(['set', 'p']) as Match;
    expect(line.literals).toEqual(['constructor']);
    expect(Object.entries(line.values)).toEqual([['__proto__', ['p']]]);
    expect(line.values.constructor).toBeUndefined();
    expect(structuredClone(line)).toEqual(line);
    expect(Object.keys((JSON.parse(JSON.stringify(line)) as Match).values)).toEqual(['__proto__']);
    const json = grammar.matchJson(JSON.parse('{ "do_": "set", "__proto__": "p" }') as JsonCommand);
    expect(json).toEqual(line);
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
    // A type that is inherited is no type.
    expect(compileSpec('x <toString>').variables.get('toString')).toEqual({ type: 'string', secret: false });
  });
});
