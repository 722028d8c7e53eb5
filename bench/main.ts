import { acl } from './acl.js';
import { audit } from './audit.js';
import { batches } from './batches.js';
import { contexts, firstMessages } from './contexts.js';
import { memory } from './memory.js';
import { say } from './report.js';
import { roundTrip } from './round-trip.js';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  'round-trip': roundTrip,
  batches,
  'first-messages': firstMessages,
  contexts,
  memory,
  acl,
  audit,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0 || names.includes('--help')) {
  say(`Usage: npm run bench -- [${Object.keys(benches).join('|')}]...\nWithout a name, all run, one after the other.`);
  process.exitCode = 2;
} else {
  for (const name of names.length === 0 ? Object.keys(benches) : names) {
    say(`# ${name}`);
    await benches[name]?.();
  }
}
