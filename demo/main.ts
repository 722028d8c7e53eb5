import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { World } from './world.js';

const CLIENT = fileURLToPath(new URL('../../packages/arpa2amqp/dist/main.js', import.meta.url));
const SHELL = fileURLToPath(new URL('../../packages/arpa2shell/dist/main.js', import.meta.url));

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

/**
 * Runs the client as a user does.
 *
 * @param output - where its replies go
 * @returns its exit code
 */
async function runClient(world: World, commands: object, output: NodeJS.WriteStream): Promise<number> {
  const client = spawn(process.execPath, [CLIENT, '--pretty', '-'], {
    env: { ...process.env, ...world.environment },
    stdio: ['pipe', output, 'inherit'],
  });
  client.stdin.end(JSON.stringify(commands));
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

/** A command that no list grants, and what the audit log has of it and of one that was granted. */
async function showAccess(world: World): Promise<void> {
  say('\nNo list grants demo@arpa2.test the right to delete the zone:\n');
  const code = await runClient(world, { do_: 'arpa2dns zone del', zone: 'orvelte.nep' }, process.stderr);
  if (code !== 1) throw new Error(`The client ended with code ${code} for a command that must be denied`);
  const lines = await Promise.all([world.auditLines('dane', 'add'), world.auditLines('zone', 'del')]);
  if (lines.some(({ length }) => length === 0)) throw new Error('The audit log lacks a line');
  say(`\nThe audit log has both:\n\n${lines.flat().join('\n')}\n\n${await world.verifyAudit()}`);
}

function printInvitation(world: World): void {
  const exports = Object.entries(world.environment).map(([name, value]) => `  export ${name}='${value}'`);
  say(`
The realm, the DNS server and the daemon go on running. In another terminal, in this directory:

${exports.join('\n')}

  echo '{"do_":"arpa2dns whoami"}' | npx arpa2amqp --pretty
  echo '{"do_":"arpa2dns record add","zone":"orvelte.nep","fqdn":"www","rtype":"AAAA","rdata":"2001:db8::1"}' | npx arpa2amqp
  echo '{"do_":"arpa2dns record list","zone":"orvelte.nep"}' | npx arpa2amqp --pretty

As the administrator, who may edit the access control lists (try "arpa2acl acl list"):

  KRB5CCNAME='${world.administratorCache}' npx arpa2shell

Or right here, for instance: arpa2dns dane config any-end ?
"quit" stops everything.
`);
}

/** Lets the user work in the shells until "quit", or until this process is asked to end. */
async function runShell(world: World): Promise<void> {
  // Its history stays in the world, and a session over SSH that this runs in is not one of the shell's.
  const shell = spawn(process.execPath, [SHELL, '--trust-environment'], {
    env: { ...process.env, ...world.environment, HOME: world.directory },
    stdio: 'inherit',
  });
  const stop = (): void => {
    shell.kill('SIGTERM');
  };
  // The terminal sends the interrupt key to both; what it means is the shell's business.
  const leave = (): undefined => undefined;
  process.on('SIGINT', leave).once('SIGTERM', stop).once('SIGHUP', stop);
  await once(shell, 'close');
  process.off('SIGINT', leave).off('SIGTERM', stop).off('SIGHUP', stop);
}

async function main(): Promise<number> {
  await using world = await World.create(say);
  say(`arpa2amqp: ${batch.length} commands to ${world.environment['ARPA2AMQP_TO'] ?? ''}\n`);
  const code = await runClient(world, batch, process.stdout);
  // One of the six is "ping", which reports an error by its nature.
  if (code !== 1) throw new Error(`The client ended with code ${code}`);
  await showRecord(world);
  await showAccess(world);
  if (process.stdin.isTTY && process.stdout.isTTY) {
    printInvitation(world);
    await runShell(world);
  }
  say('Stopping everything');
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  say(`npm start: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
