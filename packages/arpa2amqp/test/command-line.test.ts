import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Reply } from '@arpa2amqp/protocol';
import { describeWith, findFreePort, Realm, waitUntil } from '@arpa2amqp/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parseArguments } from '../src/cli/arguments.js';
import { sendInput } from '../src/cli/send-input.js';
import { honest, HOST, Responder, SERVICE } from './responder.js';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PING = '{ "do_": "sh ping" }';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describeWith(['krb5kdc'], 'the program', () => {
  let realm: Realm;
  let ticket: string;
  let responder: Responder;

  beforeAll(async () => {
    realm = await Realm.create({ users: ['demo'], services: [SERVICE] });
    realm.enter();
    ticket = await realm.ticket('demo');
    responder = await Responder.start(realm.keytab(SERVICE));
  });
  afterAll(async () => {
    await responder.close();
    await realm.close();
  });
  beforeEach(() => {
    responder.behaviour = honest;
    responder.arrivals.length = 0;
  });

  function start(args: readonly string[], environment: Record<string, string> = {}) {
    return spawn(process.execPath, [PROGRAM, ...args], {
      env: {
        PATH: process.env['PATH'],
        ...realm.environment,
        KRB5CCNAME: `FILE:${ticket}`,
        ARPA2AMQP_URL: responder.url,
        ARPA2AMQP_TO: HOST,
        ...environment,
      },
    });
  }

  async function finish(child: ReturnType<typeof start>, input: string | Buffer): Promise<Ended> {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  const run = async (
    args: readonly string[],
    input: string | Buffer = '',
    environment: Record<string, string> = {},
  ): Promise<Ended> => await finish(start(args, environment), input);

  test('prints the array of replies and nothing else', async () => {
    const { code, stdout, stderr } = await run([], `[${PING}, { "do_": "sh x" }]`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('[{"stdout_":"sh ping"},{"stdout_":"sh x"}]\n');
  });

  test('exits with 1 when a reply has stderr_', async () => {
    const { code, stdout } = await run(['--pretty'], '{ "do_": "sh fail" }');
    expect(code).toBe(1);
    expect(stdout).toContain('\n');
    expect((JSON.parse(stdout) as Reply[])[0]).toHaveProperty('stderr_');
  });

  test('reads a batch object from a file; options and object go together', async () => {
    const id = 'aaaaaaaa-0000-4000-8000-00000000000a';
    const file = `${realm.directory}/batch.json`;
    await writeFile(file, JSON.stringify({ id, to: HOST, confirm: 60, commands: [{ do_: 'sh ping' }] }));
    const { code } = await run(['--atomic', '--dry-run', '--timeout', '5s', file], '', {
      ARPA2AMQP_TO: '/internetwide/x/y',
    });
    expect(code).toBe(0);
    const [{ batch }] = responder.arrivals as [(typeof responder.arrivals)[0]];
    expect(batch).toMatchObject({ id, isAtomic: true, isDryRun: true, confirmSeconds: 60 });
    expect(batch.expiresMs - batch.issuedMs).toBeLessThanOrEqual(5000);
  });

  test.each([['--no-reply'], ['--mutual'], ['--raw'], ['--service', 'arpa2amqp@reservoir.arpa2.test']])(
    '%s works',
    async (...args) => {
      const { code, stdout, stderr } = await run(args, PING);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual(args[0] === '--no-reply' ? [] : [{ stdout_: 'sh ping' }]);
    },
  );

  test.each([
    ['an unknown option', ['--tymeout', '3s'], PING, 'usage'],
    ['a file that is not there', ['/nowhere/batch.json'], '', 'usage'],
    ['an address that is not canonical', ['--to', '/internetwide/Arpa2.test/x'], PING, 'invalid-address'],
    ['no input', [], '', 'invalid-batch'],
    ['no JSON', [], '[{]', 'not-json'],
    ['no UTF-8', [], Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 'not-utf8'],
    ['a number for a string', [], '[{ "do_": "sh x", "port": 443 }]', 'invalid-batch'],
    ['1,001 commands', [], JSON.stringify(Array.from({ length: 1001 }, () => ({ do_: 'sh x' }))), 'too-many-commands'],
  ])('refuses %s with exit code 2', async (_what, args, input, errorCode) => {
    const { code, stdout, stderr } = await run(args, input);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^arpa2amqp: .* \\(${errorCode}\\)\n`));
    expect(responder.arrivals).toEqual([]);
  });

  test.each([
    ['a time span without a unit', ['--timeout', '30'], PING, 'usage'],
    ['a time span beyond a day', ['--timeout', '2000m'], PING, 'usage'],
    ['a confirmation that is no number', ['--confirm', 'soon'], PING, 'usage'],
    ['a URL of another scheme', ['--connect', 'http://127.0.0.1'], PING, 'usage'],
    ['a certificate file that is not there', ['--ca', '/nowhere/ca.pem'], PING, 'usage'],
    ['an empty address', ['--to', ''], PING, 'invalid-address'],
    ['another host than the batch names', ['--to', '/internetwide/a/b'], `{"to":"${HOST}","commands":[]}`, 'usage'],
    ['raw and atomic', ['--raw', '--atomic'], PING, 'usage'],
    ['raw and no reply', ['--raw', '--no-reply'], PING, 'usage'],
    ['an empty array', [], '[]', 'invalid-batch'],
    ['a key twice', [], '{ "do_": "sh x", "do_": "sh y" }', 'duplicate-key'],
    ['33 levels', [], '['.repeat(33) + ']'.repeat(33), 'too-deep'],
    ['stdin_ too large', [], JSON.stringify({ do_: 'sh x', stdin_: 'x'.repeat(600 * 1024) }), 'invalid-batch'],
    ['more than any batch holds', [], `[${' '.repeat(5 * 1024 * 1024)}]`, 'invalid-batch'],
  ])('refuses %s likewise', async (_what, words, input, errorCode) => {
    const file = `${realm.directory}/input.json`;
    await writeFile(file, input);
    const parsed = parseArguments([...words, file], { ARPA2AMQP_URL: responder.url, ARPA2AMQP_TO: HOST });
    if (parsed.kind !== 'run') throw new Error('The arguments were refused');
    const { exitCode, stdout, stderr } = await sendInput(parsed.args, new AbortController().signal);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`(${errorCode})`);
    expect(responder.arrivals).toEqual([]);
  });

  test('exits with 3 without a ticket, with an expired one, for an unknown host, and when refused', async () => {
    const none = await run([], PING, { KRB5CCNAME: `FILE:${realm.freshCache()}` });
    expect(none).toMatchObject({ code: 3, stdout: '' });
    expect(none.stderr).toMatch(/\(no-ticket\)\n.*kinit/);
    expect((await run(['--to', '/internetwide/arpa2.test/other'], PING)).stderr).toContain('(unknown-service)');
    responder.behaviour = (arrival) => {
      arrival.incoming.reject('amqp:unauthorized-access', 'no');
      arrival.finish();
    };
    expect(await run([], PING)).toMatchObject({ code: 3 });
    const short = await realm.ticket('demo', { lifetimeSeconds: 1 });
    const expired = async (): Promise<Ended | false> => {
      const ended = await run([], PING, { KRB5CCNAME: `FILE:${short}` });
      return ended.stderr.includes('(ticket-expired)') && ended;
    };
    expect(await waitUntil(expired, { everyMs: 200 })).toMatchObject({ code: 3 });
  });

  test('exits with 4 when nothing is there, another thing is there, or nobody takes the batch', async () => {
    const nothing = await run(['--connect', `amqp://127.0.0.1:${await findFreePort()}`], PING);
    expect(nothing).toMatchObject({ code: 4, stdout: '' });
    expect(nothing.stderr).toMatch(/\(cannot-reach\)\n.*--connect/);
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as { port: number };
    expect(await run(['--connect', `amqp://127.0.0.1:${port}`], PING)).toMatchObject({ code: 4 });
    web.close();
    responder.behaviour = (arrival) => {
      arrival.incoming.release();
      arrival.finish();
    };
    expect(await run(['--timeout', '3s'], PING)).toMatchObject({ code: 4 });
  });

  test('exits with 5 when no answer comes, and tells how to find out', async () => {
    responder.behaviour = () => undefined;
    const { code, stderr } = await run(['--timeout', '3s'], PING);
    expect(code).toBe(5);
    const [{ batch }] = responder.arrivals as [(typeof responder.arrivals)[0]];
    expect(stderr).toMatch(/\(timed-out\)\n/);
    expect(stderr).toContain(`"id": "${batch.id}"`);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('stops waiting on %s', async (signal) => {
    responder.behaviour = () => undefined;
    const child = start([]);
    const ended = finish(child, PING);
    await waitUntil(() => responder.arrivals.length === 1);
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 5, stdout: '' });
    expect((await ended).stderr).toContain('(aborted)');
  });

  test('bears that nobody reads its output', async () => {
    responder.behaviour = async (arrival) => {
      await arrival.answer({ replies: [{ stdout_: 'x'.repeat(500_000) }] });
      arrival.accept();
    };
    const child = start([]);
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.end(PING);
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('prints help and version on standard output', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const text of ['--connect', '--no-reply', '-q', 'Exit codes', 'ARPA2AMQP_URL', 'batch.json']) {
      expect(help.stdout).toContain(text);
    }
    const version = await run(['--version']);
    expect(version.code).toBe(0);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
