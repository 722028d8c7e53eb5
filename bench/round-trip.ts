import { BareRhea } from './bare-rhea.js';
import { ADDRESS, Bus } from './bus.js';
import { inTurns, measure, WARM_UP_MS } from './load.js';
import { report, say } from './report.js';

const ROUNDS = 5;
const ROUND_MS = 2000;
const COMMANDS = [{ do_: 'arpa2dns ping6' }];

/** Bytes of one sealed batch of one command and of its answer; the frame has 24, the wrap about 60. */
const SIZES = { request: 24 + 60 + 330, answer: 24 + 60 + 130 };

/** Read-only batches of one command through one context, against bare rhea with as many bytes. */
export async function roundTrip(): Promise<void> {
  await using bus = await Bus.start();
  using bare = await BareRhea.start(SIZES);
  const ours = async (): Promise<unknown> => await bus.client.run(ADDRESS, COMMANDS);
  await measure(ours, 100, WARM_UP_MS);
  await bare.measure(100, WARM_UP_MS);
  for (const inFlight of [100, 1]) {
    say(`${inFlight} in flight: ${ROUNDS} rounds of ${ROUND_MS} ms each`);
    const result = await inTurns(
      ROUNDS,
      async () => await measure(ours, inFlight, ROUND_MS),
      async () => await bare.measure(inFlight, ROUND_MS),
    );
    report({
      bench: `round-trip-rate-${inFlight}`,
      ours: result.ours.perSecond,
      reference: result.reference.perSecond,
      unit: 'round trips/s',
    });
    report({
      bench: `round-trip-p50-${inFlight}`,
      ours: result.ours.p50Ms,
      reference: result.reference.p50Ms,
      unit: 'ms',
    });
  }
}
