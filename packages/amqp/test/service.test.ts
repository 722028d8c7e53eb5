import { describe, expect, test } from '@jest/globals';
import {
  openRequester,
  serve,
  type AmqpMessage,
  type Incoming,
  type Outcome,
  type ServeOptions,
  type Service,
} from '../src/index.js';
import { encodeMessage } from '../src/message-encoder.js';
import { RawPeer, frame } from './raw-peer.js';
import { deferred, until } from './until.js';

const ADDRESS = '/internetwide/arpa2.test/reservoir';

/** A service whose deliveries the test settles. */
async function listening(options: Partial<ServeOptions> = {}): Promise<{ service: Service; taken: Incoming[] }> {
  const taken: Incoming[] = [];
  const service = await serve({
    address: ADDRESS,
    at: { listen: 'amqp://127.0.0.1:0' },
    slots: 4,
    onDelivery: (incoming) => taken.push(incoming),
    ...options,
  });
  return { service, taken };
}

function message(body: string, fields: Omit<AmqpMessage, 'body'> = {}): Buffer {
  return encodeMessage({ ...fields, body: Buffer.from(body) });
}

async function attached(service: Service): Promise<RawPeer> {
  const peer = await RawPeer.open(service.url);
  await peer.begin();
  await peer.attachSender(ADDRESS);
  return peer;
}

describe('credit', () => {
  test('is the number of free slots, and comes back with done() only', async () => {
    const { service, taken } = await listening();
    await using _service = service;
    using peer = await attached(service);
    expect((await peer.next('flow')).fields[6]?.value).toBe(4);
    for (let id = 0; id < 4; id += 1) peer.transfer(id, message(`${id}`));
    await until(() => taken.length === 4, 'all arrived');
    for (const incoming of taken) incoming.accept();
    await peer.next('disposition');
    expect(service.stats).toMatchObject({ busy: 4, credit: 0 });
    expect(peer.arrived.filter(({ name }) => name === 'flow')).toEqual([]);
    taken[0]!.done();
    expect((await peer.next('flow')).fields[6]?.value).toBe(1);
  });

  test('reaches every peer when there are more peers than slots', async () => {
    const { service, taken } = await listening({ slots: 1 });
    await using _service = service;
    const peers = await Promise.all([attached(service), attached(service), attached(service)]);
    for (const peer of peers) {
      expect((await peer.next('flow')).fields[6]?.value).toBe(1);
      peer.transfer(0, message('mine'));
    }
    await until(() => service.stats.waiting === 2, 'two wait');
    for (let count = 1; count <= 3; count += 1) {
      await until(() => taken.length === count, 'the next one began');
      taken[count - 1]!.accept();
      taken[count - 1]!.done();
    }
    for (const peer of peers) {
      await peer.next('disposition');
      peer.socket.destroy();
    }
  });

  test('is not used up by a peer that went away', async () => {
    const { service, taken } = await listening({ slots: 2 });
    await using _service = service;
    const gone = await attached(service);
    await gone.next('flow');
    gone.transfer(0, message('x'));
    await until(() => taken.length === 1, 'it arrived');
    gone.socket.destroy();
    await until(() => service.stats.links === 0, 'the link is gone');
    using peer = await attached(service);
    expect((await peer.next('flow')).fields[6]?.value).toBe(1);
    taken[0]!.accept(); // nobody there any more
    taken[0]!.done();
    expect((await peer.next('flow')).fields[6]?.value).toBe(2);
  });

  test('one stuck message among 5,000 holds nobody up', async () => {
    let stuck: Incoming | null = null;
    const { service } = await listening({
      onDelivery: (incoming) => {
        if (stuck === null) stuck = incoming;
        else {
          incoming.accept();
          incoming.done();
        }
      },
    });
    await using _service = service;
    await using requester = await openRequester({ url: service.url, onReply: () => undefined });
    const first = requester.send(ADDRESS, { body: Buffer.from('stuck') });
    for (let sent = 0; sent < 5000; sent += 100) {
      await Promise.all(
        Array.from({ length: 100 }, async () => await requester.send(ADDRESS, { body: Buffer.from('x') })),
      );
    }
    (stuck as Incoming | null)?.accept();
    await expect(first).resolves.toEqual({ kind: 'accepted' });
  });
});

describe('answers', () => {
  test('go to reply links of the same connection, and nowhere else', async () => {
    const { service, taken } = await listening({ slots: 16 });
    await using _service = service;
    using peer = await attached(service);
    using other = await attached(service);
    const mine = await peer.attachReplies();
    const theirs = await other.attachReplies();
    expect(theirs).not.toBe(mine);
    for (const [id, replyTo] of [mine, theirs, ADDRESS, `${mine}x`].entries()) {
      peer.transfer(id, message('ask', { replyTo }));
    }
    await until(() => taken.length === 4, 'all arrived');
    const answer = { body: Buffer.from('answer') };
    const answered = taken[0]!.answer(answer);
    await peer.next('transfer');
    peer.send(frame('disposition', { role: true, first: 0, settled: true, state: RawPeer.accepted() }));
    await expect(answered).resolves.toEqual({ kind: 'accepted' });
    for (const incoming of taken.slice(1)) {
      await expect(incoming.answer(answer)).rejects.toMatchObject({ code: 'amqp-bad-reply-to' });
    }
    taken[0]!.done();
    peer.transfer(4, message('no reply wanted'));
    await until(() => taken.length === 5, 'it arrived');
    await expect(taken[4]!.answer(answer)).rejects.toMatchObject({ code: 'amqp-bad-reply-to' });
  });

  test('that cannot be encoded are told as a rejection, not thrown', async () => {
    const answered = deferred<Promise<Outcome>>();
    await using service = await serve({
      address: ADDRESS,
      at: { listen: 'amqp://127.0.0.1:0' },
      slots: 4,
      onDelivery: (incoming) => {
        const answering = incoming.answer({ contentType: 'smile ☺', body: Buffer.from('x') });
        answering.catch(() => undefined);
        answered.resolve(answering);
      },
    });
    using peer = await attached(service);
    peer.transfer(0, message('ask', { replyTo: await peer.attachReplies() }));
    await expect(answered.promise).rejects.toMatchObject({ code: 'amqp-bad-message' });
  });

  test('carry the type of the id of the request', async () => {
    const { service, taken } = await listening();
    await using _service = service;
    using peer = await attached(service);
    const replyTo = await peer.attachReplies();
    peer.transfer(0, message('ask', { messageId: 'AMQP_UUID:00112233445566778899aabbccddeeff', replyTo }));
    await until(() => taken.length === 1, 'it arrived');
    void taken[0]!
      .answer({ correlationId: taken[0]!.message.messageId!, body: Buffer.from('x') })
      .catch(() => undefined);
    const { payload } = await peer.next('transfer');
    expect(payload?.includes(Buffer.from('9800112233445566778899aabbccddeeff', 'hex'))).toBe(true);
  });

  test('to somebody who does not take them wait, in number and time', async () => {
    const { service, taken } = await listening({ slots: 3, limits: { maxQueued: 2, sendTimeoutMs: 1500 } });
    await using _service = service;
    using peer = await attached(service);
    const replyTo = await peer.attachReplies({ credit: 0 });
    for (let id = 0; id < 3; id += 1) peer.transfer(id, message('ask', { replyTo }));
    await until(() => taken.length === 3, 'all arrived');
    const answers = taken.map(async (incoming) => await incoming.answer({ body: Buffer.from('answer') }));
    await expect(answers[2]).rejects.toMatchObject({ code: 'amqp-queue-full', retryable: true });
    const late = await Promise.allSettled(answers.slice(0, 2));
    expect(late.map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : ''))).toEqual([
      'amqp-timeout',
      'amqp-timeout',
    ]);
    await peer.closed; // its link does not move
  });

  test('are handed over when they have gone out, whatever the peer makes of them', async () => {
    const { service, taken } = await listening();
    await using _service = service;
    const peer = await attached(service);
    const replyTo = await peer.attachReplies();
    peer.transfer(0, message('ask', { replyTo }));
    await until(() => taken.length === 1, 'it arrived');
    await expect(taken[0]!.answer({ body: Buffer.from('answer') })).resolves.toEqual({ kind: 'accepted' });
    await peer.next('transfer');
    peer.socket.destroy();
    await until(() => service.stats.connections === 0, 'the connection is gone');
    await expect(taken[0]!.answer({ body: Buffer.from('again') })).rejects.toMatchObject({ code: 'amqp-bad-reply-to' });
  });
});

describe('an anonymous link', () => {
  test('reaches the served address by the to of each message', async () => {
    const { service, taken } = await listening();
    await using _service = service;
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(null);
    peer.transfer(0, message('wrong', { to: '/internetwide/arpa2.test/other' }));
    const { fields } = await peer.next('disposition');
    expect(fields[4]?.descriptor?.value).toBe(0x25);
    peer.transfer(1, message('right', { to: ADDRESS }));
    await until(() => taken.length === 1, 'it arrived');
    expect(taken[0]!.message.body.toString()).toBe('right');
  });
});

describe('life of a service', () => {
  test('a throwing handler costs one delivery', async () => {
    let count = 0;
    const { service } = await listening({
      slots: 1,
      onDelivery: (incoming) => {
        count += 1;
        if (count === 1) throw new Error('handler');
        incoming.accept();
        incoming.done();
      },
    });
    await using _service = service;
    await using requester = await openRequester({ url: service.url, onReply: () => undefined });
    expect(await requester.send(ADDRESS, { body: Buffer.from('1') })).toEqual({ kind: 'released' });
    expect(await requester.send(ADDRESS, { body: Buffer.from('2') })).toEqual({ kind: 'accepted' });
  });

  test('drained, it takes nothing more and still answers', async () => {
    const { service, taken } = await listening({ slots: 1 });
    await using _service = service;
    using peer = await attached(service);
    const replyTo = await peer.attachReplies();
    peer.transfer(0, message('ask', { replyTo }));
    await until(() => taken.length === 1, 'it arrived');
    service.drain();
    expect(service.state).toBe('draining');
    void taken[0]!.answer({ body: Buffer.from('answer') }).catch(() => undefined);
    expect((await peer.next('transfer')).payload?.includes('answer')).toBe(true);
    taken[0]!.done();
    await peer.attachSender(ADDRESS, { handle: 3 });
    expect((await peer.next('detach')).fields[0]?.value).toBeDefined();
    expect(service.stats.credit).toBe(0);
  });

  test('close tells the peers and waits for answers under way', async () => {
    const { service, taken } = await listening();
    using peer = await attached(service);
    const replyTo = await peer.attachReplies();
    peer.transfer(0, message('ask', { replyTo }));
    await until(() => taken.length === 1, 'it arrived');
    const answer = taken[0]!.answer({ body: Buffer.from('answer') });
    const closing = service.close();
    expect(service.close()).toBeInstanceOf(Promise);
    await peer.next('transfer');
    peer.send(frame('disposition', { role: true, first: 0, settled: true, state: RawPeer.accepted() }));
    await expect(answer).resolves.toEqual({ kind: 'accepted' });
    const { fields } = await peer.next('close');
    expect(fields[0]).toBeDefined();
    peer.send(frame('close', {}));
    await closing;
    expect(service.state).toBe('closed');
    await expect(RawPeer.open(service.url)).rejects.toThrow();
  });

  test('the number of connections is bounded', async () => {
    const { service } = await listening({ at: { listen: 'amqp://127.0.0.1:0', maxConnections: 2 } });
    await using _service = service;
    using _first = await attached(service);
    using _second = await attached(service);
    using third = await RawPeer.connect(service.url);
    await third.closed;
    expect(service.stats.connections).toBe(2);
  });

  test('listens on IPv6, and says when a port is taken', async () => {
    const { service } = await listening({ at: { listen: 'amqp://[::1]:0' } });
    await using _service = service;
    expect(service.url).toMatch(/^amqp:\/\/\[::1\]:[1-9][0-9]*$/);
    await using requester = await openRequester({ url: service.url, onReply: () => undefined });
    expect(requester.replyTo).toMatch(/^arpa2amqp\.reply\./);
    await expect(listening({ at: { listen: service.url } })).rejects.toMatchObject({ code: 'amqp-address-in-use' });
  });
});
