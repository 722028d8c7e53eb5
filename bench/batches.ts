import { ADDRESS, Bus } from './bus.js';
import { measure, median } from './load.js';
import { report, say } from './report.js';

const SIZE = 100;
const IN_FLIGHT = 16;
const ROUNDS = 5;
const ROUND_MS = 2000;

/** Commands per second in batches of 100: built-in commands, and commands that go to a shell's own process. */
export async function batches(): Promise<void> {
  await using bus = await Bus.start();
  const kinds = {
    'built-in': { do_: 'arpa2dns ping6' },
    process: { do_: 'arpa2dns dane config any-end pubkey sha512' },
  };
  for (const [kind, command] of Object.entries(kinds)) {
    const commands = Array.from({ length: SIZE }, () => command);
    const run = async (): Promise<unknown> => await bus.client.run(ADDRESS, commands);
    await measure(run, IN_FLIGHT, ROUND_MS);
    say(`${kind} commands: ${ROUNDS} rounds of ${ROUND_MS} ms`);
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.push((await measure(run, IN_FLIGHT, ROUND_MS)).perSecond * SIZE);
    }
    report({
      bench: `batches-of-100-${kind}`,
      ours: median(rates),
      reference: kind === 'built-in' ? 100_000 : null,
      unit: 'commands/s',
    });
  }
}
