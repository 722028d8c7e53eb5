import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openRequester, serve, type AmqpMessage, type Incoming, type Service } from '../src/index.js';
import { encodeMessage } from '../src/message-encoder.js';
import type { RheaTyped } from '../src/rhea.js';
import { AMQP_HEADER, RawPeer, SASL_HEADER, frame, source, target } from './raw-peer.js';
import { deferred, stderrOf, until } from './until.js';

const ADDRESS = '/internetwide/arpa2.test/reservoir';
const SECRET = 'do-not-print-this';

let service: Service;
let taken: Incoming[];

beforeEach(async () => {
  taken = [];
  service = await serve({
    address: ADDRESS,
    at: { listen: 'amqp://127.0.0.1:0' },
    slots: 8,
    maxMessageBytes: 10_000,
    limits: { maxFrameBytes: 4096, maxSessions: 4, maxLinks: 8, handshakeTimeoutMs: 1000 },
    onDelivery: (incoming) => {
      taken.push(incoming);
      incoming.accept();
      incoming.done();
    },
  });
});

afterEach(async () => {
  await service.close();
});

/** The service still answers somebody who behaves. */
async function expectAlive(): Promise<void> {
  await using requester = await openRequester({ url: service.url, onReply: () => undefined });
  expect(await requester.send(ADDRESS, { body: Buffer.from('still there?') })).toEqual({ kind: 'accepted' });
}

/** The peer says something, is dropped for it, nothing is printed, and the service goes on. */
async function expectDropped(peer: RawPeer, ...said: Buffer[]): Promise<void> {
  const printed = await stderrOf(async () => {
    peer.send(...said);
    await peer.closed;
  });
  expect(printed).toBe('');
  await expectAlive();
}

function message(body: Buffer | string = 'hello', fields: Omit<AmqpMessage, 'body'> = {}): Buffer {
  return encodeMessage({ ...fields, body: Buffer.from(body) });
}

function rangeOf(disposition: { fields: readonly (RheaTyped | null | undefined)[] }): [unknown, unknown, unknown] {
  const [, first, last, , state] = disposition.fields;
  return [first?.value, last?.value, state?.descriptor?.value];
}

/** array32 of 4 thousand million elements without width. */
const ZERO_WIDTH_ARRAY = Buffer.from([0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x43]);

function sized(content: Buffer, type: number): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 2, type, 0, 0]);
  head.writeUInt32BE(8 + content.length);
  return Buffer.concat([head, content]);
}

describe('before login', () => {
  test('the 24-byte killer in a SASL frame', async () => {
    using peer = await RawPeer.connect(service.url);
    const killer = sized(Buffer.concat([Buffer.from([0x00, 0x53, 0x41]), ZERO_WIDTH_ARRAY]), 1);
    await expectDropped(peer, SASL_HEADER, killer);
  });

  test('the same in an AMQP frame, without SASL', async () => {
    using peer = await RawPeer.connect(service.url);
    const killer = sized(Buffer.concat([Buffer.from([0x00, 0x53, 0x10]), ZERO_WIDTH_ARRAY]), 0);
    await expectDropped(peer, AMQP_HEADER, killer);
  });

  test.each([
    ['a list that announces more than it holds', [0xd0, 0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff, 0x43, 0x43, 0x43, 0x43]],
    ['a list larger than its frame', [0xd0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]],
    ['lists in lists', [...Array.from({ length: 500 }, () => [0xc0, 0xff, 1]).flat(), 0x45]],
    ['descriptors of descriptors', Array.from({ length: 1000 }, () => 0x00)],
    ['descriptors one after the other', Array.from({ length: 1000 }, () => [0x00, 0x43]).flat()],
  ])('%s', async (_name, bytes) => {
    using peer = await RawPeer.connect(service.url);
    await expectDropped(peer, AMQP_HEADER, sized(Buffer.from([0x00, 0x53, 0x10, ...bytes]), 0));
  });

  test('an unfinished frame of 1 GiB costs no memory', async () => {
    using peer = await RawPeer.connect(service.url);
    const head = Buffer.from([0x40, 0, 0, 0, 2, 0, 0, 0]);
    await expectDropped(peer, AMQP_HEADER, head, Buffer.alloc(100_000));
  });

  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a TLS hello', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01])],
    ['AMQP 0-9-1', Buffer.from('AMQP\0\0\x09\x01', 'latin1')],
    ['nothing usable', Buffer.alloc(64, 0xff)],
    ['a second init', Buffer.concat([SASL_HEADER, SASL_HEADER, SASL_HEADER])],
  ])('%s', async (_name, bytes) => {
    using peer = await RawPeer.connect(service.url);
    await expectDropped(peer, bytes);
  });

  test('silence is ended', async () => {
    using peer = await RawPeer.connect(service.url);
    const started = Date.now();
    await peer.closed;
    expect(Date.now() - started).toBeGreaterThan(900);
    using half = await RawPeer.connect(service.url);
    half.send(AMQP_HEADER); // and no open
    await half.closed;
    await expectAlive();
  });
});

describe('an open, begin or attach out of bounds', () => {
  test.each([
    ['a frame size that fits nothing', { max_frame_size: 20 }],
    ['an idle time of a millisecond', { idle_time_out: 1 }],
  ])('%s', async (_name, fields) => {
    using peer = await RawPeer.connect(service.url);
    await expectDropped(peer, AMQP_HEADER, frame('open', { container_id: 'raw', ...fields }));
  });

  test('an idle time beyond the timers of Node does not make them fire at once', async () => {
    using peer = await RawPeer.open(service.url, { idle_time_out: 0xffff_ffff });
    await peer.begin();
    await peer.attachSender(ADDRESS);
    await peer.next('flow');
    expect(peer.arrived).toEqual([]);
    await expectAlive();
    expect(peer.isClosed).toBe(false);
  });

  test('a begin before the open', async () => {
    using peer = await RawPeer.connect(service.url);
    const begin = frame('begin', { next_outgoing_id: 0, incoming_window: 1, outgoing_window: 1 });
    await expectDropped(peer, AMQP_HEADER, begin);
  });

  test('too many sessions', async () => {
    using peer = await RawPeer.open(service.url);
    for (let channel = 0; channel < 4; channel += 1) await peer.begin(channel);
    const begin = frame('begin', { next_outgoing_id: 0, incoming_window: 1, outgoing_window: 1 }, { channel: 4 });
    await expectDropped(peer, begin);
  });

  test('too many links', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin(0);
    await peer.begin(1);
    for (let handle = 0; handle < 7; handle += 1) await peer.attachSender(ADDRESS, { handle });
    await peer.attachSender(ADDRESS, { handle: 0, channel: 1 });
    const fields = {
      name: 'one more',
      handle: 1,
      role: false,
      source: source({}),
      target: target({ address: ADDRESS }),
    };
    await expectDropped(peer, frame('attach', fields, { channel: 1 }));
  });

  test('links that come and go leave nothing behind', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    for (let round = 0; round < 30; round += 1) {
      await peer.attachSender(ADDRESS, { handle: round % 8, name: `link-${round}` });
      peer.send(frame('detach', { handle: round % 8, closed: true }));
      await peer.next('detach');
    }
    await until(() => service.stats.links === 0, 'all links are gone');
    expect(service.stats.credit).toBe(0);
  });

  test('names that objects have by birth, and one name for both directions', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS, { handle: 0, name: '__proto__' });
    const replyTo = await peer.attachReplies({ handle: 1, name: '__proto__' });
    await peer.attachSender(ADDRESS, { handle: 2, name: 'constructor' });
    await peer.next('flow');
    peer.transfer(0, message('ask', { messageId: 'm', replyTo }));
    await until(() => taken.length === 1, 'the message arrived');
    void taken[0]!.answer({ correlationId: 'm', body: Buffer.from('answer') }).catch(() => undefined);
    const reply = await peer.next('transfer');
    expect(reply.payload?.includes('answer')).toBe(true);
  });

  test('addresses that are not served, and a transaction coordinator', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender('/internetwide/arpa2.test/other');
    const notFound = await peer.next('detach');
    expect((notFound.fields[2]?.value as RheaTyped[])[0]?.value).toBe('amqp:not-found');
    const printed = await stderrOf(async () => {
      const coordinator = target({}) as { descriptor: { value: number } };
      coordinator.descriptor.value = 0x30;
      peer.send(frame('attach', { name: 'tx', handle: 1, role: false, source: source({}), target: coordinator }));
      await peer.next('detach');
    });
    expect(printed).toBe('');
    peer.send(
      frame('attach', {
        name: 'theirs',
        handle: 2,
        role: true,
        source: source({ address: ADDRESS }),
        target: target({}),
      }),
    );
    await peer.next('detach');
    expect(service.stats.links).toBe(0);
  });
});

describe('transfers, flows and dispositions', () => {
  test('a transfer without credit', async () => {
    const held: Incoming[] = [];
    await using slow = await serve({
      address: ADDRESS,
      at: { listen: 'amqp://127.0.0.1:0' },
      slots: 2,
      onDelivery: (incoming) => held.push(incoming),
    });
    using peer = await RawPeer.open(slow.url);
    await peer.begin();
    const { fields } = await peer.attachSender(ADDRESS);
    expect(fields[10]?.value).toBe(1_048_576); // the largest message is announced
    for (const id of [0, 1, 2]) peer.transfer(id, message());
    const { fields: close } = await peer.next('close');
    expect((close[0]?.value as RheaTyped[])[0]?.value).toBe('amqp:invalid-field');
    await peer.closed;
    expect(held).toHaveLength(2);
  });

  test('an undecodable message is rejected alone, and its bytes are not printed', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    await peer.next('flow');
    const printed = await stderrOf(async () => {
      peer.transfer(0, Buffer.concat([Buffer.from([0x00, 0x53, 0x77]), ZERO_WIDTH_ARRAY]));
      expect(rangeOf(await peer.next('disposition'))).toEqual([0, 0, 0x25]);
      peer.transfer(1, Buffer.from(SECRET));
      expect(rangeOf(await peer.next('disposition'))).toEqual([1, 1, 0x25]);
    });
    expect(printed).toBe('');
    peer.transfer(2, message());
    expect(rangeOf(await peer.next('disposition'))).toEqual([2, 2, 0x24]);
    expect(taken).toHaveLength(1);
  });

  test('a message that is too large, in parts, is rejected alone', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    await peer.next('flow');
    for (let part = 0; part < 10; part += 1) peer.transfer(0, Buffer.alloc(3000), { more: part < 9 });
    const { fields } = await peer.next('disposition');
    const error = (fields[4]?.value as RheaTyped[])[0]?.value as RheaTyped[];
    expect(error[0]?.value).toBe('amqp:link:message-size-exceeded');
    const whole = message(Buffer.alloc(5000, 1));
    peer.transfer(1, whole.subarray(0, 3000), { more: true });
    peer.transfer(1, whole.subarray(3000));
    expect(rangeOf(await peer.next('disposition'))).toEqual([1, 1, 0x24]);
    expect(taken.map(({ message: { body } }) => body.length)).toEqual([5000]);
  });

  test('an aborted message is forgotten, and its credit comes back', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    for (let id = 0; id < 40; id += 1) {
      if (id % 8 === 0) await peer.next('flow');
      peer.transfer(id, Buffer.alloc(10), { more: true });
      peer.transfer(id, Buffer.alloc(0), { aborted: true });
      await until(() => service.stats.credit > 0, 'credit is there');
    }
    peer.transfer(40, message());
    expect(rangeOf(await peer.next('disposition'))).toEqual([40, 40, 0x24]);
    expect(taken).toHaveLength(1);
  });

  test('a disposition of 4 thousand million deliveries takes no time', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    const started = Date.now();
    for (const role of [true, false]) {
      peer.send(frame('disposition', { role, first: 0, last: 0xffff_ffff, settled: true }));
    }
    peer.transfer(0, message());
    await peer.next('disposition');
    expect(Date.now() - started).toBeLessThan(2000);
  });

  test('ids that wrap at 32 bits', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    await peer.next('flow');
    for (const id of [0xffff_fffe, 0xffff_ffff, 0, 1]) {
      peer.transfer(id, message());
      expect(rangeOf(await peer.next('disposition'))).toEqual([id, id, 0x24]);
    }
  });

  test('an initial delivery count other than 0 is the base of our credit', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    const fields = {
      name: 'counted',
      handle: 0,
      role: false,
      source: source({}),
      target: target({ address: ADDRESS }),
    };
    peer.send(frame('attach', { ...fields, initial_delivery_count: 0xffff_fffc }));
    const flow = await peer.next('flow');
    expect(flow.fields[5]?.value).toBe(0xffff_fffc);
    expect(flow.fields[6]?.value).toBe(8);
    for (let id = 0; id < 8; id += 1) {
      peer.transfer(id, message());
      await peer.next('disposition');
    }
  });

  test('an echo is answered', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    await peer.next('flow');
    peer.flow({ handle: 0, credit: 0, echo: true });
    const flow = await peer.next('flow');
    expect(flow.fields[6]?.value).toBe(8);
  });

  test('a flow without delivery count or next incoming id still gives credit, and drain is answered', async () => {
    using peer = await RawPeer.open(service.url);
    await peer.begin();
    await peer.attachSender(ADDRESS);
    const replyTo = await peer.attachReplies({ credit: 0 });
    peer.transfer(0, message('ask', { replyTo }));
    await until(() => taken.length === 1, 'the message arrived');
    const outcome = taken[0]!.answer({ body: Buffer.from('answer') });
    peer.send(
      frame('flow', { incoming_window: 10, next_outgoing_id: 0, outgoing_window: 10, handle: 1, link_credit: 1 }),
    );
    const transfer = await peer.next('transfer');
    peer.send(frame('disposition', { role: true, first: transfer.fields[1]?.value, settled: true }));
    await expect(outcome).resolves.toEqual({ kind: 'accepted' });
    while (peer.arrived.some(({ name }) => name === 'flow')) await peer.next('flow');
    peer.flow({ handle: 1, credit: 5, count: 1, drain: true });
    const drained = await peer.next('flow');
    expect(drained.fields[4]?.value).toBe(1);
    expect(drained.fields[6]?.value).toBe(0);
  });

  test('outcomes of one turn are not mixed up', async () => {
    const gathered: Incoming[] = [];
    const enough = deferred<undefined>();
    await using slow = await serve({
      address: ADDRESS,
      at: { listen: 'amqp://127.0.0.1:0' },
      slots: 8,
      onDelivery: (incoming) => {
        gathered.push(incoming);
        if (gathered.length === 6) enough.resolve(undefined);
      },
    });
    await using requester = await openRequester({ url: slow.url, onReply: () => undefined });
    const outcomes = Array.from({ length: 6 }, async () => await requester.send(ADDRESS, { body: Buffer.from('x') }));
    await enough.promise;
    gathered[0]!.reject('amqp:decode-error', 'first');
    gathered[1]!.accept();
    gathered[2]!.accept();
    gathered[3]!.release();
    gathered[4]!.reject('amqp:not-allowed', 'fifth');
    gathered[5]!.accept();
    expect(
      (await Promise.all(outcomes)).map((each) => (each.kind === 'rejected' ? each.description : each.kind)),
    ).toEqual(['first', 'accepted', 'accepted', 'released', 'fifth', 'accepted']);
  });

  test('frames that make no sense drop the peer only', async () => {
    for (const bytes of [
      frame('transfer', { handle: 7, delivery_id: 0 }, { payload: Buffer.from(SECRET) }),
      frame('flow', { incoming_window: 1, next_outgoing_id: 0, outgoing_window: 1, handle: 6, link_credit: 1 }),
      frame('detach', { handle: 5 }),
      frame('end', {}, { channel: 9 }),
      sized(Buffer.from(SECRET), 0),
      sized(Buffer.from([0x00, 0x53, 0x7f, 0x45]), 0),
    ]) {
      using peer = await RawPeer.open(service.url);
      await peer.begin();
      await expectDropped(peer, bytes);
    }
  });
});
