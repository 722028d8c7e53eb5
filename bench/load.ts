/** Until V8 has compiled what is hot: until then the rate still grows from second to second. */
export const WARM_UP_MS = 6000;

/** What a load gave. */
export interface Measurement {
  readonly perSecond: number;
  /** Median time of one operation in milliseconds. */
  readonly p50Ms: number;
}

/**
 * Keeps a number of operations in flight for a time.
 *
 * @param operation - one operation
 * @param inFlight - how many at a time
 * @param durationMs - how long new ones are started
 */
export async function measure(
  operation: () => Promise<unknown>,
  inFlight: number,
  durationMs: number,
): Promise<Measurement> {
  const times: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + durationMs;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < endMs) {
        const beganMs = performance.now();
        await operation();
        times.push(performance.now() - beganMs);
      }
    }),
  );
  const perSecond = (times.length / (performance.now() - startedMs)) * 1000;
  return { perSecond, p50Ms: median(times) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Measures two things in turns, so that what else the machine does falls on both, and gives the medians.
 *
 * @param rounds - turns of each
 */
export async function inTurns(
  rounds: number,
  ours: () => Promise<Measurement>,
  reference: () => Promise<Measurement>,
): Promise<{ readonly ours: Measurement; readonly reference: Measurement }> {
  const all: { readonly ours: Measurement[]; readonly reference: Measurement[] } = { ours: [], reference: [] };
  for (let round = 0; round < rounds; round += 1) {
    all.reference.push(await reference());
    all.ours.push(await ours());
  }
  return { ours: middle(all.ours), reference: middle(all.reference) };
}

function middle(measurements: readonly Measurement[]): Measurement {
  return {
    perSecond: median(measurements.map(({ perSecond }) => perSecond)),
    p50Ms: median(measurements.map(({ p50Ms }) => p50Ms)),
  };
}
