import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { World } from './world.js';

const CLIENT = fileURLToPath(new URL('../../packages/arpa2amqp/dist/main.js', import.meta.url));

const tlsa = randomBytes(64).toString('hex');
const batch = [
  { do_: 'arpa2dns zone add', zone: 'orvelte.nep', ns1: 'ns1.orvelte.nep.', rp: 'admin@orvelte.nep' },
  { do_: ['arpa2dns', 'dane', 'config', 'any-end', 'pubkey', 'sha512'] },
  {
    do_: ['arpa2dns', 'dane', 'add'],
    zone: 'orvelte.nep',
    _proto: '_tcp',
    port: '443',
    owner: '@',
    'to-be-matched': tlsa,
  },
  { do_: 'arpa2dns whoami' },
  { do_: 'arpa2dns ping' },
  { do_: 'arpa2dns ping6' },
];

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Runs the client as a user does; its stdout is ours. @returns its exit code */
async function runClient(world: World): Promise<number> {
  const client = spawn(process.execPath, [CLIENT, '--pretty', '-'], {
    env: { ...process.env, ...world.environment },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  client.stdin.end(JSON.stringify(batch));
  const [code] = (await once(client, 'close')) as [number | null];
  return code ?? 1;
}

async function showRecord(world: World): Promise<void> {
  const answer = await world.knot.query('_443._tcp.orvelte.nep', 'TLSA');
  const [record] = answer.records;
  if (record?.data.replaceAll(' ', '').toLowerCase().endsWith(tlsa) !== true) {
    throw new Error(`Knot answers ${answer.status} and does not serve the TLSA record`);
  }
  say(`\nDNS serves it: ${record.owner} ${record.ttl} ${record.type} ${record.data}`);
}

function printInvitation(world: World): void {
  const exports = Object.entries(world.environment).map(([name, value]) => `  export ${name}='${value}'`);
  say(`
The realm, the DNS server and the daemon go on running. In another terminal, in this directory:

${exports.join('\n')}

  echo '{"do_":"arpa2dns whoami"}' | npx arpa2amqp --pretty
  echo '{"do_":"arpa2dns record add","zone":"orvelte.nep","fqdn":"www","rtype":"AAAA","rdata":"2001:db8::1"}' | npx arpa2amqp
  echo '{"do_":"arpa2dns record list","zone":"orvelte.nep"}' | npx arpa2amqp --pretty

Ctrl-C stops everything.`);
}

/** Ends when the user presses Ctrl-C or the process is asked to end. */
async function interrupted(): Promise<void> {
  // A signal handler alone keeps no process alive, and what runs for us does not either.
  const alive = setInterval(() => undefined, 1_000_000);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  clearInterval(alive);
}

async function main(): Promise<number> {
  await using world = await World.create(say);
  say(`arpa2amqp: ${batch.length} commands to ${world.environment['ARPA2AMQP_TO'] ?? ''}\n`);
  const code = await runClient(world);
  // One of the six is "ping", which reports an error by its nature.
  if (code !== 1) throw new Error(`The client ended with code ${code}`);
  await showRecord(world);
  if (process.stdin.isTTY && process.stdout.isTTY) {
    printInvitation(world);
    await interrupted();
  }
  say('Stopping everything');
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  say(`npm start: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
