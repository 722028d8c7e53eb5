import { ADDRESS, Bus } from './bus.js';
import { report, say } from './report.js';

const TOTAL = 1_000_000;
const SIZE = 100;
const IN_FLIGHT = 16;

/** Memory of the daemon after 1,000,000 commands against that after the first 200,000. */
export async function memory(): Promise<void> {
  await using bus = await Bus.start();
  const commands = Array.from({ length: SIZE }, () => ({ do_: 'arpa2dns ping6' }));
  let left = TOTAL / SIZE;
  const work = async (until: number): Promise<void> => {
    while (left > until) {
      left -= 1;
      await bus.client.run(ADDRESS, commands);
    }
  };
  const runUntil = async (until: number): Promise<number> => {
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => await work(until)));
    const megabytes = await bus.daemonMemory();
    say(`${TOTAL - left * SIZE} commands: ${megabytes.toFixed(0)} MiB`);
    return megabytes;
  };
  const early = await runUntil((TOTAL / SIZE) * 0.8);
  await runUntil((TOTAL / SIZE) * 0.6);
  await runUntil((TOTAL / SIZE) * 0.4);
  await runUntil((TOTAL / SIZE) * 0.2);
  const late = await runUntil(0);
  report({ bench: 'memory-after-1000000-commands', ours: late, reference: early, unit: 'MiB' });
}
