import type { JsonInput } from './json-input.js';
import type { LeafStep, Program, SplitStep, Step, TakeStep } from './program.js';

/*
 * Which reading of a line comes first is decided word by word; in JSON the words of do_ and the values of each key are streams of
 * their own, and a reading is an order of taking from them that empties all. There can be very many orders when several variables
 * stand in one repetition. Three things bound the work of a search that gets long:
 * 1. a state (split, place in do_, place in each key) is entered once;
 * 2. a state is given up when a stream holds fewer or more items than any way to the end takes from it;
 * 3. a number of steps in proportion to the input. A command over it is refused as having too many readings, never misread.
 */
const STEPS_BEFORE_TABLE = 256;
const FREE_STEPS = 20_000;
const STEPS_PER_ITEM = 4;
const EXPLAIN_STEPS = 4096;

/** Where a refused command got furthest: as many words and values as possible found their place. */
export interface JsonDeadEnd {
  /** Number of words and values that found their place. */
  taken: number;
  /** Place in do_. */
  at: number;
  /** What was tried there, in the order of the grammar. */
  readonly tried: Set<LeafStep>;
  /** When the command was complete there: indices of the variables with values left over. */
  leftover: readonly number[] | null;
}

export type JsonSearch = (
  | { readonly kind: 'match'; readonly took: readonly TakeStep[] }
  | { readonly kind: 'dead-end'; readonly deadEnd: JsonDeadEnd }
  | { readonly kind: 'too-many-readings' }
) & { readonly steps: number };

/**
 * Finds the first reading, in the order of the grammar, that uses every word and value.
 *
 * @param tableAfter - steps before states are marked and given up; changes the work, never the answer
 */
export function searchJson(program: Program, input: JsonInput, tableAfter = STEPS_BEFORE_TABLE): JsonSearch {
  const search = new Search(program, input);
  const { took, steps } = search.decide(FREE_STEPS + STEPS_PER_ITEM * program.size * input.total, tableAfter);
  if (took === 'none') return { kind: 'dead-end', ...new Search(program, input).explain(steps) };
  if (took === 'unknown') return { kind: 'too-many-readings', steps };
  return { kind: 'match', took, steps };
}

class Search {
  readonly #program: Program;
  readonly #input: JsonInput;
  /** What each stream still holds. */
  readonly #left: number[];
  readonly #took: TakeStep[] = [];
  readonly #laterSteps: Step[] = [];
  readonly #laterTaken: number[] = [];
  #place = 0;

  constructor(program: Program, input: JsonInput) {
    this.#program = program;
    this.#input = input;
    const left = new Array<number>(program.streams).fill(0);
    for (let index = 0; index < input.given.length; index += 1) left[index] = input.given[index]?.length ?? 0;
    for (const stream of input.wordStreams) left[stream] = (left[stream] ?? 0) + 1;
    this.#left = left;
  }

  decide(maxSteps: number, tableAfter: number): { took: readonly TakeStep[] | 'none' | 'unknown'; steps: number } {
    let table: StateTable | null = null;
    let step: Step | undefined = this.#program.start;
    for (let steps = 1; ; steps += 1) {
      if (steps > maxSteps) return { took: 'unknown', steps };
      if (step.op === 'split') {
        if (steps > tableAfter) table ??= new StateTable(this.#program, this.#input);
        const isDead: boolean =
          table !== null && (this.#isHopeless(step) || table.isMarked(step, this.#place, this.#left));
        step = isDead ? this.#back() : this.#branch(step);
      } else if (step.op === 'end') {
        if (this.#took.length === this.#input.total) return { took: this.#took, steps };
        step = this.#back();
      } else {
        step = this.#take(step) ? step.next : this.#back();
      }
      if (step === undefined) return { took: 'none', steps };
    }
  }

  /** The same search without giving up early, as far as it is reasonable: the greedy readings, which get furthest, come first. */
  explain(stepsBefore: number): { deadEnd: JsonDeadEnd; steps: number } {
    const maxSteps = EXPLAIN_STEPS + this.#program.size * this.#input.total;
    const deadEnd: JsonDeadEnd = { taken: -1, at: 0, tried: new Set(), leftover: null };
    let step: Step | undefined = this.#program.start;
    let steps = 0;
    for (; steps < maxSteps && step !== undefined; steps += 1) {
      if (step.op === 'split') {
        step = this.#branch(step);
      } else if (step.op !== 'end' && this.#take(step)) {
        step = step.next;
      } else {
        this.#note(step, deadEnd);
        step = this.#back();
      }
    }
    return { deadEnd, steps: stepsBefore + steps };
  }

  #note(step: LeafStep, deadEnd: JsonDeadEnd): void {
    const taken = this.#took.length;
    if (taken < deadEnd.taken) return;
    if (taken > deadEnd.taken) {
      deadEnd.taken = taken;
      deadEnd.at = this.#place;
      deadEnd.tried.clear();
      deadEnd.leftover = null;
    }
    if (deadEnd.at !== this.#place) return;
    deadEnd.tried.add(step);
    if (step.op === 'end') {
      deadEnd.leftover ??= this.#input.given.flatMap((_, index) => (this.#left[index] === 0 ? [] : [index]));
    }
  }

  #branch(step: SplitStep): Step {
    this.#laterSteps.push(step.second);
    this.#laterTaken.push(this.#took.length);
    return step.first;
  }

  #back(): Step | undefined {
    const taken = this.#laterTaken.pop() ?? 0;
    while (this.#took.length > taken) this.#untake();
    return this.#laterSteps.pop();
  }

  #take(step: TakeStep): boolean {
    if (!takesFromDo(step, this.#input)) {
      const { index } = (step as Extract<TakeStep, { op: 'value' }>).variable;
      const left = this.#left[index] ?? 0;
      if (left === 0) return false;
      this.#left[index] = left - 1;
    } else {
      const word = this.#input.words[this.#place];
      if (word === undefined) return false;
      if (step.op === 'word' ? step.label !== word : !step.variable.check.accepts(word)) return false;
      this.#changeDo(-1);
      this.#place += 1;
    }
    this.#took.push(step);
    return true;
  }

  #untake(): void {
    const step = this.#took.pop();
    if (step === undefined) return;
    if (step.op === 'value' && !takesFromDo(step, this.#input)) {
      this.#left[step.variable.index] = (this.#left[step.variable.index] ?? 0) + 1;
    } else {
      this.#place -= 1;
      this.#changeDo(1);
    }
  }

  #changeDo(by: 1 | -1): void {
    const stream = this.#input.wordStreams[this.#place] ?? -1;
    if (stream >= 0) this.#left[stream] = (this.#left[stream] ?? 0) + by;
  }

  #isHopeless(step: SplitStep): boolean {
    for (let stream = 0; stream < this.#left.length; stream += 1) {
      const left = this.#left[stream] ?? 0;
      if (left < (step.least[stream] ?? 0) || left > (step.most[stream] ?? 0)) return true;
    }
    return false;
  }
}

/** Literals are in do_. So is a rest whose key is absent (as in the original): it takes the words that remain. */
export function takesFromDo(step: TakeStep, input: JsonInput): boolean {
  return step.op === 'word' || (step.isRest && input.given[step.variable.index]?.length === 0);
}

/** The states a search has been in, each as one exact number; when there are too many to number, nothing is ever marked. */
class StateTable {
  readonly #splits: number;
  readonly #radixes: readonly number[];
  readonly #isExact: boolean;
  readonly #marked = new Set<number>();

  constructor(program: Program, input: JsonInput) {
    this.#splits = program.splits;
    this.#radixes = input.given.map((values) => values.length + 1);
    const states = this.#radixes.reduce((product, radix) => product * radix, this.#splits * (input.words.length + 1));
    this.#isExact = states <= Number.MAX_SAFE_INTEGER;
  }

  /** Marks a state; tells whether it was marked before. */
  isMarked(step: SplitStep, place: number, left: readonly number[]): boolean {
    if (!this.#isExact) return false;
    let state = place;
    for (let index = 0; index < this.#radixes.length; index += 1) {
      state = state * (this.#radixes[index] ?? 1) + (left[index] ?? 0);
    }
    state = state * this.#splits + step.id;
    const before = this.#marked.size;
    return this.#marked.add(state).size === before;
  }
}
