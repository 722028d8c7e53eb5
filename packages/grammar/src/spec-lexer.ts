import { SpecError } from './spec-error.js';

export type SpecToken =
  | { readonly kind: 'word'; readonly text: string; readonly name: string; readonly at: number }
  | { readonly kind: 'variable'; readonly name: string; readonly isRest: boolean; readonly at: number }
  | { readonly kind: 'open' | 'close'; readonly bracket: string; readonly at: number }
  | { readonly kind: 'bar' | 'repeat' | 'end'; readonly at: number };

// Only ASCII white space separates: what looks like a blank but is not is part of a word, on every line and in every spec alike.
const BLANKS = /[ \t\r\n\v\f]*/y;
const NAME = /[^ \t\r\n\v\f()[\]<>|:]*/y;
const UNPRINTABLE = /[^\P{C}\t\r\n\v\f]/u;
const REPEAT = '[...]';

/** Reads a spec into tokens with their offsets; the last token is always `end`. */
export function lexSpec(spec: string): readonly SpecToken[] {
  const unprintable = spec.search(UNPRINTABLE);
  if (unprintable >= 0) throw new SpecError(spec, unprintable, 'a control character or half a surrogate pair');
  const tokens: SpecToken[] = [];
  let at = matchAt(BLANKS, spec, 0).length;
  while (at < spec.length) {
    const { token, end } = lexToken(spec, at);
    tokens.push(token);
    at = end + matchAt(BLANKS, spec, end).length;
  }
  tokens.push({ kind: 'end', at: spec.length });
  return tokens;
}

function lexToken(spec: string, at: number): { token: SpecToken; end: number } {
  const character = spec.charAt(at);
  switch (character) {
    case '[':
      if (spec.startsWith(REPEAT, at)) return { token: { kind: 'repeat', at }, end: at + REPEAT.length };
      return { token: { kind: 'open', bracket: character, at }, end: at + 1 };
    case '(':
      return { token: { kind: 'open', bracket: character, at }, end: at + 1 };
    case ']':
    case ')':
      return { token: { kind: 'close', bracket: character, at }, end: at + 1 };
    case '|':
      return { token: { kind: 'bar', at }, end: at + 1 };
    case '<':
      return lexVariable(spec, at);
    case '>':
      throw new SpecError(spec, at, 'a ">" without its "<"');
    case ':':
      throw new SpecError(spec, at, 'empty name: a word is missing before the colon');
    default:
      return lexWord(spec, at);
  }
}

function lexWord(spec: string, at: number): { token: SpecToken; end: number } {
  const text = matchAt(NAME, spec, at);
  const colon = at + text.length;
  if (spec.charAt(colon) !== ':') return { token: { kind: 'word', text, name: text, at }, end: colon };
  const name = matchAt(NAME, spec, colon + 1);
  const end = colon + 1 + name.length;
  if (name === '') throw new SpecError(spec, end, 'a name is missing after the colon');
  if (spec.charAt(end) === ':') throw new SpecError(spec, end, 'a second colon in one word');
  return { token: { kind: 'word', text, name, at }, end };
}

function lexVariable(spec: string, at: number): { token: SpecToken; end: number } {
  const inner = matchAt(NAME, spec, at + 1);
  const end = at + 1 + inner.length;
  const stop = spec.charAt(end);
  if (stop === '') throw new SpecError(spec, end, 'incomplete specification: ">" is missing');
  if (/\s/.test(stop)) throw new SpecError(spec, end, 'blank in a name');
  if (stop !== '>') throw new SpecError(spec, end, `"${stop}" in a name`);
  const isRest = inner.endsWith('...');
  const name = isRest ? inner.slice(0, -3) : inner;
  if (name === '') throw new SpecError(spec, at, 'empty name');
  // In the JSON form this key holds the literals.
  if (name === 'do_') throw new SpecError(spec, at, 'a variable named "do_", which is reserved');
  return { token: { kind: 'variable', name, isRest, at }, end: end + 1 };
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
