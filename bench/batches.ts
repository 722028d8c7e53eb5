import { BareRhea } from './bare-rhea.js';
import { ADDRESS, Bus } from './bus.js';
import { inTurns, measure, WARM_UP_MS } from './load.js';
import { report, say } from './report.js';

const SIZE = 100;
const IN_FLIGHT = 16;
const ROUNDS = 5;
const ROUND_MS = 2000;

/** Built-in commands are answered in the daemon; the others go to the shell's own process. */
const KINDS = {
  'built-in': { do_: 'arpa2dns ping6' },
  process: { do_: 'arpa2dns dane config any-end pubkey sha512' },
};
/** Bytes of one command and of its reply in a batch, about. */
const COMMAND_BYTES = 24;
const REPLY_BYTES = 20;

/** Commands per second in batches of 100, against bare rhea that carries as many bytes in as many messages. */
export async function batches(): Promise<void> {
  await using bus = await Bus.start();
  using bare = await BareRhea.start({ request: SIZE * COMMAND_BYTES, answer: SIZE * REPLY_BYTES });
  for (const [kind, command] of Object.entries(KINDS)) {
    const commands = Array.from({ length: SIZE }, () => command);
    const ours = async (): Promise<unknown> => await bus.client.run(ADDRESS, commands);
    await measure(ours, IN_FLIGHT, WARM_UP_MS);
    say(`${kind} commands: ${ROUNDS} rounds of ${ROUND_MS} ms each`);
    const result = await inTurns(
      ROUNDS,
      async () => await measure(ours, IN_FLIGHT, ROUND_MS),
      async () => await bare.measure(IN_FLIGHT, ROUND_MS),
    );
    report({
      bench: `batches-of-100-${kind}`,
      ours: result.ours.perSecond * SIZE,
      reference: result.reference.perSecond * SIZE,
      unit: 'commands/s',
    });
  }
}
