import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DaemonProcess, Realm, describeWith, runProgram } from '@arpa2amqp/testkit';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const OTHER_ADDRESS = '/internetwide/arpa2.test/lake';
const SERVICE = 'arpa2amqp/reservoir.arpa2.test';

const pong = [{ stdout_: 'pong6\n' }];
const failure = (code: string): unknown => ({
  stderr_: expect.any(String),
  error_: expect.objectContaining({ code }),
});

/** Peers made of python3-qpid-proton and python3-gssapi that speak the protocol of the original arpa2shell, to the built daemon. */
describeWith(['krb5kdc', 'python-peers'], 'a peer of the original protocol', () => {
  let realm: Realm;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    realm = await Realm.create({ users: ['demo'], services: [SERVICE, 'arpa2amqp/lake.arpa2.test'] });
    await realm.ticket('demo', { cache: realm.defaultCache });
    const shells = fileURLToPath(new URL('../shells/arpa2hello', import.meta.url));
    daemon = await DaemonProcess.start({
      args: [
        '--address',
        ADDRESS,
        '--keytab',
        realm.keytab(SERVICE),
        '--shells',
        shells,
        '--open',
        '--state',
        `${realm.directory}/state`,
      ],
      environment: realm.environment,
    });
  });

  afterAll(async () => {
    await daemon.close();
    await realm.close();
  });

  async function runPeer(script: string, args: readonly string[], input = ''): Promise<string> {
    const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
    // Debian's own interpreter, and no byte code left beside the sources.
    const { stdout } = await runProgram('/usr/bin/python3', ['-B', path, ...args], {
      environment: realm.environment,
      input,
    });
    return stdout;
  }

  /** Runs batches through one context of the original client; the replies of each. */
  async function runBatches(batches: readonly (readonly object[])[], ...options: string[]): Promise<unknown[]> {
    const input = batches.map((batch) => `${JSON.stringify(batch)}\n`).join('');
    const stdout = await runPeer('original_client.py', ['--url', daemon.url, '--to', ADDRESS, ...options], input);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }

  test.each([
    ['a uuid', []],
    ['a string', ['--string-ids']],
  ])('sends batches through one context that is named by %s', async (_what, options) => {
    const replies = await runBatches(
      [
        [{ do_: 'arpa2hello whoami' }, { do_: 'arpa2hello ping' }, { do_: ['arpa2hello', 'ping6'] }],
        [{ do_: 'arpa2hello greet in', language: 'nl' }],
        [{ do_: 'arpa2hello count', stdin_: 'one\ntwo three\n' }],
        [{ do_: 'arpa2hello ping6' }, { do_: 'arpa2hello nonsense' }],
        Array.from({ length: 1000 }, () => ({ do_: 'arpa2hello ping6' })),
      ],
      ...options,
    );
    expect(replies).toEqual([
      [
        { stdout_: expect.stringMatching(/^You are: {4}demo@arpa2\.test\nExpiration: /) },
        { stderr_: 'EPROTONOSUPPORT: Please upgrade to ping6\n', error_: { code: 'failed' } },
        ...pong,
      ],
      [{ headers_: [['Content-Language', 'nl']], greeting: 'Hallo, demo@arpa2.test!' }],
      [expect.objectContaining({ lines: expect.anything() })],
      [failure('not-run'), failure('unknown-command')],
      Array.from({ length: 1000 }, () => pong[0]),
    ]);
  });

  test('cannot break the rules, and is served all the same', async () => {
    const results = JSON.parse(await runPeer('misbehaving_client.py', [daemon.url, ADDRESS, OTHER_ADDRESS])) as unknown;
    expect(results).toEqual({
      two_contexts: [pong, pong, pong, pong, 0],
      context_named_by_message_id: [pong, pong, 0],
      // The library behind the peer asks for sequencing: the message after a gap is refused too.
      wrong_order: ['authentication-failed', 'replayed', pong, 0],
      repeated_message: [pong, 'replayed', pong, 0],
      garbage: [
        ...['context-unknown', 'context-unknown'],
        ...['authentication-failed', 'authentication-failed', 'authentication-failed', 'authentication-failed'],
        ...['bad-frame with an error frame', 'bad-frame with an error frame'],
        ...[pong, pong, 0],
      ],
      in_clear: ['authentication-failed', pong, 0],
      garbage_inside: [
        ...['not-json', 'not-utf8', 'not-json', 'invalid-batch', 'invalid-batch', 'syntax', 'duplicate-key'].map(
          (code) => [failure(code)],
        ),
        ...[pong, 0],
      ],
      batch_object: [pong, 'wrong-address', 'wrong-reply-to', pong, 0],
      replayed_token: [true, 'replayed with an error token', 'context-unknown', pong, 0],
      other_reply_address: ['context-unknown', 'bad-frame', pong, 0, 0],
      other_connection: ['context-unknown', 'bad-frame', pong, 0],
      no_context: ['context-unknown', pong, 0],
      other_body: [...Array<string>(2).fill('Decode a message: its body is no data section'), pong, 0],
      weak_contexts: ['weak-context', 'weak-context', pong, 0],
      other_service: ['authentication-failed with an error token', pong, 0],
    });
    expect(daemon.exitCode).toBeNull();
    expect(daemon.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    expect(daemon.log).not.toMatch(/ping6|pong6/);
  });
});
