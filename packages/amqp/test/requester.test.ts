import { describe, expect, test } from '@jest/globals';
import { serve, type AmqpMessage, type Incoming, type Service } from '../src/index.js';
import { RawPeer, RawServer, frame } from './raw-peer.js';
import { ADDRESS, attachNext, listening, requesting, take, welcome } from './requesting.js';
import { deferred, stderrOf, until } from './until.js';

describe('sends', () => {
  test('to an address that is not there', async () => {
    await using service = await listening();
    await using requester = await requesting(service.url);
    await expect(requester.send('/internetwide/arpa2.test/nobody', { body: Buffer.from('x') })).rejects.toMatchObject({
      code: 'amqp-not-found',
      condition: 'amqp:not-found',
    });
    await expect(requester.send(ADDRESS, { body: Buffer.from('x') })).resolves.toEqual({ kind: 'accepted' });
  });

  test('too large for the peer', async () => {
    await using service = await serve({
      address: ADDRESS,
      at: { listen: 'amqp://127.0.0.1:0' },
      slots: 1,
      maxMessageBytes: 1000,
      onDelivery: take,
    });
    await using requester = await requesting(service.url);
    await expect(requester.send(ADDRESS, { body: Buffer.alloc(1000) })).rejects.toMatchObject({
      code: 'amqp-too-large',
    });
    await expect(requester.send(ADDRESS, { body: Buffer.alloc(900) })).resolves.toEqual({ kind: 'accepted' });
  });

  test('large ones arrive whole, in parts', async () => {
    const bodies: Buffer[] = [];
    await using service = await listening((incoming) => {
      bodies.push(Buffer.from(incoming.message.body));
      take(incoming);
    });
    await using requester = await requesting(service.url);
    const body = Buffer.alloc(1_000_000, 'abcdefg');
    await requester.send(ADDRESS, { body });
    expect(bodies[0]?.equals(body)).toBe(true);
  });

  test('more at a time than a session of rhea holds', async () => {
    const held: Incoming[] = [];
    const count = 6000;
    await using service = await listening((incoming) => held.push(incoming), 'amqp://127.0.0.1:0', count);
    await using requester = await requesting(service.url, { limits: { maxQueued: count } });
    const outcomes = Array.from(
      { length: count },
      async () => await requester.send(ADDRESS, { body: Buffer.from('x') }),
    );
    await until(() => held.length === 4096, 'the window is full');
    for (let done = 0; done < count; done += 1) {
      await until(() => held.length > done, 'the next one came');
      take(held[done]!);
    }
    for (const outcome of await Promise.all(outcomes)) expect(outcome.kind).toBe('accepted');
  });

  test('waiting for credit can be aborted, are bounded in number, and go out in order', async () => {
    const held: Incoming[] = [];
    await using service = await listening((incoming) => held.push(incoming), 'amqp://127.0.0.1:0', 1);
    await using requester = await requesting(service.url, { limits: { maxQueued: 2 } });
    const controller = new AbortController();
    const send = async (text: string, signal?: AbortSignal) =>
      await requester.send(ADDRESS, { body: Buffer.from(text) }, signal === undefined ? {} : { signal });
    const first = send('first');
    await until(() => held.length === 1, 'the first one came');
    const aborted = send('aborted', controller.signal);
    const second = send('second');
    await expect(send('too many')).rejects.toMatchObject({ code: 'amqp-queue-full' });
    controller.abort(new Error('no longer wanted'));
    await expect(aborted).rejects.toThrow('no longer wanted');
    take(held[0]!);
    await first;
    await until(() => held.length === 2, 'the second one came');
    expect(held[1]!.message.body.toString()).toBe('second');
    take(held[1]!);
    await second;
  });

  test('more at a time than may wait in the socket go on as soon as it has room', async () => {
    const transfers = deferred<RawPeer>();
    await using server = await RawServer.listen(async (peer) => {
      await welcome(peer);
      await attachNext(peer, 0);
      await attachNext(peer, 1, { credit: 1000 });
      transfers.resolve(peer); // it says nothing more: no flow, no disposition
    });
    const requester = await requesting(server.url, { limits: { maxBufferedBytes: 1 } });
    const body = Buffer.alloc(3000);
    for (let index = 0; index < 50; index += 1) requester.send(ADDRESS, { body }).catch(() => undefined);
    const peer = await transfers.promise;
    await until(() => peer.arrived.filter(({ name }) => name === 'transfer').length === 50, 'all have arrived');
    requester.destroy();
  });

  test('are finished before close', async () => {
    const held: Incoming[] = [];
    await using service = await listening((incoming) => held.push(incoming), 'amqp://127.0.0.1:0', 1);
    const requester = await requesting(service.url);
    const outcomes = ['a', 'b', 'c'].map(async (text) => await requester.send(ADDRESS, { body: Buffer.from(text) }));
    await until(() => held.length === 1, 'the first one came');
    const closing = requester.close();
    for (let index = 0; index < 3; index += 1) {
      await until(() => held.length > index, 'the next one came');
      take(held[index]!);
    }
    await closing;
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toEqual({ kind: 'accepted' });
    await expect(requester.send(ADDRESS, { body: Buffer.from('x') })).rejects.toMatchObject({ code: 'amqp-closed' });
  });
});

describe('replies', () => {
  test('come for thousands of requests at a time', async () => {
    await using service = await listening((incoming) => {
      const { messageId = '', body } = incoming.message;
      incoming.answer({ correlationId: messageId, body }).catch(() => undefined);
      take(incoming);
    });
    const waiting = new Set<string>();
    const all = deferred<undefined>();
    await using requester = await requesting(service.url, {
      onReply: ({ correlationId }) => {
        waiting.delete(correlationId ?? '');
        if (waiting.size === 0) all.resolve(undefined);
      },
    });
    const sends: Promise<unknown>[] = [];
    for (let index = 0; index < 3000; index += 1) {
      waiting.add(`${index}`);
      sends.push(
        requester.send(ADDRESS, { messageId: `${index}`, replyTo: requester.replyTo, body: Buffer.from('x') }),
      );
    }
    await all.promise;
    await Promise.all(sends);
  });

  test('a throwing handler does not harm the connection', async () => {
    const replies: string[] = [];
    await using service = await listening((incoming) => {
      incoming.answer({ body: incoming.message.body }).catch(() => undefined);
      take(incoming);
    });
    await using requester = await requesting(service.url, {
      onReply: ({ body }) => {
        replies.push(body.toString());
        throw new Error('handler');
      },
    });
    for (const text of ['one', 'two'])
      await requester.send(ADDRESS, { replyTo: requester.replyTo, body: Buffer.from(text) });
    await until(() => replies.length === 2, 'both replies came');
  });
});

describe('a lost connection', () => {
  test('is made again, with another reply address, and every send is accounted for', async () => {
    const held: Incoming[] = [];
    let service: Service = await listening((incoming) => held.push(incoming));
    const { url } = service;
    const downs: string[] = [];
    const ups: string[] = [];
    await using requester = await requesting(url, {
      onDown: (error, isFinal) => downs.push(`${error.code} ${isFinal}`),
      onReconnect: (replyTo) => ups.push(replyTo),
    });
    const before = requester.replyTo;
    const message: AmqpMessage = { replyTo: before, body: Buffer.from('x') };
    const sent = Array.from({ length: 3 }, async () => await requester.send(ADDRESS, message));
    const settled = Promise.allSettled(sent);
    await until(() => held.length === 3, 'all arrived');
    service.destroy();
    for (const each of await settled) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'amqp-connection-lost', retryable: true } });
    }
    await expect(requester.send(ADDRESS, message)).rejects.toMatchObject({ code: 'amqp-connection-lost' });
    await until(() => downs.length === 1, 'it was told');
    service = await listening(take, url);
    await using _service = service;
    await until(() => ups.length === 1, 'it is up again');
    expect(ups[0]).toBe(requester.replyTo);
    expect(ups[0]).not.toBe(before);
    await expect(requester.send(ADDRESS, message)).rejects.toMatchObject({ code: 'amqp-connection-lost' });
    const fresh = { ...message, replyTo: requester.replyTo };
    await expect(requester.send(ADDRESS, fresh)).resolves.toEqual({ kind: 'accepted' });
    expect(downs).toEqual(['amqp-connection-lost false']);
  });

  test('is survived by listeners that throw', async () => {
    const service = await listening();
    let told = 0;
    const fail = (): never => {
      told += 1;
      throw new Error('listener');
    };
    await using requester = await requesting(service.url, { onDown: fail, onReconnect: fail });
    service.destroy();
    await until(() => told === 1, 'it was told');
    await using _again = await listening(take, service.url);
    await until(() => told === 2, 'it was told again');
    await expect(requester.send(ADDRESS, { body: Buffer.from('x') })).resolves.toEqual({ kind: 'accepted' });
  });

  test('is given up for good when this end is closed', async () => {
    let service = await listening();
    let ups = 0;
    const requester = await requesting(service.url, { onReconnect: () => (ups += 1) });
    let witnessed = 0;
    await using witness = await requesting(service.url, { onReconnect: () => (witnessed += 1) });
    service.destroy();
    await until(() => !requester.isUp && !witness.isUp, 'both are down');
    await requester.close();
    // Whoever is not given up comes back each time, with the same waits in between.
    for (let round = 1; round <= 4; round += 1) {
      service = await listening(take, service.url);
      await until(() => witnessed === round, 'the witness is up again');
      service.destroy();
      await until(() => !witness.isUp, 'the witness is down');
    }
    expect(ups).toBe(0);
  });

  test('tells why, when the peer says so', async () => {
    const told = deferred<{ code: string; condition: string | undefined }>();
    await using server = await RawServer.listen(async (peer) => {
      await welcome(peer);
      await attachNext(peer, 0);
      const error = RawPeer.error({ condition: 'amqp:connection:forced', description: 'maintenance' });
      peer.send(frame('close', { error }));
    });
    await using requester = await requesting(server.url, {
      reconnect: { initialMs: 5000 },
      onDown: (error) => told.resolve(error),
    });
    expect(await told.promise).toMatchObject({ code: 'amqp-peer-closed', condition: 'amqp:connection:forced' });
    requester.destroy();
  });

  test('is what a link without credit comes to', async () => {
    let connections = 0;
    await using server = await RawServer.listen(async (peer) => {
      connections += 1;
      await welcome(peer);
      await attachNext(peer, 0);
      await attachNext(peer, 1);
      await peer.closed;
    });
    const requester = await requesting(server.url, { limits: { sendTimeoutMs: 500 } });
    await expect(requester.send(ADDRESS, { body: Buffer.from('x') })).rejects.toMatchObject({ code: 'amqp-timeout' });
    await until(() => connections === 2, 'it connected again');
    requester.destroy();
  });

  test('is made on purpose before the ids of a session run out', async () => {
    let count = 0;
    await using service = await listening((incoming) => {
      count += 1;
      take(incoming);
    });
    let ups = 0;
    await using requester = await requesting(service.url, {
      limits: { maxTransfers: 50 },
      onReconnect: () => (ups += 1),
    });
    let accepted = 0;
    for (let sent = 0; sent < 120; sent += 1) {
      await until(() => requester.isUp, 'it is up');
      const outcome = await requester.send(ADDRESS, { body: Buffer.from('x') }).catch((error: unknown) => error);
      if ((outcome as { kind?: string }).kind === 'accepted') accepted += 1;
      else expect(outcome).toMatchObject({ code: 'amqp-connection-lost' });
    }
    expect(ups).toBeGreaterThanOrEqual(2);
    expect(accepted).toBeGreaterThanOrEqual(110);
    expect(count).toBeGreaterThanOrEqual(accepted);
  });

  test('is what a peer that breaks the rules gets, and nothing is printed', async () => {
    const printed = await stderrOf(async () => {
      const downs: string[] = [];
      await using server = await RawServer.listen(async (peer) => {
        await welcome(peer);
        await attachNext(peer, 0);
        await peer.next('flow');
        const payload = Buffer.from('do-not-print-this');
        peer.send(frame('transfer', { handle: 9, delivery_id: 0 }, { payload }));
      });
      const requester = await requesting(server.url, { onDown: (error) => downs.push(error.code) });
      await until(() => downs.length >= 2, 'it was dropped twice');
      expect(downs[0]).toBe('amqp-protocol');
      requester.destroy();
    });
    expect(printed).toBe('');
  });
});
