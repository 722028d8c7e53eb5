import type { SpecNode } from './spec-node.js';

/*
 * What the JSON form of a command can look like, as far as a schema can say it: which words stand in which place of do_, and how
 * many values each variable has. A command has one shape for each way these depend on one another, such as `add` with three
 * values or `del` with one. Shapes never leave out a command that the grammar accepts: what cannot be said exactly (a repetition,
 * very many combinations of options) is said more widely.
 */

const MAX_SHAPES = 16;

/** What may stand in one place of do_: literal words, and variables whose rest may be there. */
export interface Place {
  readonly words: ReadonlySet<string>;
  readonly rests: ReadonlySet<string>;
}

/** Both inclusive. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface Shape {
  /** The first places of do_; never more than `words.least`. */
  readonly places: readonly Place[];
  /** What stands in all places after them, in any order; null when there are none. */
  readonly more: Place | null;
  /** The number of words of do_. */
  readonly words: Range;
  /** The number of values of the variables that have any. */
  readonly values: ReadonlyMap<string, Range>;
}

const NONE: Range = { least: 0, most: 0 };
const ONE: Range = { least: 1, most: 1 };
const SOME: Range = { least: 1, most: Infinity };
const EMPTY: Shape = { places: [], more: null, words: NONE, values: new Map() };

/** The shapes of the JSON form of a command, at least one and at most 16. */
export function shapesOf(node: SpecNode): readonly Shape[] {
  switch (node.kind) {
    case 'literal':
      return [{ ...EMPTY, places: [{ words: new Set([node.word]), rests: new Set() }], words: ONE }];
    case 'variable':
      return [{ ...EMPTY, values: new Map([[node.name, ONE]]) }];
    case 'rest': {
      const more: Place = { words: new Set(), rests: new Set([node.name]) };
      return [
        { ...EMPTY, values: new Map([[node.name, SOME]]) },
        { ...EMPTY, places: [more], more, words: SOME },
      ];
    }
    case 'sequence':
      return node.items
        .map(shapesOf)
        .reduce((before, after) => merged(before.flatMap((first) => after.map((second) => joined(first, second)))));
    case 'alternation':
      return merged(node.branches.flatMap(shapesOf));
    case 'option':
      return merged([...shapesOf(node.item), EMPTY]);
    case 'repetition': {
      const once = shapesOf(node.item);
      const again = anyNumberOf(once);
      return merged(once.map((shape) => joined(shape, again)));
    }
  }
}

/** One shape that holds all of them: exact in nothing but the least and the most. */
export function hullOf(shapes: readonly Shape[]): Shape {
  const least = Math.min(...shapes.map((shape) => shape.words.least));
  const places = Array.from({ length: least }, (_, index) =>
    anyOf(shapes.map((shape) => shape.places[index] ?? shape.more)),
  );
  const beyond = shapes.flatMap((shape) => [...shape.places.slice(least), shape.more]);
  const names = new Set(shapes.flatMap((shape) => [...shape.values.keys()]));
  return {
    places: places.filter((place) => place !== null),
    more: anyOf(beyond),
    words: { least, most: Math.max(...shapes.map((shape) => shape.words.most)) },
    values: new Map([...names].map((name) => [name, spanOf(shapes.map((shape) => rangeOf(shape, name)))])),
  };
}

/** How many values a variable has in a shape. */
export function rangeOf(shape: Shape, variable: string): Range {
  return shape.values.get(variable) ?? NONE;
}

/** Any number of times, also none, any of the shapes. */
function anyNumberOf(shapes: readonly Shape[]): Shape {
  const hull = hullOf([...shapes, EMPTY]);
  const unbound = ({ most }: Range): Range => ({ least: 0, most: most === 0 ? 0 : Infinity });
  return {
    ...hull,
    words: unbound(hull.words),
    values: new Map([...hull.values].map(([name, range]) => [name, unbound(range)])),
  };
}

/** One after the other. */
function joined(first: Shape, second: Shape): Shape {
  const isExact = first.more === null;
  const values = new Map(first.values);
  for (const [name, range] of second.values) values.set(name, sum(rangeOf(first, name), range));
  return {
    places: isExact ? [...first.places, ...second.places] : first.places,
    more: isExact ? second.more : anyOf([first.more, ...second.places, second.more]),
    words: sum(first.words, second.words),
    values,
  };
}

/** The same shapes in fewer where that loses nothing, and as one when there are too many. */
function merged(shapes: readonly Shape[]): readonly Shape[] {
  let result: Shape[] = [];
  for (const shape of shapes) {
    let current = shape;
    for (let index = 0; index < result.length;) {
      const both = unionOf(result[index] ?? EMPTY, current);
      if (both === null) {
        index += 1;
      } else {
        // It may now be possible to unite it with one that was passed over.
        result.splice(index, 1);
        current = both;
        index = 0;
      }
    }
    result.push(current);
    if (result.length > MAX_SHAPES) result = [hullOf(result)];
  }
  return result;
}

/** Two shapes as one, if that says no more than both: when they differ in one thing only. */
function unionOf(a: Shape, b: Shape): Shape | null {
  if (a.places.length !== b.places.length || !isSamePlace(a.more, b.more)) return null;
  const places = [...a.places.keys()].filter((index) => !isSamePlace(a.places[index] ?? null, b.places[index] ?? null));
  const names = [...new Set([...a.values.keys(), ...b.values.keys()])];
  const changed = names.filter((name) => !isSameRange(rangeOf(a, name), rangeOf(b, name)));
  const isOfWords = !isSameRange(a.words, b.words);
  if (places.length + changed.length + (isOfWords ? 1 : 0) > 1) return null;
  const [name] = changed;
  if (name !== undefined) {
    const range = contiguous(rangeOf(a, name), rangeOf(b, name));
    return range && { ...a, values: new Map([...a.values, [name, range]]) };
  }
  if (isOfWords) {
    const words = contiguous(a.words, b.words);
    return words && { ...a, words };
  }
  const union = (place: Place, index: number): Place => anyOf([place, b.places[index] ?? null]) ?? place;
  return { ...a, places: a.places.map((place, index) => (index === places[0] ? union(place, index) : place)) };
}

function anyOf(places: readonly (Place | null)[]): Place | null {
  const some = places.filter((place) => place !== null);
  if (some.length < 2) return some[0] ?? null;
  return {
    words: new Set(some.flatMap((place) => [...place.words])),
    rests: new Set(some.flatMap((place) => [...place.rests])),
  };
}

function isSamePlace(a: Place | null, b: Place | null): boolean {
  if (a === null || b === null) return a === b;
  return isSameSet(a.words, b.words) && isSameSet(a.rests, b.rests);
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function isSameRange(a: Range, b: Range): boolean {
  return a.least === b.least && a.most === b.most;
}

function sum(a: Range, b: Range): Range {
  return { least: a.least + b.least, most: a.most + b.most };
}

function spanOf(ranges: readonly Range[]): Range {
  return {
    least: Math.min(...ranges.map((range) => range.least)),
    most: Math.max(...ranges.map((range) => range.most)),
  };
}

function contiguous(a: Range, b: Range): Range | null {
  return a.least <= b.most + 1 && b.least <= a.most + 1 ? spanOf([a, b]) : null;
}
