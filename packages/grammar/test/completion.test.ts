import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileSpec, SpecError, usageOf, type CommandGrammar, type SpecNode } from '../src/index.js';
import { searchLine } from '../src/line-matcher.js';
import { specWithout } from '../src/spec-cut.js';
import { parseSpec } from '../src/spec-parser.js';
import { specOf } from '../src/spec-text.js';
import { completionsOf, labelOf } from './completions.js';
import { longSpecs, programOf, specs, types } from './random-grammar.js';
import { referenceLine, referenceNext, type Accepts } from './reference.js';

const accepts: Accepts = (variable, word) => variable !== 'n' || /^(0|-?[1-9][0-9]*)$/.test(word);
const grammars = specs.map((spec) => compileSpec(spec, types));
const lines = fc.array(fc.constantFrom('a', 'b', 'c', '1', 'z'), { maxLength: 6 });

const dane = compileSpec(
  'dane config (ca-root|any-end) (cert|pubkey) | dane ( add | del ) <zone> <port> <owner...>',
  { port: { type: 'integer', min: 0, max: 65535, help: 'Port of the service' } },
  { 'any-end': 'Trust any certificate at the end', '<owner>': 'Names of the owner' },
);

describe('what can follow some words', () => {
  test('is what enumeration of all readings finds, with the first of them', () => {
    let fits = 0;
    fc.assert(
      fc.property(grammars, lines, (grammar, words) => {
        const wanted = referenceNext(grammar.root, words, accepts);
        const next = grammar.next(words);
        if (next === null) {
          expect(wanted).toEqual({ mayEnd: false, items: new Map() });
          return;
        }
        fits += 1;
        expect({ mayEnd: next.mayEnd, labels: next.items.map(labelOf) }).toEqual({
          mayEnd: wanted.mayEnd,
          labels: [...wanted.items.keys()],
        });
        for (const item of next.items) {
          if (item.kind === 'literal') continue;
          expect(item.values).toEqual(wanted.items.get(labelOf(item))?.values);
          expect(item.type).toBe(grammar.variables.get(item.name));
        }
      }),
      { numRuns: 500 },
    );
    expect(fits).toBeGreaterThan(100);
  });

  test('is what the matcher goes on with: nothing else, and nothing less', () => {
    fc.assert(
      fc.property(grammars, lines, (grammar, words) => {
        const labels = completionsOf(grammar, words);
        expect(labels.includes('<cr>')).toBe(grammar.matchLine(words).ok);
        for (const word of ['a', 'b', 'c', '?']) {
          const result = grammar.matchLine([...words, word]);
          const isTaken = result.ok || result.at! > words.length;
          expect(isTaken).toBe(labels.some((label) => label === word || /^<(?!cr>|n>)/.test(label)));
        }
      }),
    );
  });

  test('variables come with their type, help, and what was read before', () => {
    expect(dane.next(['dane', 'add', 'z'])).toEqual({
      mayEnd: false,
      items: [
        {
          kind: 'variable',
          name: 'port',
          isRest: false,
          type: { type: 'integer', min: 0, max: 65535, secret: false, help: 'Port of the service' },
          help: 'Port of the service',
          values: { zone: ['z'] },
          literals: ['dane', 'add'],
        },
      ],
    });
    const rest = { kind: 'variable', name: 'owner', isRest: true, help: 'Names of the owner' };
    const values = { zone: ['z'], port: ['25'] };
    expect(dane.next(['dane', 'add', 'z', '25'])).toMatchObject({ mayEnd: false, items: [{ ...rest, values }] });
    expect(dane.next(['dane', 'add', 'z', '25', 'a', 'b'])).toMatchObject({
      mayEnd: true,
      items: [{ ...rest, values: { ...values, owner: ['a', 'b'] } }],
    });
  });

  test('a wrong word before is told from nothing to add', () => {
    expect(dane.next(['dane', 'add', 'z', 'http'])).toBeNull();
    expect(dane.next(['dane', 'config', 'ca-root', 'cert', 'x'])).toBeNull();
    expect(dane.next(['dane', 'config', 'ca-root', 'cert'])).toEqual({ mayEnd: true, items: [] });
  });

  test('names do not reach a prototype', () => {
    const next = compileSpec('set <__proto__> <constructor>').next(['set', 'p']);
    const [item] = next?.items ?? [];
    expect(item).toMatchObject({ name: 'constructor' });
    expect(Object.entries(item?.kind === 'variable' ? item.values : {})).toEqual([['__proto__', ['p']]]);
    expect(item).not.toHaveProperty('help');
  });

  test.each([
    '( ( <a> [...] ) [...] ) [...] stop',
    `( <a> ${'[<b>] '.repeat(20)} ) [...] stop`,
    `( ${'( '.repeat(40)} <a> ${') [...] '.repeat(40)} ) [...] stop`,
    '( <a...> | <b...> | w ) [...] <c...> stop',
  ])('costs no more than the words times the spec: %s', (spec) => {
    const program = programOf(spec);
    for (const count of [100, 4000]) {
      const words = new Array<string>(count).fill('w');
      expect(searchLine(program, words, () => undefined).steps).toBeLessThan(1000 + 4 * program.size * (count + 1));
      expect(completionsOf(compileSpec(spec), words)).toContain('stop');
    }
  });
});

describe('a command without some literals', () => {
  /** Nobody types the literals that are out. */
  function unreachable(node: SpecNode, out: ReadonlySet<string>): SpecNode {
    switch (node.kind) {
      case 'literal':
        return out.has(node.name) ? { ...node, word: 'never' } : node;
      case 'variable':
      case 'rest':
        return node;
      case 'sequence':
        return { ...node, items: node.items.map((item) => unreachable(item, out)) };
      case 'alternation':
        return { ...node, branches: node.branches.map((branch) => unreachable(branch, out)) };
      case 'option':
      case 'repetition':
        return { ...node, item: unreachable(node.item, out) };
    }
  }

  test('has the forms that have none of them, and no other', () => {
    let kept = 0;
    fc.assert(
      fc.property(grammars, fc.uniqueArray(fc.constantFrom('a', 'b', 'k', 'c')), lines, (grammar, names, words) => {
        const out = new Set(names);
        const wanted = 'args' in referenceLine(unreachable(grammar.root, out), words, accepts);
        const rest = grammar.without(out);
        expect(rest?.matchLine(words).ok ?? false).toBe(wanted && (rest !== null || words.length > 0));
        expect(compileSpec(rest?.spec ?? 'a', types).matchLine(words).ok).toBe(
          rest === null ? words.join() === 'a' : wanted,
        );
        if (wanted && rest !== grammar) kept += 1;
      }),
      { numRuns: 1000 },
    );
    expect(kept).toBeGreaterThan(50);
  });

  test('is written so that it compiles again, however long and deep the whole is', () => {
    let full = 0;
    let tight = 0;
    fc.assert(
      fc.property(
        longSpecs,
        fc.subarray(['a', 'b', 'k', 'd', '...'], { minLength: 1, maxLength: 2 }),
        (spec, names) => {
          const root = parseSpec(spec);
          const rest = specWithout(root, new Set(names));
          if (spec.length > 4080) full += 1;
          if (rest === null) return;
          const [spaced, dense] = [specOf(rest, Infinity), specOf(rest, 0)];
          expect(dense.length).toBeLessThanOrEqual(spec.length);
          expect(specOf(parseSpec(dense), Infinity) === spaced).toBe(true);
          if (rest !== root && spaced.length > 4096) tight += 1;
        },
      ),
      { numRuns: 100 },
    );
    expect(Math.min(full, tight)).toBeGreaterThan(2);
    const words = Array.from({ length: 1100 }, (_, index) => index.toString(36)).join('|');
    const rest = compileSpec(`zz(${words})`).without(new Set(['1']));
    expect(compileSpec(rest?.spec ?? '').matchLine(['zz', '2']).ok).toBe(true);
    expect(rest?.matchLine(['zz', '1']).ok).toBe(false);
    const deep = compileSpec(`[h] | ${'x ['.repeat(49)}y${']'.repeat(49)}`).without(new Set(['h']));
    expect(compileSpec(deep?.spec ?? '').matchLine([]).ok).toBe(true);
  });

  test('keeps types, names of literals, and the help of what is left', () => {
    const grammar = compileSpec('zone ( add <zone> <n> | del:one <zone> [force] | del:all | list ) [in <n>]', types, {
      add: 'Add',
      force: 'All the same',
      '<zone>': 'A zone',
      '<n>': 'A number',
    });
    expect(grammar.without(new Set(['no such', 'del']))).toBe(grammar);
    expect(grammar.without(new Set(['zone']))).toBeNull();
    const rest = grammar.without(new Set(['add', 'force', 'all']));
    expect(rest?.spec).toBe('zone (del:one <zone> | list) [in <n>]');
    expect([...(rest?.help ?? [])]).toEqual([
      ['<zone>', 'A zone'],
      ['<n>', 'A number'],
    ]);
    expect(rest?.matchLine(['zone', 'del', 'x'])).toMatchObject({ ok: true, literals: ['zone', 'one'] });
    expect(rest?.matchLine(['zone', 'list', 'in', 'x'])).toMatchObject({ ok: false, invalid: 'n' });
    expect(rest?.matchLine(['zone', 'del'])).toMatchObject({ ok: false });
  });
});

describe('help', () => {
  test('is found by word and variable, in the order of the spec', () => {
    expect([...dane.help]).toEqual([
      ['any-end', 'Trust any certificate at the end'],
      ['<port>', 'Port of the service'],
      ['<owner>', 'Names of the owner'],
    ]);
    const [, item] = dane.next(['dane', 'config'])?.items ?? [];
    expect(item).toEqual({ kind: 'literal', word: 'any-end', help: 'Trust any certificate at the end' });
  });

  test('of a command goes before that of a type, and of a renamed literal is found by its word', () => {
    const types = { x: { type: 'string', help: 'Of the type' } } as const;
    expect([...compileSpec('do:make <x>', types, { '<x>': 'Of the command', do: 'Makes it' }).help]).toEqual([
      ['do', 'Makes it'],
      ['<x>', 'Of the command'],
    ]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['help for "anyend", which is no literal', { anyend: 'x' }],
    ['help for "x", which is no literal', { x: 'a variable needs its brackets' }],
    ['help for "<toString>"', { '<toString>': 'x' }],
    ['the help of "a" is not one line of text', { a: 'two\nlines' }],
    ['the help of "a" is not one line of text', { a: '\u001b[2J' }],
    ['the help of "<x>" is not one line of text', { '<x>': '' }],
    ['the help of "<x>" is not one line of text', { '<x>': 1 }],
  ])('%s is told to who wrote it', (why, help) => {
    const compile = (): CommandGrammar => compileSpec('a <x>', {}, help as Record<string, string>);
    expect(compile).toThrow(SpecError);
    expect(compile).toThrow(why);
  });
});

describe('usage', () => {
  test('has one line for each form, folded at the width', () => {
    expect(usageOf(dane)).toBe(
      'dane config (ca-root | any-end) (cert | pubkey)\ndane (add | del) <zone> <port> <owner...>',
    );
    expect(usageOf(dane, 30)).toBe(
      [
        'dane config (ca-root',
        '    | any-end) (cert | pubkey)',
        'dane (add | del) <zone> <port>',
        '    <owner...>',
      ].join('\n'),
    );
    expect(usageOf(compileSpec('a ( b c ) [...]  [ <d> [...] ] x:y'), 1)).toBe(
      ['a', '    (b', '    c) [...]', '    [<d> [...]]', '    x'].join('\n'),
    );
  });

  test('never exceeds the width but for one word, and is a spec for the same lines', () => {
    fc.assert(
      fc.property(grammars, lines, fc.integer({ min: 1, max: 40 }), (grammar, words, columns) => {
        const usage = usageOf(grammar, columns);
        for (const line of usage.split('\n')) {
          const pieces = line.trim().split(/(?<!\|) (?!\[\.\.\.\])/);
          expect(pieces.length === 1 || line.length <= columns).toBe(true);
        }
        const again = compileSpec(usage.replaceAll('\n    ', ' ').replaceAll('\n', ' | '), types);
        const [wanted, found] = [grammar.matchLine(words), again.matchLine(words)];
        expect(found).toEqual(wanted.ok ? { ...wanted, literals: expect.anything() } : wanted);
      }),
      { numRuns: 500 },
    );
    expect(compileSpec(usageOf(compileSpec('a [ ... ]'))).matchLine(['a', '...']).ok).toBe(true);
  });
});
