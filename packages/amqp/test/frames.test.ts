import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TRANSFER_HEAD_BYTES, acceptedFrame, readAcceptance, readTransfer, writeTransferHead } from '../src/frames.js';
import { transferOf } from '../src/guards/transfers.js';
import { RawPeer, frame, parse } from './raw-peer.js';

const uint = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((each) => Buffer.from(each));

/** Fields that are not there do not count. */
function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

describe('frames read and written without rhea', () => {
  test('a transfer of rhea is read as rhea reads it', () => {
    const fields = fc.record({
      handle: uint,
      delivery_id: maybe(uint),
      delivery_tag: maybe(bytes(32)),
      message_format: maybe(uint),
      settled: maybe(fc.boolean()),
      more: maybe(fc.boolean()),
      aborted: maybe(fc.boolean()),
      batchable: maybe(fc.boolean()),
    });
    fc.assert(
      fc.property(fields, bytes(100), fc.nat(65_535), (all, payload, channel) => {
        const whole = frame('transfer', present(all), { channel, payload });
        const around = Buffer.concat([Buffer.alloc(5), whole, Buffer.alloc(5)]);
        const ours = readTransfer(around, 5, 5 + whole.length);
        expect(ours).not.toBeNull();
        expect(ours).toEqual({ ...transferOf(parse(whole)), payload: payload.length === 0 ? undefined : payload });
      }),
    );
  });

  test('a transfer head of ours is what rhea reads', () => {
    fc.assert(
      fc.property(uint, uint, uint, fc.boolean(), bytes(50), (handle, id, tag, isSettled, payload) => {
        const ours = Buffer.concat([Buffer.alloc(TRANSFER_HEAD_BYTES), payload]);
        writeTransferHead(ours, 7, handle, { id, tag, isSettled });
        const { channel, performative, payload: read } = parse(ours);
        expect(channel).toBe(7);
        expect(transferOf(parse(ours))).toMatchObject({
          handle,
          id,
          format: 0,
          isSettled,
          hasMore: false,
          isAborted: false,
        });
        expect(performative.value[2]?.value).toHaveLength(4);
        expect(read ?? Buffer.alloc(0)).toEqual(payload);
      }),
    );
  });

  test('acceptances go both ways', () => {
    fc.assert(
      fc.property(uint, uint, fc.boolean(), fc.boolean(), (first, last, role, settled) => {
        const theirs = frame('disposition', { role, first, last, settled, state: RawPeer.accepted() });
        expect(readAcceptance(theirs, 0, theirs.length)).toEqual({
          isFromReceiver: role,
          first,
          last,
          isSettled: settled,
        });
        const ours = acceptedFrame(3, first, last);
        const { channel, performative } = parse(ours);
        const [isReceiver, from, to, isSettled, state] = performative.value;
        expect([channel, isReceiver?.value, from?.value, to?.value, isSettled?.value]).toEqual([
          3,
          true,
          first,
          last,
          true,
        ]);
        expect(state?.descriptor?.value).toBe(0x24);
      }),
    );
  });

  test('what is unusual is left to rhea, and nothing throws', () => {
    const rejected = frame('disposition', { role: true, first: 0, state: RawPeer.rejected() });
    expect(readAcceptance(rejected, 0, rejected.length)).toBeNull();
    const wordy = frame('transfer', { handle: 0, delivery_id: 0, rcv_settle_mode: 1 });
    expect(readTransfer(wordy, 0, wordy.length)).toBeNull();
    const known = [
      frame(
        'transfer',
        { handle: 1, delivery_id: 300, delivery_tag: Buffer.from('tag') },
        { payload: Buffer.from('payload') },
      ),
      frame('disposition', { role: true, first: 1, last: 300, settled: true, state: RawPeer.accepted() }),
    ];
    const changes = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...known), changes, fc.nat(80), (good, edits, length) => {
        const bad = Buffer.from(good);
        for (const [at, value] of edits) if (at < bad.length) bad[at] = value;
        const cut = bad.subarray(0, Math.max(12, length));
        for (const read of [readTransfer, readAcceptance]) expect(() => read(cut, 0, cut.length)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});
