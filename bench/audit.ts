import { statSync } from 'node:fs';
import { ADDRESS, Bus } from './bus.js';
import { inTurns, measure, WARM_UP_MS } from './load.js';
import { report, say } from './report.js';

const SIZE = 100;
const ROUNDS = 9;
const ROUND_MS = 1500;

const ping = { do_: 'arpa2dns ping6' };
const LOADS = [
  { bench: 'audit-round-trip-rate-100', inFlight: 100, commands: [ping] },
  { bench: 'audit-round-trip-rate-1', inFlight: 1, commands: [ping] },
  { bench: 'audit-batches-of-100-built-in', inFlight: 16, commands: Array.from({ length: SIZE }, () => ping) },
  {
    bench: 'audit-batches-of-100-process',
    inFlight: 16,
    commands: Array.from({ length: SIZE }, () => ({ do_: 'arpa2dns dane config any-end pubkey sha512' })),
  },
] as const;

/** What access control lists and the audit log cost: a daemon with both against one with --open and without a log. */
export async function audit(): Promise<void> {
  await using open = await Bus.start();
  await using guarded = await open.startGuarded();
  for (const { bench, inFlight, commands } of LOADS) {
    const ours = async (): Promise<unknown> => await guarded.client.run(ADDRESS, commands);
    const reference = async (): Promise<unknown> => await open.client.run(ADDRESS, commands);
    await measure(ours, inFlight, WARM_UP_MS);
    await measure(reference, inFlight, WARM_UP_MS);
    say(`${bench}: ${ROUNDS} rounds of ${ROUND_MS} ms each`);
    const result = await inTurns(
      ROUNDS,
      async () => await measure(ours, inFlight, ROUND_MS),
      async () => await measure(reference, inFlight, ROUND_MS),
    );
    report({
      bench,
      ours: result.ours.perSecond * commands.length,
      reference: result.reference.perSecond * commands.length,
      unit: 'commands/s',
    });
  }
  say(`audit log: ${(statSync(guarded.auditFile).size / 1024 / 1024).toFixed(0)} MiB`);
}
