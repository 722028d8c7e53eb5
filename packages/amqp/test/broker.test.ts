import { describe, expect, test } from '@jest/globals';
import {
  openRequester,
  serve,
  type AddressProfile,
  type AmqpMessage,
  type ConnectAt,
  type Incoming,
  type RequesterOptions,
} from '../src/index.js';
import rhea from 'rhea';
import { profileFor } from '../src/profile.js';
import { Broker } from './broker.js';
import { deferred, until } from './until.js';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const reconnect = { initialMs: 10, maxMs: 50 };

function echo(incoming: Incoming): void {
  const { messageId = '', body } = incoming.message;
  incoming.answer({ correlationId: messageId, body }).then(
    () => {
      incoming.accept();
      incoming.done();
    },
    () => {
      incoming.reject('amqp:not-allowed', 'no reply address that may be answered');
      incoming.done();
    },
  );
}

async function serving(broker: Broker, at: Partial<ConnectAt> = {}, onDelivery = echo) {
  return await serve({ address: ADDRESS, at: { connect: broker.url, reconnect, ...at }, slots: 4, onDelivery });
}

/** A requester that counts its replies. */
async function asking(broker: Broker, options: Partial<RequesterOptions> = {}) {
  const replies: AmqpMessage[] = [];
  const requester = await openRequester({
    url: broker.url,
    reconnect,
    onReply: (each) => replies.push(each),
    ...options,
  });
  return {
    requester,
    replies,
    ask: async (text: string) =>
      await requester.send(ADDRESS, { messageId: text, replyTo: requester.replyTo, body: Buffer.from(text) }),
    async [Symbol.asyncDispose]() {
      await requester.close();
    },
  };
}

/** A broker of another kind: prefixed addresses, named reply queues, a sender for each reply address. */
const prefixed: AddressProfile = {
  name: 'prefixed',
  matches: () => false,
  encode: (canonical) => `/queue/${encodeURIComponent(canonical)}`,
  decode: (wire) => decodeURIComponent(wire.replace('/queue/', '')),
  reply: 'named',
  mintReplyAddress: () => `/queue/reply-${Math.random()}`,
  answer: 'cached-senders',
  isReplyAddress: (wire) => wire.startsWith('/queue/reply-'),
};

describe('through a broker', () => {
  test('requests and replies find their way, by the anonymous relay', async () => {
    await using broker = await Broker.listen();
    await using service = await serving(broker);
    await using asker = await asking(broker);
    expect(asker.requester.profile?.name).toBe('generic');
    for (let index = 0; index < 20; index += 1) await asker.ask(`${index}`);
    await until(() => asker.replies.length === 20, 'all replies came');
    expect(asker.replies.map(({ correlationId }) => correlationId)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i}`),
    );
    expect(broker.targets.filter((each) => each === null)).toHaveLength(1);
    await until(() => service.stats.busy === 0, 'all slots are free');
    expect(service.stats).toMatchObject({ connections: 1, links: 1, credit: 4, waiting: 0 });
  });

  test('a profile spells addresses, names reply queues and keeps a sender for each', async () => {
    await using broker = await Broker.listen({ hasAnonymousRelay: false, hasDynamicNodes: false });
    await using _service = await serving(broker, { profile: prefixed });
    await using one = await asking(broker, { profile: prefixed });
    await using two = await asking(broker, { profile: prefixed });
    for (let round = 0; round < 3; round += 1) {
      await one.ask('one');
      await two.ask('two');
    }
    await until(() => one.replies.length === 3 && two.replies.length === 3, 'all replies came');
    expect([...new Set(broker.targets)].sort()).toEqual(
      [prefixed.encode(ADDRESS), one.requester.replyTo, two.requester.replyTo].sort(),
    );
    expect(broker.targets).toHaveLength(4);
  });

  test('a broker without dynamic nodes or anonymous relay is told apart', async () => {
    await using broker = await Broker.listen({ hasAnonymousRelay: false, hasDynamicNodes: false });
    await expect(asking(broker)).rejects.toMatchObject({
      code: 'amqp-link-refused',
      condition: 'amqp:not-implemented',
    });
    const failed = deferred<unknown>();
    await using _service = await serving(broker, {}, (incoming) => {
      incoming.answer({ body: Buffer.from('x') }).catch(failed.resolve);
      incoming.accept();
      incoming.done();
    });
    await using asker = await asking(broker, { profile: prefixed });
    await asker.requester.sendTo(ADDRESS, { replyTo: asker.requester.replyTo, body: Buffer.from('x') });
    expect(await failed.promise).toMatchObject({ code: 'amqp-link-refused', condition: 'amqp:not-implemented' });
  });

  test('answers are never aimed at a service', async () => {
    const profile = profileFor({ containerId: '', properties: {}, offeredCapabilities: [] });
    for (const address of [
      'temp.1.0123456789abcdef',
      'fd2c1c5e-0f1c-4b5e-9f0e-0123456789ab',
      'amqp:/_topo/0/router.1/temp.AbCdEfGhIjKlMno',
    ]) {
      expect([address, profile.isReplyAddress(address)]).toEqual([address, true]);
    }
    for (const address of [
      ADDRESS,
      '/internetwide/arpa2.test/fd2c1c5e-0f1c-4b5e-9f0e-0123456789ab',
      'orders',
      '',
      'temp.\n0123456789abcdef',
      `temp.${'x'.repeat(300)}`,
    ]) {
      expect([address, profile.isReplyAddress(address)]).toEqual([address, false]);
    }
    await using broker = await Broker.listen();
    const codes: unknown[] = [];
    await using _service = await serving(broker, {}, (incoming) => {
      incoming
        .answer({ body: Buffer.from('x') })
        .catch((error: unknown) => codes.push((error as { code: string }).code));
      incoming.accept();
      incoming.done();
    });
    await sendByRhea(broker, ADDRESS);
    await until(() => codes.length === 1, 'the answer was refused');
    expect(codes).toEqual(['amqp-bad-reply-to']);
  });

  test('credit at the broker is the number of free slots', async () => {
    await using broker = await Broker.listen();
    const held: Incoming[] = [];
    await using service = await serving(broker, {}, (incoming) => held.push(incoming));
    await using asker = await asking(broker);
    await Promise.all(Array.from({ length: 10 }, async (_, index) => await asker.ask(`${index}`)));
    await until(() => held.length === 4, 'the slots are full');
    expect(service.stats).toMatchObject({ busy: 4, credit: 0 });
    for (let index = 0; index < 10; index += 1) {
      await until(() => held.length > index, 'the next one came');
      held[index]!.accept();
      held[index]!.done();
    }
  });

  test('both ends come back after the broker did', async () => {
    let broker = await Broker.listen();
    const { port } = broker;
    const downs: string[] = [];
    let ups = 0;
    await using service = await serve({
      address: ADDRESS,
      at: { connect: broker.url, reconnect },
      slots: 4,
      onDelivery: echo,
      onDown: (error, isFinal) => downs.push(`${error.code} ${isFinal}`),
      onReconnect: () => (ups += 1),
    });
    await using asker = await asking(broker);
    await asker.ask('before');
    await until(() => asker.replies.length === 1, 'the first reply came');
    await broker.close();
    await until(() => service.state === 'down' && !asker.requester.isUp, 'both noticed');
    broker = await Broker.listen({ port });
    await using _broker = broker;
    await until(() => service.state === 'open' && asker.requester.isUp && ups === 1, 'both are back');
    await asker.ask('after');
    await until(() => asker.replies.length === 2, 'the second reply came');
    expect(downs).toEqual(['amqp-connection-lost false']);
  });

  test('a refused login ends it for good, at first and later', async () => {
    let password = 'right';
    let broker = await Broker.listen({ password: () => password });
    const { port } = broker;
    const sasl = { mechanism: 'PLAIN', username: 'user', password: 'right' } as const;
    await expect(serving(broker, { sasl: { ...sasl, password: 'wrong' } })).rejects.toMatchObject({
      code: 'amqp-sasl-refused',
      retryable: false,
    });
    const told: string[] = [];
    const service = await serve({
      address: ADDRESS,
      at: { connect: broker.url, reconnect, sasl },
      slots: 1,
      onDelivery: echo,
      onDown: (error, isFinal) => told.push(`${error.code} ${isFinal}`),
    });
    await broker.close();
    password = 'changed';
    broker = await Broker.listen({ port, password: () => password });
    await using _broker = broker;
    await until(() => service.state === 'failed', 'it gave up');
    expect(told).toEqual(['amqp-connection-lost false', 'amqp-sasl-refused true']);
    await service.close();
    expect(service.state).toBe('closed');
  });

  test('profiles that are not there yet are refused by name', async () => {
    await using broker = await Broker.listen();
    await expect(asking(broker, { profile: 'artemis' })).rejects.toMatchObject({ code: 'amqp-bad-options' });
  });
});

interface RheaSender {
  once(event: string, run: () => void): void;
  send(message: object): void;
}

/** rhea, as far as it is needed here. */
const bare = rhea as unknown as {
  connect(options: object): { open_sender(address: string): RheaSender; close(): void };
  message: { data_section(bytes: Buffer): unknown };
};

/** Sends a message whose reply address is a service, as no client of ours would. */
async function sendByRhea(broker: Broker, replyTo: string): Promise<void> {
  const connection = bare.connect({ host: '127.0.0.1', port: broker.port, username: 'anonymous', reconnect: false });
  const sender = connection.open_sender(ADDRESS);
  await new Promise<void>((resolve) => {
    sender.once('sendable', resolve);
  });
  sender.send({ reply_to: replyTo, body: bare.message.data_section(Buffer.from('x')) });
  await new Promise<void>((resolve) => {
    sender.once('accepted', resolve);
  });
  connection.close();
}
