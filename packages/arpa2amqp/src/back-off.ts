const FIRST_MS = 50;
const LONGEST_MS = 5000;

/** The pause before a message is offered again: doubling, with jitter, so that many clients do not come back together. */
export function backOffMs(refusals: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(refusals, 16)) * (0.5 + Math.random() / 2);
}
