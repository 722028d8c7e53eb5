import type { SpecNode } from '../src/index.js';

/*
 * What the language means, written as plainly as possible: every reading is enumerated, in the order of the grammar, without any
 * memory. Exponential; for small inputs only.
 */

export type Accepts = (variable: string, word: string) => boolean;
type Leaf = Extract<SpecNode, { kind: 'literal' | 'variable' | 'rest' }>;

interface Source<Place> {
  /** Takes the word for a leaf, or notes the failure and gives null. */
  take(leaf: Leaf, from: Reading<Place>): { word: string; place: Place } | null;
}

interface Reading<Place> {
  readonly place: Place;
  readonly took: readonly { readonly leaf: Leaf; readonly word: string }[];
}

function* readings<Place>(node: SpecNode, from: Reading<Place>, source: Source<Place>): Generator<Reading<Place>> {
  switch (node.kind) {
    case 'literal':
    case 'variable': {
      const taken = source.take(node, from);
      if (taken) yield { place: taken.place, took: [...from.took, { leaf: node, word: taken.word }] };
      return;
    }
    case 'rest': {
      const taken = source.take(node, from);
      if (!taken) return;
      const reading = { place: taken.place, took: [...from.took, { leaf: node, word: taken.word }] };
      yield* readings(node, reading, source);
      yield reading;
      return;
    }
    case 'sequence':
      yield* inOrder(node.items, from, source);
      return;
    case 'alternation':
      for (const branch of node.branches) yield* readings(branch, from, source);
      return;
    case 'option':
      yield* readings(node.item, from, source);
      yield from;
      return;
    case 'repetition':
      for (const once of readings(node.item, from, source)) {
        yield* readings(node, once, source);
        yield once;
      }
  }
}

function* inOrder<Place>(
  [first, ...others]: readonly SpecNode[],
  from: Reading<Place>,
  source: Source<Place>,
): Generator<Reading<Place>> {
  if (first === undefined) yield from;
  else for (const reading of readings(first, from, source)) yield* inOrder(others, reading, source);
}

export interface ReferenceMatch {
  readonly args: readonly string[];
  readonly values: Readonly<Record<string, readonly string[]>>;
}

function toMatch<Place>({ took }: Reading<Place>): ReferenceMatch {
  const values: Record<string, string[]> = {};
  for (const { leaf, word } of took) if (leaf.kind !== 'literal') (values[leaf.name] ??= []).push(word);
  return { args: took.map(({ word }) => word), values };
}

function labelOf(leaf: Leaf): string {
  if (leaf.kind === 'literal') return leaf.word;
  return leaf.kind === 'rest' ? `<${leaf.name}...>` : `<${leaf.name}>`;
}

/** Matches a line, or tells the furthest failure and what was expected there. */
export function referenceLine(
  root: SpecNode,
  words: readonly string[],
  accepts: Accepts,
): ReferenceMatch | { at: number; expected: string[] } {
  let at = 0;
  let expected: string[] = [];
  const note = (place: number, label: string): void => {
    if (place > at) expected = [];
    at = Math.max(at, place);
    if (place === at && !expected.includes(label)) expected.push(label);
  };
  const source: Source<number> = {
    take(leaf, { place }) {
      const word = words[place];
      const isGood = word !== undefined && (leaf.kind === 'literal' ? leaf.word === word : accepts(leaf.name, word));
      if (isGood) return { word, place: place + 1 };
      note(place, labelOf(leaf));
      return null;
    },
  };
  for (const reading of readings(root, { place: 0, took: [] }, source)) {
    if (reading.place === words.length) return toMatch(reading);
    note(reading.place, '<cr>');
  }
  return { at, expected };
}

/** What can follow some words, with what the words mean on the first reading that leads there. */
export function referenceNext(
  root: SpecNode,
  words: readonly string[],
  accepts: Accepts,
): { mayEnd: boolean; items: Map<string, ReferenceMatch> } {
  const items = new Map<string, ReferenceMatch>();
  const source: Source<number> = {
    take(leaf, from) {
      const word = words[from.place];
      if (word === undefined && !items.has(labelOf(leaf))) items.set(labelOf(leaf), toMatch(from));
      const isGood = word !== undefined && (leaf.kind === 'literal' ? leaf.word === word : accepts(leaf.name, word));
      return isGood ? { word, place: from.place + 1 } : null;
    },
  };
  let mayEnd = false;
  for (const reading of readings(root, { place: 0, took: [] }, source)) mayEnd ||= reading.place === words.length;
  return { mayEnd, items };
}

type JsonPlace = Readonly<Record<string, readonly string[]>>;

/** Matches the JSON form, or gives null. */
export function referenceJson(
  root: SpecNode,
  words: readonly string[],
  values: JsonPlace,
  accepts: Accepts,
): ReferenceMatch | null {
  const source: Source<JsonPlace> = {
    take(leaf, { place }) {
      const isInDo = leaf.kind === 'literal' || (leaf.kind === 'rest' && (values[leaf.name] ?? []).length === 0);
      const key = isInDo ? 'do_' : leaf.name;
      const [word, ...others] = place[key] ?? [];
      const isGood = word !== undefined && (leaf.kind === 'literal' ? leaf.word === word : accepts(leaf.name, word));
      return isGood ? { word, place: { ...place, [key]: others } } : null;
    },
  };
  for (const reading of readings(root, { place: { ...values, do_: words }, took: [] }, source)) {
    if (Object.values(reading.place).every((left) => left.length === 0)) return toMatch(reading);
  }
  return null;
}
