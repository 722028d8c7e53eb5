import { leavesOf, type SpecNode } from './spec-node.js';
import type { ValueCheck } from './value-type.js';

/*
 * A spec becomes a graph of steps, as a regular expression becomes an automaton. Steps are tried in the order of the grammar:
 * `first` of a split before `second`. Every loop of the graph takes a word (the parser refuses to repeat what may be empty), so a
 * search that never enters the same split twice in the same state ends.
 *
 * A stream is what a step takes from: one for each variable (their index), then one for each different literal word.
 */

export interface Variable {
  readonly index: number;
  readonly name: string;
  readonly check: ValueCheck;
}

/** How often each stream is drawn on from a step to the end: at the least, and at the most. */
interface Reach {
  readonly least: Float64Array;
  readonly most: Float64Array;
}

export interface WordStep extends Reach {
  readonly op: 'word';
  readonly label: string;
  readonly name: string;
  readonly next: Step;
}

export interface ValueStep extends Reach {
  readonly op: 'value';
  readonly label: string;
  readonly variable: Variable;
  readonly isRest: boolean;
  readonly next: Step;
}

export interface SplitStep extends Reach {
  readonly op: 'split';
  readonly id: number;
  first: Step;
  readonly second: Step;
}

export interface EndStep extends Reach {
  readonly op: 'end';
  readonly label: '<cr>';
}

export type TakeStep = WordStep | ValueStep;
export type LeafStep = TakeStep | EndStep;
export type Step = LeafStep | SplitStep;

export interface Program {
  readonly start: Step;
  /** Number of steps. */
  readonly size: number;
  /** Number of splits; their ids are below it. */
  readonly splits: number;
  readonly variables: readonly Variable[];
  readonly variableOf: ReadonlyMap<string, Variable>;
  /** The stream of each literal word. */
  readonly wordStreams: ReadonlyMap<string, number>;
  readonly streams: number;
  /** Whether any variable is secret. */
  readonly hasSecrets: boolean;
}

export function compileProgram(root: SpecNode, checks: ReadonlyMap<string, ValueCheck>): Program {
  const builder = new ProgramBuilder(root, checks);
  const start = builder.build(root, builder.end());
  return { start, ...builder.facts() };
}

class ProgramBuilder {
  readonly #variableOf = new Map<string, Variable>();
  readonly #wordStreams = new Map<string, number>();
  readonly #streams: number;
  #size = 1;
  #splits = 0;

  constructor(root: SpecNode, checks: ReadonlyMap<string, ValueCheck>) {
    for (const [name, check] of checks) this.#variableOf.set(name, { index: this.#variableOf.size, name, check });
    for (const leaf of leavesOf(root)) {
      if (leaf.kind !== 'literal' || this.#wordStreams.has(leaf.word)) continue;
      this.#wordStreams.set(leaf.word, this.#variableOf.size + this.#wordStreams.size);
    }
    this.#streams = this.#variableOf.size + this.#wordStreams.size;
  }

  facts(): Omit<Program, 'start'> {
    const variables = [...this.#variableOf.values()];
    return {
      size: this.#size,
      splits: this.#splits,
      variables,
      hasSecrets: variables.some((variable) => variable.check.type.secret),
      variableOf: this.#variableOf,
      wordStreams: this.#wordStreams,
      streams: this.#streams,
    };
  }

  end(): EndStep {
    return { op: 'end', label: '<cr>', least: new Float64Array(this.#streams), most: new Float64Array(this.#streams) };
  }

  /** Built from the end backwards: `next` is where to go on after `node`. Depth is bounded by the parser. */
  build(node: SpecNode, next: Step): Step {
    this.#size += 1;
    switch (node.kind) {
      case 'literal':
        return { op: 'word', label: node.word, name: node.name, next, ...this.#reachOfLiteral(node.word, next) };
      case 'variable':
        return this.#value(node.name, false, next);
      case 'rest': {
        const again = this.#loop(node, next);
        again.first = this.#value(node.name, true, again);
        return again.first;
      }
      case 'sequence':
        return node.items.reduceRight((after, item) => this.build(item, after), next);
      case 'alternation':
        return node.branches
          .map((branch) => this.build(branch, next))
          .reduceRight((second, first) => this.#split(first, second));
      case 'option':
        return this.#split(this.build(node.item, next), next);
      case 'repetition': {
        const again = this.#loop(node.item, next);
        again.first = this.build(node.item, again);
        return again.first;
      }
    }
  }

  #value(name: string, isRest: boolean, next: Step): ValueStep {
    const variable = this.#variableOf.get(name);
    if (variable === undefined) throw new TypeError(`No type for the variable ${name}`);
    const label = isRest ? `<${name}...>` : `<${name}>`;
    // A rest takes from its key or from do_, so neither must have anything for it, and it may be behind a loop already.
    const reach = isRest ? { least: next.least, most: next.most } : raised(next, variable.index);
    return { op: 'value', label, variable, isRest, next, ...reach };
  }

  #reachOfLiteral(word: string, next: Step): Reach {
    return raised(next, this.#wordStreams.get(word) ?? -1);
  }

  #split(first: Step, second: Step): SplitStep {
    return {
      op: 'split',
      id: this.#splits++,
      first,
      second,
      least: first.least.map((count, stream) => Math.min(count, second.least[stream] ?? 0)),
      most: first.most.map((count, stream) => Math.max(count, second.most[stream] ?? 0)),
    };
  }

  /** The split after a repeated item: once more (`first`, still to be set), or on. */
  #loop(item: SpecNode, next: Step): SplitStep {
    const most = next.most.slice();
    for (const leaf of leavesOf(item)) {
      if (leaf.kind === 'literal') most[this.#wordStreams.get(leaf.word) ?? -1] = Infinity;
      else most[this.#variableOf.get(leaf.name)?.index ?? -1] = Infinity;
      if (leaf.kind === 'rest') most.fill(Infinity, this.#variableOf.size);
    }
    return { op: 'split', id: this.#splits++, first: next, second: next, least: next.least, most };
  }
}

function raised(next: Reach, stream: number): Reach {
  const least = next.least.slice();
  const most = next.most.slice();
  least[stream] = (least[stream] ?? 0) + 1;
  most[stream] = (most[stream] ?? 0) + 1;
  return { least, most };
}
