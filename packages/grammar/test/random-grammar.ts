import fc from 'fast-check';
import { compileProgram, type Program } from '../src/program.js';
import { leavesOf } from '../src/spec-node.js';
import { parseSpec } from '../src/spec-parser.js';
import { resolveType } from '../src/value-type.js';

/** The types of the variables in {@link specs}. */
export const types = { n: 'integer' } as const;

/** Compiles a spec to what the matchers work on. */
export function programOf(spec: string): Program {
  const root = parseSpec(spec);
  const names = [...leavesOf(root)].flatMap((leaf) => (leaf.kind === 'literal' ? [] : [leaf.name]));
  return compileProgram(root, new Map(names.map((name) => [name, resolveType(name === 'n' ? types.n : 'string')])));
}

interface Piece {
  readonly text: string;
  readonly mayBeEmpty: boolean;
}

const leaf = fc
  .constantFrom('a', 'b', 'c:k', '<x>', '<y>', '<n>', '<r...>')
  .map((text) => ({ text, mayBeEmpty: false }));
const { piece } = fc.letrec<{ piece: Piece; sequence: Piece; choice: Piece }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { arbitrary: leaf, weight: 4 },
    { arbitrary: tie('choice').map(({ text }) => ({ text: `[${text}]`, mayBeEmpty: true })), weight: 2 },
    { arbitrary: tie('choice').map(({ text, mayBeEmpty }) => ({ text: `(${text})`, mayBeEmpty })), weight: 1 },
    {
      arbitrary: tie('choice').map(({ text, mayBeEmpty }) => ({
        text: mayBeEmpty ? `(${text})` : `(${text}) [...]`,
        mayBeEmpty,
      })),
      weight: 2,
    },
  ),
  sequence: fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((pieces) => ({
    text: pieces.map(({ text }) => text).join(' '),
    mayBeEmpty: pieces.every(({ mayBeEmpty }) => mayBeEmpty),
  })),
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map((pieces) => ({
    text: pieces.map(({ text }) => text).join(' | '),
    mayBeEmpty: pieces.some(({ mayBeEmpty }) => mayBeEmpty),
  })),
}));
/** Valid specs over a few words and variables, so that readings collide. */
export const specs = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.map(({ text }) => text).join(' '));

/** Valid specs without a needless blank, as long as may be. */
export const longSpecs = fc
  .tuple(fc.array(specs, { minLength: 1, maxLength: 30 }), fc.constantFrom('|', '|', '|d|', ' [...|d] '))
  .map(([parts, glue]) => {
    const dense = parts.map((part) => part.replace(/ ?([|()[\]<>]|\[\.\.\.\]) ?/g, '$1'));
    let spec = dense[0] ?? '';
    for (let index = 1; ; index += 1) {
      const longer = `${spec}${glue}${dense[index % dense.length] ?? ''}`;
      if (longer.length > 4096) return spec;
      spec = longer;
    }
  })
  .filter((spec) => spec.length <= 4096);
