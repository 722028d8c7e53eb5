import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import rhea from 'rhea';
import { connect, type Client } from 'arpa2amqp';
import { encodeFrame, decodeFrame } from '@arpa2amqp/session';
import {
  describeWith,
  findFreePort,
  runProgram,
  waitUntil,
  type DaemonProcess,
  type LogLine,
} from '@arpa2amqp/testkit';
import { ADDRESS, BusWorld, writeShell } from './bus-world.js';
import { runClient, type Ended } from './client-program.js';
import { described, HandPeer } from './hand-peer.js';

// Programs are started by the dozen, which a busy machine does slowly.
jest.setTimeout(120_000);

const OTHER = 'arpa2amqp/other.arpa2.test';
/** Stands in everything that is bad: it must be in no log, and nothing that holds it may have run. */
const SECRET = 'hunter2';
const NOTE = { do_: 'bus note', text: SECRET };
const AN_HOUR_MS = 3_600_000;

const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
const isString = (value: unknown): value is string => typeof value === 'string';
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** The line of one refusal, or where there were many of its kind before, the one that counts the rest. */
const REFUSED: unknown = expect.stringMatching(/^(?:refused|suppressed)$/);

describeWith(['krb5kdc'], 'bad input', () => {
  let world: BusWorld;
  let daemon: DaemonProcess;
  let honest: Client;
  let peer: HandPeer;
  let notes = '';
  let honestNotes = 0;

  beforeAll(async () => {
    world = await BusWorld.create();
    notes = world.directory.file('notes');
    writeShell(world.shells, 'bus', { 'note <text>': `echo "$input" >> ${notes}; echo noted` });
    await world.realm.addService(OTHER);
    await world.realm.addUser('mallory');
    // The keytab has the keys of both services: the daemon is to accept for its own only.
    daemon = await world.startDaemon([...world.args, '--keytab', world.realm.defaultKeytab]);
    honest = await world.connect(daemon);
    peer = await HandPeer.open(daemon.url, { ccache: await world.realm.ticket('mallory') });
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** An honest batch: it is answered, and has run once when all is over. */
  const beHonest = async (): Promise<void> => {
    honestNotes += 1;
    const command = { do_: 'bus note', text: `honest-${honestNotes}.` };
    expect(await honest.run(ADDRESS, [command])).toEqual([{ stdout_: 'noted\n' }]);
  };
  /** How many events a line stands for: of many of one kind only some have a line of their own, and one counts the rest. */
  const eventsOf = ({ msg, lines }: LogLine): number => (msg === 'suppressed' ? Number(lines) : 1);
  const isHonest = ({ principal }: LogLine): boolean => principal === 'demo@ARPA2.TEST';

  /**
   * Does something bad while another client is served, and serves it again.
   *
   * @param events - that the log has of it in the end
   * @returns the lines
   */
  const amidHonest = async (bad: () => Promise<void>, events = 1): Promise<LogLine[]> => {
    // A batch is logged after it was answered.
    await waitUntil(() => daemon.lines.filter(isHonest).length === honestNotes, { what: 'the log of what was before' });
    const before = daemon.lines.length;
    const meanwhile = beHonest();
    try {
      await bad();
    } finally {
      await Promise.all([meanwhile, beHonest()]);
    }
    const count = (lines: readonly LogLine[]): number => lines.reduce((sum, line) => sum + eventsOf(line), 0);
    const logged = await waitUntil(
      () => {
        const all = daemon.lines.slice(before);
        const ours = all.filter((line) => !isHonest(line));
        return all.length - ours.length === 2 && count(ours) >= events && ours;
      },
      { what: 'the lines of the log', timeoutMs: 20_000 },
    );
    expect(count(logged)).toBe(events);
    return logged;
  };

  test.each<[string, string, () => string | Buffer | object]>([
    ['not JSON', 'not-json', () => `[{"do_":"bus note","text":"${SECRET}"`],
    ['nothing', 'not-json', () => ''],
    ['not UTF-8', 'not-utf8', () => Buffer.from(JSON.stringify(peer.batch({ commands: [NOTE] })) + '\xff', 'latin1')],
    ['a number', 'invalid-batch', () => '42'],
    ['a string', 'invalid-batch', () => `"${SECRET}"`],
    ['null', 'invalid-batch', () => 'null'],
    ['no command', 'invalid-batch', () => '[]'],
    ['a batch without commands', 'invalid-batch', () => peer.batch({ commands: [] })],
    ['commands of a wrong type', 'invalid-batch', () => peer.batch({ commands: { 0: NOTE } })],
    ['an id of a wrong type', 'invalid-batch', () => peer.batch({ id: 7, commands: [NOTE] })],
    ['a time of a wrong type', 'invalid-batch', () => peer.batch({ issued: 0, commands: [NOTE] })],
    ['an unknown key', 'invalid-batch', () => peer.batch({ comands: [], commands: [NOTE] })],
    ['more than a day to live', 'invalid-batch', () => peer.batch({ expires: at(25 * AN_HOUR_MS), commands: [NOTE] })],
    ['1,001 commands', 'too-many-commands', () => peer.batch({ commands: times(1001, NOTE) })],
    ['depth 33', 'too-deep', () => '['.repeat(33) + `"${SECRET}"` + ']'.repeat(33)],
    ['a key twice', 'duplicate-key', () => `[{"do_":"bus note","text":"x","text":"${SECRET}"}]`],
    ['an escaped key twice', 'duplicate-key', () => `[{"do_":"bus note","text":"x","te\\u0078t":"${SECRET}"}]`],
    ['a lone surrogate', 'invalid-batch', () => `[{"do_":"bus note","text":"${SECRET}\\ud800"}]`],
  ])('sealed: %s is one reply %s', async (_what, code, make) => {
    const made = make();
    const plaintext = typeof made === 'string' || Buffer.isBuffer(made) ? made : JSON.stringify(made);
    const [line] = await amidHonest(async () => {
      const { outcome, replies } = await peer.ask(plaintext);
      expect(outcome).toEqual({ kind: 'accepted' });
      expect(replies).toEqual([{ stderr_: expect.stringMatching(/^[A-Z][^\n]+\n$/), error_: { code } }]);
    });
    expect(line).toMatchObject({ msg: 'batch', principal: 'mallory@ARPA2.TEST', errors: { [code]: 1 } });
  });

  test.each<[string, string, unknown, RegExp]>([
    ['an unknown shell', 'unknown-shell', { do_: `sub note`, text: SECRET }, /"sub".*the host has bus/],
    ['an unknown command', 'unknown-command', { do_: 'bus noet', text: SECRET }, /"noet"/],
    ['an unknown variable', 'syntax', { ...NOTE, txet: SECRET }, /"txet"/],
    ['a missing variable', 'syntax', { do_: 'bus note' }, /text/],
    ['a number instead of a string', 'syntax', { do_: 'bus note', text: 42 }, /"text".*a number/],
    ['null instead of a string', 'syntax', { do_: 'bus note', text: null }, /"text".*null/],
    ['a number instead of a command', 'syntax', 42, /must be an object/],
    ['an unknown reserved key', 'syntax', { ...NOTE, undo_: 'x' }, /"undo_"/],
    ['no do_', 'syntax', { text: SECRET }, /needs "do_"/],
    ['an empty do_', 'syntax', { do_: [], text: SECRET }, /name of a shell/],
    ['a NUL in a value', 'syntax', { do_: 'bus note', text: `${SECRET}\0` }, /NUL/],
    ['a NUL in a word', 'unknown-command', { do_: ['bus', 'note\0'], text: SECRET }, /note/],
    ['stdin_ too large', 'too-large', { ...NOTE, stdin_: SECRET.repeat(75_000) }, /"stdin_" is larger than 524288/],
  ])('sealed: %s is a reply %s, and nothing of its batch runs', async (_what, code, command, words) => {
    const batch = peer.batch({ commands: [NOTE, command, NOTE] });
    const [line] = await amidHonest(async () => {
      const { outcome, re, replies } = await peer.ask(JSON.stringify(batch));
      expect(outcome).toEqual({ kind: 'accepted' });
      expect(re).toBe(batch['id']);
      const notRun = { stderr_: expect.stringContaining('command 2'), error_: { code: 'not-run' } };
      expect(replies).toEqual([notRun, { stderr_: expect.stringMatching(words), error_: expect.anything() }, notRun]);
      expect(replies[1]?.error_?.code).toBe(code);
    });
    expect(line).toMatchObject({ msg: 'batch', batch: batch['id'], errors: { 'not-run': 2, [code]: 1 } });
  });

  test.each<[string, string, () => object]>([
    ['expired', 'expired', () => ({ issued: at(-AN_HOUR_MS), expires: at(-1000) })],
    ['issued in the future', 'issued-in-future', () => ({ issued: at(AN_HOUR_MS), expires: at(2 * AN_HOUR_MS) })],
    ['atomic', 'unsupported', () => ({ atomic: true })],
    ['to be confirmed', 'unsupported', () => ({ confirm: 10 })],
    ['a dry run', 'unsupported', () => ({ dryRun: true })],
  ])('sealed: a batch that is %s does not run', async (_what, code, changes) => {
    const batch = peer.batch({ ...changes(), commands: [NOTE, NOTE] });
    const [line] = await amidHonest(async () => {
      const { re, replies } = await peer.ask(JSON.stringify(batch));
      expect(re).toBe(batch['id']);
      expect(replies).toEqual(times(2, { stderr_: expect.stringMatching(/^[A-Z].*\n$/), error_: { code } }));
    });
    expect(line).toMatchObject({ msg: 'batch', errors: { [code]: 2 } });
  });

  test.each<[string, string, object]>([
    ['a batch for another host', 'wrong-address', { to: '/internetwide/arpa2.test/lake' }],
    ['a changed reply-to', 'wrong-reply-to', { replyTo: '/somewhere/else' }],
    ['an added reply-to', 'wrong-reply-to', { replyTo: undefined }],
  ])('misdirected: %s is rejected as %s', async (_what, reason, changes) => {
    const body = await peer.seal(JSON.stringify(peer.batch({ ...changes, commands: [NOTE] })));
    const [line] = await amidHonest(async () => {
      expect(await peer.sendRefused(body)).toEqual({
        outcome: `amqp:unauthorized-access ${reason}`,
        frame: reason,
      });
    });
    expect(line).toMatchObject({ level: 'warn', msg: REFUSED, reason, principal: 'mallory@ARPA2.TEST' });
  });

  test('misdirected: a removed reply-to is rejected', async () => {
    const body = await peer.seal(JSON.stringify(peer.batch({ commands: [NOTE] })));
    const [line] = await amidHonest(async () => {
      const { outcome } = await peer.send(body, { isOneWay: true });
      expect(described(outcome)).toBe('amqp:unauthorized-access wrong-reply-to');
    });
    expect(line).toMatchObject({ level: 'warn', msg: REFUSED, reason: 'wrong-reply-to' });
  });

  const sealedNote = async (): Promise<Buffer> =>
    await peer.sealFirst(JSON.stringify(peer.batch({ commands: [NOTE] })));
  /** A frame of which one byte is another. */
  const changed = async (offset: number, value: number): Promise<Buffer> => {
    const body = await sealedNote();
    body[offset] = value;
    return body;
  };

  test.each<[string, string, () => Promise<Buffer>]>([
    ['of another version', 'unsupported-version', async () => await changed(1, 2)],
    ['of an unknown kind', 'bad-frame', async () => await changed(2, 0x55)],
    ['with a reserved byte', 'bad-frame', async () => await changed(3, 1)],
    ['with a token as long as can be', 'bad-frame', async () => await changed(20, 0xff)],
    ['with a damaged token', 'authentication-failed', async () => await changed(300, 0)],
    ['with a damaged payload', 'authentication-failed', async () => (await sealedNote()).fill(0, 1000)],
    ['in clear', 'bad-frame', async () => await Promise.resolve(Buffer.from(JSON.stringify([NOTE])))],
    [
      'of random bytes',
      'bad-frame',
      async () => await Promise.resolve(Buffer.concat([Buffer.of(1), randomBytes(999)])),
    ],
    ['of no bytes', 'bad-frame', async () => await Promise.resolve(Buffer.alloc(0))],
  ])('frame: one %s is rejected as %s', async (_what, reason, make) => {
    const body = await make();
    const [line] = await amidHonest(async () => {
      expect(await peer.sendRefused(body)).toEqual({ outcome: `amqp:unauthorized-access ${reason}`, frame: reason });
    });
    expect(line).toMatchObject({ level: 'warn', msg: REFUSED, reason });
  });

  // To hint at an error with an error frame would make two daemons talk for ever; raw peers know none.
  test.each<[string, string, () => Buffer]>([
    [
      'an error frame',
      'bad-frame',
      () => encodeFrame({ kind: 'error', contextId: '0'.repeat(32), payload: Buffer.from(SECRET) }),
    ],
    [
      'a bare token that is none',
      'authentication-failed',
      () => Buffer.concat([Buffer.of(0x60), Buffer.from(SECRET.repeat(50))]),
    ],
    ['a bare wrap token out of nowhere', 'context-unknown', () => Buffer.from(`\x05\x04${SECRET.repeat(9)}`)],
  ])('frame: %s is rejected as %s, without an answer', async (_what, reason, make) => {
    const [line] = await amidHonest(async () => {
      const { outcome } = await peer.send(make());
      expect(described(outcome)).toBe(`amqp:unauthorized-access ${reason}`);
    });
    expect(peer.unread).toBe(0);
    expect(line).toMatchObject({ level: 'warn', msg: REFUSED, reason });
  });

  test('frame: one truncated at any length, or with a token cut short, is rejected, spoils nothing, and fills no log', async () => {
    // A daemon of its own: how much is logged depends on what was just before.
    const flooded = await world.startDaemon();
    const other = await world.connect(flooded);
    await using flooding = await HandPeer.open(flooded.url, { ccache: await world.realm.ticket('mallory') });
    const isServed = async (): Promise<void> => {
      expect(await other.run(ADDRESS, [{ do_: 'bus ping6' }])).toEqual([{ stdout_: 'pong6\n' }]);
    };
    const refused = async (frame: Buffer): Promise<string> => (await flooding.sendRefused(frame)).frame ?? 'none';
    const body = await flooding.sealFirst(JSON.stringify(flooding.batch()));
    const { token, payload } = decodeFrame(body);
    const tokenEnd = 24 + token.length;
    const reasons: string[] = [];
    for (let length = 0; length < body.length; length += 50) {
      const lengths = times(Math.min(50, body.length - length), 0).map((_, index) => length + index);
      const answers = lengths.map(async (end) => await refused(Buffer.from(body.subarray(0, end))));
      reasons.push(...(await Promise.all([...answers, ...(length % 500 === 0 ? [isServed()] : [])])).filter(isString));
    }
    expect(reasons.slice(0, tokenEnd + 1)).toEqual(times(tokenEnd + 1, 'bad-frame'));
    expect(reasons.slice(tokenEnd + 1)).toEqual(times(body.length - tokenEnd - 1, 'authentication-failed'));
    expect((await flooding.askSealed(body)).replies).toEqual([{ stdout_: 'pong6\n' }]);
    const cuts = times(20, 0).map((_, index) => Math.floor((token.length * (index + 1)) / 21));
    for (const length of cuts) {
      const contextId = randomBytes(16).toString('hex');
      const cut = encodeFrame({ kind: 'payload', contextId, token: token.subarray(0, length), payload });
      expect(await refused(cut)).toBe('authentication-failed');
    }
    await isServed();
    flooded.signal('SIGTERM');
    await waitUntil(() => flooded.exitCode !== null, { what: 'the end of the daemon' });
    const isOf = ({ msg, event }: LogLine): boolean => (msg === 'suppressed' ? event : msg) === 'refused';
    const logged = flooded.lines.filter(isOf);
    expect(logged.reduce((sum, line) => sum + eventsOf(line), 0)).toBe(body.length + cuts.length);
    expect(logged.length).toBeLessThan(100);
  });

  test('frame: the same one twice is opened once', async () => {
    const body = await peer.sealFirst(JSON.stringify(peer.batch()));
    await amidHonest(async () => {
      expect((await peer.askSealed(body)).replies).toEqual([{ stdout_: 'pong6\n' }]);
    });
    const [line] = await amidHonest(async () => {
      expect(await peer.sendRefused(body)).toMatchObject({ frame: 'replayed' });
    });
    expect(line).toMatchObject({ msg: REFUSED, reason: 'replayed' });
  });

  test('a token for another service is rejected, though its key is in the keytab', async () => {
    const ccache = await world.realm.ticket('mallory');
    await using lost = await HandPeer.open(daemon.url, { ccache, host: 'other.arpa2.test' });
    const body = await lost.seal(JSON.stringify(lost.batch({ commands: [NOTE] })));
    const [line] = await amidHonest(async () => {
      expect(await lost.sendRefused(body)).toMatchObject({ frame: 'authentication-failed' });
    });
    expect(line).toMatchObject({ level: 'warn', msg: REFUSED, reason: 'authentication-failed' });
  });

  test('a message larger than the limit is rejected by the link', async () => {
    const { port } = new URL(daemon.url);
    const connection = rhea.create_container().connect({ host: '127.0.0.1', port: Number(port), reconnect: false });
    try {
      const [line] = await amidHonest(async () => {
        const sender = connection.open_sender(ADDRESS);
        const signal = AbortSignal.timeout(10_000);
        await once(sender, 'sendable', { signal });
        const body: unknown = rhea.message.data_section(Buffer.alloc(2 * 1024 * 1024, SECRET));
        const rejected = once(sender, 'rejected', { signal });
        sender.send({ body });
        const [{ delivery }] = (await rejected) as [rhea.EventContext];
        const { error } = delivery?.remote_state as unknown as { error: { condition: string; description: string } };
        expect(error.condition).toBe('amqp:link:message-size-exceeded');
        expect(error.description).toMatch(/larger than 1048576 bytes/);
      });
      expect(line).toMatchObject({ level: 'warn', condition: 'amqp:link:message-size-exceeded' });
    } finally {
      connection.close();
    }
  });

  /** Runs the client as the user mallory does. */
  const runCli = async (
    args: readonly string[],
    input: string | Buffer = JSON.stringify([NOTE]),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ended> =>
    await runClient(args, {
      input,
      environment: { ...world.realm.environment, ARPA2AMQP_URL: daemon.url, ARPA2AMQP_TO: ADDRESS, ...environment },
    });
  /** One line with the code at its end, and at most one of advice. */
  const complaint = (code: string): unknown =>
    expect.stringMatching(new RegExp(`^arpa2amqp: [A-Z][^\\n]+ \\(${code}\\)\\n(  [A-Z][^\\n]+\\n)?$`));

  test('the program refuses it before anything is sent: exit code 2, one line', async () => {
    const cases: [string, string[], string | Buffer][] = [
      ['usage', ['/nowhere/batch.json'], ''],
      ['usage', ['--tymeout', '3s'], JSON.stringify([NOTE])],
      ['not-json', [], `[{"do_":"bus note","text":"${SECRET}"`],
      ['invalid-batch', [], ''],
      ['invalid-batch', [], '[]'],
      ['invalid-batch', [], '42'],
      ['not-utf8', [], Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])],
      ['too-many-commands', [], JSON.stringify(times(1001, NOTE))],
      ['too-deep', [], '['.repeat(33) + ']'.repeat(33)],
      ['duplicate-key', [], `[{"do_":"bus note","text":"x","text":"${SECRET}"}]`],
      ['invalid-batch', [], '[{"do_":"bus note","text":42}]'],
      ['invalid-batch', [], JSON.stringify([{ ...NOTE, stdin_: SECRET.repeat(75_000) }])],
    ];
    await amidHonest(async () => {
      const ended = await Promise.all(cases.map(async ([, args, input]) => await runCli(args, input)));
      expect(ended).toEqual(cases.map(([code]) => ({ code: 2, stdout: '', stderr: complaint(code) })));
      expect(ended.map(({ stderr }) => stderr).join('')).not.toContain(SECRET);
    }, 0);
  });

  test('the program: what only the host can tell is a reply, exit code 1', async () => {
    const logged = await amidHonest(async () => {
      const ended = await runCli([], JSON.stringify([{ do_: 'bus noet', text: SECRET }, NOTE]), {
        KRB5CCNAME: `FILE:${await world.realm.ticket('mallory')}`,
      });
      expect(ended).toMatchObject({ code: 1, stderr: '' });
      expect(JSON.parse(ended.stdout)).toMatchObject([
        { error_: { code: 'unknown-command' } },
        { error_: { code: 'not-run' } },
      ]);
    });
    expect(logged).toMatchObject([{ msg: 'batch' }]);
  });

  test('the program without a usable ticket: exit codes 3 and 4', async () => {
    const { realm } = world;
    const short = await realm.ticket('mallory', { lifetimeSeconds: 3 });
    await using client = await connect({ url: daemon.url, ccache: `FILE:${short}` });
    await amidHonest(async () => {
      expect(await client.run(ADDRESS, [{ do_: 'bus ping6' }])).toEqual([{ stdout_: 'pong6\n' }]);
    });
    const ticket = await realm.ticket('mallory');
    const cache = (file: string): Record<string, string> => ({ KRB5CCNAME: `FILE:${file}` });
    const isValid = async (file: string): Promise<boolean> =>
      await runProgram('klist', ['-s', '-c', `FILE:${file}`]).then(
        () => true,
        () => false,
      );
    await amidHonest(async () => {
      const none = await runCli([], undefined, cache(realm.freshCache()));
      expect(none).toEqual({ code: 3, stdout: '', stderr: complaint('no-ticket') });
      await waitUntil(async () => !(await isValid(short)), { what: 'the end of a ticket', everyMs: 100 });
      const expired = await runCli([], undefined, cache(short));
      expect(expired).toEqual({ code: 3, stdout: '', stderr: complaint('ticket-expired') });
      await expect(client.run(ADDRESS, [NOTE])).rejects.toMatchObject({ code: 'ticket-expired' });
      const unknown = await runCli(['--to', '/internetwide/arpa2.test/lake'], undefined, cache(ticket));
      expect(unknown).toEqual({ code: 3, stdout: '', stderr: complaint('unknown-service') });
      await realm.stopKdc();
      try {
        const noKdc = await runCli([], undefined, cache(await copyOf(ticket)));
        expect(noKdc).toEqual({ code: 4, stdout: '', stderr: complaint('no-kdc') });
      } finally {
        await realm.startKdc();
      }
    }, 0);
    const [line] = await amidHonest(async () => {
      const refused = await runCli(['--service', 'arpa2amqp@other.arpa2.test'], undefined, cache(ticket));
      expect(refused).toEqual({ code: 3, stdout: '', stderr: complaint('refused') });
      expect(refused.stderr).toContain('authentication-failed');
    });
    expect(line).toMatchObject({ msg: REFUSED, reason: 'authentication-failed' });
  });

  /** A cache with the first ticket only, without those of services. */
  const copyOf = async (ticket: string): Promise<string> => {
    const copy = world.realm.freshCache('mallory');
    await runProgram('cp', [ticket, copy]);
    return copy;
  };

  /** Starts a server that is not the daemon. */
  const strange = async (server: Server): Promise<{ port: number } & Disposable> => {
    const sockets = new Set<{ destroy(): void }>();
    server.on('connection', (socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      port,
      [Symbol.dispose]: () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    };
  };

  test('the program without a daemon at the other end: exit code 4, in time', async () => {
    const [key, cert] = [world.directory.file('key.pem'), world.directory.file('cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await runProgram('openssl', ['req', '-x509', ...curve, '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', cert]);
    using silent = await strange(createServer());
    using web = await strange(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
      }),
    );
    using closing = await strange(createServer((socket) => socket.destroy()));
    using tls = await strange(createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }));
    const cases: [string, string][] = [
      ['no daemon', `amqp://127.0.0.1:${await findFreePort()}`],
      ['a port that stays silent', `amqp://127.0.0.1:${silent.port}`],
      ['TLS to a port that stays silent', `amqps://127.0.0.1:${silent.port}`],
      ['a web server', `amqp://127.0.0.1:${web.port}`],
      ['a port that hangs up', `amqp://127.0.0.1:${closing.port}`],
      ['a TLS port spoken to in clear', `amqp://127.0.0.1:${tls.port}`],
      ['a certificate of nobody', `amqps://127.0.0.1:${tls.port}`],
    ];
    await amidHonest(async () => {
      const ended = await Promise.all(
        cases.map(async ([what, url]) => ({ what, ...(await runCli(['--timeout', '2s', '--connect', url])) })),
      );
      expect(ended).toEqual(cases.map(([what]) => ({ what, code: 4, stdout: '', stderr: complaint('cannot-reach') })));
    }, 0);
    const startedMs = performance.now();
    const [line] = await amidHonest(async () => {
      const url = daemon.url.replace('amqp:', 'amqps:');
      const ended = await runCli(['--timeout', '2s', '--connect', url]);
      expect(ended).toEqual({ code: 4, stdout: '', stderr: complaint('cannot-reach') });
    });
    expect(performance.now() - startedMs).toBeLessThan(9000); // a handshake may take 10 s, the batch but 2 s
    expect(line).toMatchObject({ level: 'warn' });
  });

  test('in the end: every honest batch ran once, nothing bad ran, nothing of it was logged, nothing broke', async () => {
    await beHonest();
    const text = readFileSync(notes, 'utf8');
    const ran = [...text.matchAll(/honest-(\d+)\./g)].map(([, number]) => Number(number));
    expect(new Set(ran).size).toBe(honestNotes);
    expect(text.split('\n')).toHaveLength(honestNotes + 1);
    expect(text).not.toContain(SECRET);
    expect(daemon.log).not.toContain(SECRET);
    expect(daemon.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    expect(daemon.log.split('\n')).toHaveLength(daemon.lines.length + 1);
    expect(daemon.exitCode).toBeNull();
  });
});
