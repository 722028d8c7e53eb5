import { BusError } from '@arpa2amqp/protocol';
import { describeWith, findFreePort, Realm, waitUntil } from '@arpa2amqp/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connect, type Client, type ConnectOptions } from '../src/index.js';
import { honest, HOST, Responder, SERVICE } from './responder.js';

const whoami = { do_: 'sh whoami' };

/** The error that a call ends with. */
async function failure(call: Promise<unknown>): Promise<BusError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof BusError) return error;
    throw error;
  }
  throw new Error('The call succeeded');
}

describeWith(['krb5kdc'], 'a client', () => {
  let realm: Realm;
  let ccache: string;
  let responder: Responder;
  let client: Client;

  const open = async (options: ConnectOptions = {}): Promise<Client> =>
    await connect({ url: responder.url, ccache, timeoutMs: 20_000, ...options });

  beforeAll(async () => {
    realm = await Realm.create({ users: ['demo'], services: [SERVICE] });
    realm.enter();
    ccache = `FILE:${await realm.ticket('demo')}`;
  });
  afterAll(async () => {
    await realm.close();
  });
  beforeEach(async () => {
    responder = await Responder.start(realm.keytab(SERVICE));
    client = await open();
  });
  afterEach(async () => {
    client.destroy();
    await responder.close();
  });

  test('gets one reply per command, in order', async () => {
    const replies = await client.run(HOST, [whoami, { do_: 'sh fail' }, { do_: ['sh', 'x'].join(' ') }], {
      atomic: true,
    });
    expect(replies).toEqual([
      { stdout_: 'sh whoami' },
      { stderr_: 'it failed\n', error_: { code: 'failed' } },
      { stdout_: 'sh x' },
    ]);
    const [{ batch, opened, incoming }] = responder.arrivals as [(typeof responder.arrivals)[0]];
    expect(opened.principal).toBe('demo@ARPA2.TEST');
    expect(batch).toMatchObject({ to: HOST, isAtomic: true, replyTo: incoming.message.replyTo });
    expect(incoming.message).toMatchObject({ contentType: 'application/vnd.arpa2.gss+json' });
    expect(incoming.message.durable ?? false).toBe(false);
    expect(incoming.message.ttlMs).toBeLessThanOrEqual(20_000);
  });

  test('gets its own tickets with a keytab, for the principal that is named', async () => {
    const service = 'worker/office.arpa2.test';
    await realm.addService(service);
    const keytab = realm.defaultKeytab;
    await using worker = await connect({ url: responder.url, keytab, principal: service });
    await using first = await connect({ url: responder.url, keytab: realm.keytab('demo') });
    await Promise.all([worker.run(HOST, [whoami]), worker.run(HOST, [whoami]), first.run(HOST, [whoami])]);
    const principals = responder.arrivals.map(({ opened }) => opened.principal).sort();
    expect(principals).toEqual(['demo@ARPA2.TEST', `${service}@ARPA2.TEST`, `${service}@ARPA2.TEST`]);
    await using stranger = await connect({ url: responder.url, keytab, principal: 'nobody' });
    expect((await failure(stranger.run(HOST, [whoami]))).code).toBe('no-ticket');
    await using absent = await connect({ url: responder.url, keytab: '/nonexistent', principal: service });
    expect((await failure(absent.run(HOST, [whoami]))).code).toBe('no-ticket');
  });

  test('runs hundreds of batches at once over one context', async () => {
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const replies = await Promise.all(numbers.map(async (n) => await client.run(HOST, [{ do_: `sh ${n}` }])));
    expect(replies).toEqual(numbers.map((n) => [{ stdout_: `sh ${n}` }]));
    expect(responder.contexts).toBe(1);
    expect(client.pendingCount).toBe(0);
  });

  test('takes answers in any order, and a batch too large for the main thread among small ones', async () => {
    const held: (() => Promise<void>)[] = [];
    responder.behaviour = async (arrival) => {
      held.unshift(async () => await honest(arrival));
      if (held.length === 20) for (const answer of held) await answer();
    };
    const stdin = 'x'.repeat(200_000);
    const batches = Array.from({ length: 20 }, (_, n) => ({
      do_: `sh ${n}`,
      ...(n % 7 === 3 ? { stdin_: stdin } : {}),
    }));
    const replies = await Promise.all(batches.map(async (command) => await client.run(HOST, [command])));
    expect(replies.flat().map(({ stdout_ }) => stdout_)).toEqual(batches.map(({ do_ }) => do_));
  });

  test('sends without asking for replies, each message able to stand alone', async () => {
    await Promise.all([client.send(HOST, [whoami]), client.send(HOST, [whoami])]);
    await responder.forgetContexts();
    await client.send(HOST, [whoami]);
    await waitUntil(() => responder.arrivals.length === 3);
    for (const { incoming, batch } of responder.arrivals) {
      expect(incoming.message).toMatchObject({ durable: true });
      expect(incoming.message.replyTo).toBeUndefined();
      expect(batch.replyTo).toBeUndefined();
    }
  });

  test('refuses an invalid batch before anything is sent', async () => {
    const tooMany = Array.from({ length: 1001 }, () => whoami);
    expect(await failure(client.run(HOST, tooMany))).toMatchObject({ code: 'too-many-commands', exitCode: 2 });
    expect(await failure(client.run(HOST, [{ do_: 'sh x', n: 1 }]))).toMatchObject({ code: 'invalid-batch' });
    expect(await failure(client.run('/elsewhere', [whoami]))).toMatchObject({ code: 'invalid-address', exitCode: 2 });
    const options = { batchID: 'x' } as object;
    expect((await failure(client.run(HOST, [whoami], options))).message).toContain('"batchId"');
    expect(responder.arrivals).toEqual([]);
  });

  test('opens a new context when the host has lost the old one, and keeps the batch id', async () => {
    await client.run(HOST, [whoami]);
    await responder.forgetContexts();
    const batchId = 'aaaaaaaa-0000-4000-8000-000000000001';
    const batches = Array.from({ length: 50 }, async (_, n) => await client.run(HOST, [{ do_: `sh ${n}` }]));
    expect(await client.run(HOST, [whoami], { batchId })).toEqual([{ stdout_: 'sh whoami' }]);
    expect((await Promise.all(batches)).flat()).toHaveLength(50);
    expect(responder.batchIds).toContain(batchId);
    expect(responder.contexts).toBe(1);
  });

  test('sends what is pending again after the connection was lost, once per batch on the host', async () => {
    responder.behaviour = () => undefined; // takes all, answers nothing
    const batches = Array.from({ length: 40 }, async (_, n) => await client.run(HOST, [{ do_: `sh ${n}` }]));
    await waitUntil(() => responder.arrivals.length === 40);
    const sent = responder.batchIds;
    const lost = new Set(responder.arrivals.map(({ batch }) => batch.replyTo));
    await responder.stop();
    responder.behaviour = honest;
    await responder.listen();
    expect((await Promise.all(batches)).flat().map(({ stdout_ }) => stdout_)).toEqual(batches.map((_, n) => `sh ${n}`));
    expect(responder.batchIds).toEqual(sent);
    const fresh = responder.arrivals.slice(40).map(({ batch }) => batch.replyTo);
    expect(fresh.filter((replyTo) => lost.has(replyTo))).toEqual([]);
  });

  test('bears that the host comes back without its contexts and answers late', async () => {
    await client.run(HOST, [whoami]);
    responder.behaviour = () => undefined;
    const batches = Array.from({ length: 40 }, async (_, n) => await client.run(HOST, [{ do_: `sh ${n}` }]));
    await waitUntil(() => responder.arrivals.length === 41);
    await responder.stop();
    await responder.forgetContexts();
    await responder.listen();
    await waitUntil(() => responder.arrivals.length === 81);
    // Longer than a client waits for the reason of a rejection: none of the first sendings may count any more.
    const arrivedMs = performance.now();
    await waitUntil(() => performance.now() - arrivedMs > 400);
    for (const arrival of responder.arrivals.slice(41)) await honest(arrival);
    expect((await Promise.all(batches)).flat()).toHaveLength(40);
  });

  test('takes batches while the connection is down', async () => {
    await responder.stop();
    const batch = client.run(HOST, [whoami]);
    await responder.listen();
    expect(await batch).toEqual([{ stdout_: 'sh whoami' }]);
  });

  test.each([
    ['another batch', { re: 'aaaaaaaa-0000-4000-8000-000000000000' }],
    ['another host', { from: '/internetwide/arpa2.test/other' }],
    ['more commands than were sent', { replies: [{}, {}] }],
    ['fewer commands than were sent', { replies: [] }],
  ])('refuses the answer to %s', async (_what, lies) => {
    responder.behaviour = async (arrival) => await arrival.answer(lies);
    expect(await failure(client.run(HOST, [whoami]))).toMatchObject({ code: 'security-failed', exitCode: 3 });
  });

  test('tells why the host could not take the batch as a whole', async () => {
    const replies = [
      { stderr_: 'The batch holds 2 commands, more than 1: split it\n', error_: { code: 'too-many-commands' } },
    ];
    responder.behaviour = async (arrival) => await arrival.answer({ replies });
    const error = await failure(client.run(HOST, [whoami, whoami]));
    expect(error).toMatchObject({ code: 'too-many-commands', exitCode: 2 });
    expect(error.message).toContain('more than 1');
  });

  test('never believes an error frame, and gives up in the end', async () => {
    responder.behaviour = async (arrival) => {
      await arrival.hint('context-unknown');
      arrival.accept();
    };
    const unknown = await failure(client.run(HOST, [whoami]));
    expect(unknown).toMatchObject({ code: 'refused', exitCode: 3 });
    expect(unknown.message).toMatch(/without proof.*not known/);
    expect(responder.arrivals.length).toBeLessThan(10);
    expect(responder.batchIds.size).toBe(1);
    responder.behaviour = async (arrival) => await arrival.hint('authentication-failed');
    expect(await failure(client.run(HOST, [whoami]))).toMatchObject({ code: 'refused' });
    responder.behaviour = honest;
    expect(await client.run(HOST, [whoami])).toHaveLength(1);
  });

  test('is not confused by answers that cannot be authenticated', async () => {
    const forge = async (arrival: (typeof responder.arrivals)[0]): Promise<void> => {
      const frame = Buffer.from(`a2010100${arrival.opened.contextId}00000000`, 'hex');
      await arrival.answerBytes(Buffer.from('garbage'));
      await arrival.answerBytes(Buffer.concat([frame, Buffer.alloc(100, 1)]));
      await arrival.answerBytes(Buffer.alloc(0));
    };
    responder.behaviour = async (arrival) => {
      await forge(arrival);
      await honest(arrival);
    };
    expect(await client.run(HOST, [whoami])).toEqual([{ stdout_: 'sh whoami' }]);
    responder.behaviour = forge;
    expect(await failure(client.run(HOST, [whoami], { timeoutMs: 500 }))).toMatchObject({ code: 'security-failed' });
  });

  test('offers a batch again that nobody took', async () => {
    let refusals = 0;
    responder.behaviour = async (arrival) => {
      if (refusals === 3) {
        await honest(arrival);
        return;
      }
      refusals += 1;
      arrival.incoming.release();
      arrival.finish();
    };
    expect(await client.run(HOST, [whoami])).toHaveLength(1);
    expect(responder.batchIds.size).toBe(1);
    responder.behaviour = (arrival) => {
      arrival.incoming.release();
      arrival.finish();
    };
    const error = await failure(client.run(HOST, [whoami], { timeoutMs: 700 }));
    expect(error).toMatchObject({ code: 'no-route', exitCode: 4, retryable: true });
  });

  test('tells why a message was rejected', async () => {
    responder.behaviour = (arrival) => {
      arrival.incoming.reject('amqp:unauthorized-access', 'not you');
      arrival.finish();
    };
    const error = await failure(client.run(HOST, [whoami]));
    expect(error).toMatchObject({ code: 'refused' });
    expect(error.message).toContain('"amqp:unauthorized-access" "not you"');
  });

  test('says that the outcome is not known when time is up, the wait is aborted, or it is destroyed', async () => {
    await client.run(HOST, [whoami]);
    responder.behaviour = (arrival) => {
      arrival.incoming.accept();
    };
    const late = await failure(client.run(HOST, [whoami], { timeoutMs: 1000 }));
    expect(late).toMatchObject({ code: 'timed-out', exitCode: 5 });
    expect(late.message).toContain('is not known');
    const abort = new AbortController();
    const aborted = failure(client.run(HOST, [whoami], { signal: abort.signal }));
    const destroyed = failure(client.run(HOST, [whoami]));
    await waitUntil(() => responder.arrivals.length === 4);
    abort.abort(new Error('enough'));
    expect(await aborted).toMatchObject({ code: 'aborted', exitCode: 5, cause: new Error('enough') });
    client.destroy();
    expect(await destroyed).toMatchObject({ code: 'unknown-outcome', exitCode: 5 });
    await client.close();
    expect(await failure(client.run(HOST, [whoami]))).toMatchObject({ code: 'closed' });
  });

  test('tells apart what was not sent from what may have run when the connection does not come back', async () => {
    let isDown = false;
    const ignore = (): void => undefined;
    const warn = (_fields: object, event: string): void => void (isDown ||= event === 'connection-down');
    await using watched = await open({ logger: { trace: ignore, debug: ignore, info: ignore, warn, error: ignore } });
    responder.behaviour = () => undefined;
    const sent = failure(watched.run(HOST, [whoami], { timeoutMs: 1500 }));
    await waitUntil(() => responder.arrivals.length === 1);
    await responder.stop();
    await waitUntil(() => isDown);
    expect(await failure(watched.run(HOST, [whoami], { timeoutMs: 300 }))).toMatchObject({
      code: 'cannot-reach',
      exitCode: 4,
    });
    expect(await sent).toMatchObject({ code: 'unknown-outcome', exitCode: 5 });
  });

  test('closes when what is pending is answered', async () => {
    const answers: (() => Promise<void>)[] = [];
    responder.behaviour = (arrival) => void answers.push(async () => await honest(arrival));
    const batch = client.run(HOST, [whoami]);
    await waitUntil(() => answers.length === 1);
    const closing = client.close();
    expect(await failure(client.run(HOST, [whoami]))).toMatchObject({ code: 'closed' });
    await answers[0]!();
    expect(await batch).toHaveLength(1);
    await closing;
  });

  test.each([{ isMutual: true }, { isRaw: true }])(
    'speaks with a host that proves itself first: %j',
    async (options) => {
      await using other = await open(options);
      const batches = Array.from({ length: 10 }, async (_, n) => await other.run(HOST, [{ do_: `sh ${n}` }]));
      expect((await Promise.all(batches)).flat().map(({ stdout_ }) => stdout_)).toEqual(
        batches.map((_, n) => `sh ${n}`),
      );
      await other.send(HOST, [whoami]).catch((error: unknown) => {
        // A raw host answers every message.
        expect([options.isRaw, (error as BusError).code]).toEqual([true, 'usage']);
      });
      expect(
        responder.arrivals.every(({ opened }) => opened.style === (options.isRaw === true ? 'raw' : 'framed')),
      ).toBe(true);
    },
  );

  test('never asks a raw host twice', async () => {
    await using raw = await open({ isRaw: true });
    responder.behaviour = () => undefined;
    const batch = failure(raw.run(HOST, [whoami]));
    await waitUntil(() => responder.arrivals.length === 1);
    await responder.stop();
    await responder.listen();
    expect(await batch).toMatchObject({ code: 'unknown-outcome' });
    responder.behaviour = honest;
    expect(await raw.run(HOST, [{ do_: 'sh again' }])).toEqual([{ stdout_: 'sh again' }]);
    expect(responder.arrivals).toHaveLength(2);
    expect(await failure(raw.run(HOST, [whoami], { atomic: true }))).toMatchObject({ code: 'usage' });
  });

  test('says what is missing of Kerberos', async () => {
    await using nobody = await open({ ccache: `FILE:${realm.freshCache()}` });
    expect(await failure(nobody.run(HOST, [whoami]))).toMatchObject({ code: 'no-ticket', exitCode: 3 });
    const stranger = '/internetwide/arpa2.test/stranger';
    expect(await failure(client.run(stranger, [whoami]))).toMatchObject({ code: 'unknown-service', exitCode: 3 });
    await using late = await open({ ccache: `FILE:${await realm.ticket('demo')}` });
    await realm.stopKdc();
    try {
      expect(await failure(late.run(HOST, [whoami]))).toMatchObject({ code: 'no-kdc', exitCode: 4 });
    } finally {
      await realm.startKdc();
    }
    expect(await client.run(HOST, [whoami])).toHaveLength(1);
  });

  test('says that nothing listens, and that connecting was aborted', async () => {
    const url = `amqp://127.0.0.1:${await findFreePort()}`;
    expect(await failure(connect({ url }))).toMatchObject({ code: 'cannot-reach', exitCode: 4 });
    const clear = responder.url.replace('amqp:', 'amqps:');
    expect(await failure(connect({ url: clear }))).toMatchObject({ code: 'cannot-reach' });
    expect(await failure(connect({ url, signal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' });
    expect(await failure(connect({ url: 'http://127.0.0.1' }))).toMatchObject({ code: 'usage', exitCode: 2 });
  });
});
