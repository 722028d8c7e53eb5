const FIRST_MS = 100;
const MAX_MS = 30_000;

/** The wait before the next of some failed tries: doubling, at most 30 s, the upper half of it by chance. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 20));
  return Math.round(full / 2 + (full / 2) * random());
}
