import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { compileSpec, SpecError, type JsonCommand, type ValueType } from '../src/index.js';
import { completionsOf } from './completions.js';

interface MatchVector {
  readonly spec: string;
  readonly types?: Record<string, ValueType>;
  readonly line?: readonly string[];
  readonly json?: JsonCommand;
  readonly args?: readonly string[];
  readonly values?: Record<string, readonly string[]>;
  readonly error?: object;
}

const vectors = JSON.parse(readFileSync(new URL('grammar-vectors.json', import.meta.url), 'utf8')) as {
  readonly specErrors: readonly { readonly spec: string; readonly why: string }[];
  readonly matches: readonly MatchVector[];
  readonly completions: readonly {
    readonly spec: string;
    readonly after: readonly string[];
    readonly complete: readonly string[];
  }[];
};

describe('the shared vectors', () => {
  test.each(vectors.specErrors)('spec "$spec" is refused: $why', ({ spec, why }) => {
    expect(() => compileSpec(spec)).toThrow(why);
    expect(() => compileSpec(spec)).toThrow(SpecError);
  });

  test.each(vectors.matches.map((vector) => [JSON.stringify(vector.line ?? vector.json), vector] as const))(
    '%s',
    (_, { spec, types, line, json, args, values, error }) => {
      const grammar = compileSpec(spec, types);
      const result = line === undefined ? grammar.matchJson(json!) : grammar.matchLine(line);
      if (error === undefined) {
        expect(result).toMatchObject({ ok: true, ...(args && { args }) });
        if (values) expect(result).toHaveProperty('values', values);
      } else {
        // Exactly: a refusal that also blames something else sends people looking there.
        expect(result).toEqual({ ok: false, message: expect.stringMatching(/^[A-Z"].*[^.]$/s), ...error });
      }
    },
  );

  test.each(vectors.completions)('after $after of "$spec": $complete', ({ spec, after, complete }) => {
    expect(completionsOf(compileSpec(spec), after)).toEqual(complete);
  });
});
