import type { LeafStep, Program, Step, TakeStep } from './program.js';

export interface LineSearch {
  /** The step that took each word; null when the line is refused. */
  readonly took: readonly TakeStep[] | null;
  /** The furthest place where something failed. */
  readonly at: number;
  /** What failed there, in the order of the grammar, with repeats. */
  readonly expected: readonly LeafStep[];
  /** How much work it was. */
  readonly steps: number;
}

/** Searches of ordinary commands end before a table of visited states pays off. */
const STEPS_BEFORE_TABLE = 256;

/**
 * Finds the first reading of a line in the order of the grammar.
 *
 * Depth-first with an own stack. A search that gets long marks every (split, position) it enters and never enters one twice: what
 * failed once fails again. So the work is at most the size of the spec times the number of words.
 *
 * @param offer - do not stop at a reading: be told of every step that could follow the words, with the steps that took them (which are
 *   only lent). The same step may come again.
 * @param tableAfter - steps before states are marked; changes the work, never the answer
 */
export function searchLine(
  program: Program,
  words: readonly string[],
  offer: ((step: LeafStep, took: readonly TakeStep[]) => void) | null = null,
  tableAfter = STEPS_BEFORE_TABLE,
): LineSearch {
  const took: TakeStep[] = [];
  const laterSteps: Step[] = [];
  const laterPlaces: number[] = [];
  const width = words.length + 1;
  const expected: LeafStep[] = [];
  let seen: Uint8Array | null = null;
  let at = 0;
  let steps = 0;
  let place = 0;
  let step: Step | undefined = program.start;
  while (step !== undefined) {
    steps += 1;
    if (step.op === 'split') {
      if (steps > tableAfter) {
        seen ??= new Uint8Array(Math.ceil((program.splits * width) / 8));
        if (isMarked(seen, step.id * width + place)) {
          step = laterSteps.pop();
          place = laterPlaces.pop() ?? 0;
          continue;
        }
      }
      laterSteps.push(step.second);
      laterPlaces.push(place);
      step = step.first;
      continue;
    }
    const word = words[place];
    if (word === undefined) {
      if (offer !== null) offer(step, took);
      else if (step.op === 'end') return { took, at: place, expected: [], steps };
    } else if (step.op !== 'end' && (step.op === 'word' ? step.label === word : step.variable.check.accepts(word))) {
      took[place] = step;
      place += 1;
      step = step.next;
      continue;
    }
    if (place > at) {
      at = place;
      expected.length = 0;
    }
    if (place === at) expected.push(step);
    step = laterSteps.pop();
    place = laterPlaces.pop() ?? 0;
  }
  return { took: null, at, expected, steps };
}

/** Marks a bit; tells whether it was marked before. */
function isMarked(bits: Uint8Array, index: number): boolean {
  const slot = Math.floor(index / 8);
  const byte = bits[slot] ?? 0;
  const bit = 1 << (index & 7);
  bits[slot] = byte | bit;
  return (byte & bit) !== 0;
}
