import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JsonChannel } from '../src/json-channel.js';
import { readFromChild } from '../src/process-messages.js';

async function received(chunks: readonly Buffer[]): Promise<{ messages: unknown[]; faults: (string | undefined)[] }> {
  const messages: unknown[] = [];
  const faults: (string | undefined)[] = [];
  const stream = new PassThrough();
  await new Promise<void>((resolve) => {
    const onEnd = (fault: string | undefined) => {
      faults.push(fault);
      resolve();
    };
    new JsonChannel(stream, { onMessage: (message) => messages.push(message), onEnd });
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
  });
  return { messages, faults };
}

test('messages come out as they went in, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 20 }), async (values, size) => {
      const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const { messages, faults } = await received(chunks);
      expect(messages).toEqual(JSON.parse(JSON.stringify(values)));
      expect(faults).toEqual([undefined]);
    }),
    { numRuns: 100 },
  );
});

test('any bytes end in one fault at most and only in messages that are ours', async () => {
  const hostile = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc
      .record({ type: fc.constantFrom('output', 'pong', 'closed', 'log', 'refused', 'x'), output: fc.jsonValue() })
      .map((message) => Buffer.from(`${JSON.stringify(message)}\n`)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(hostile), async (chunks) => {
      const { messages, faults } = await received(chunks);
      expect(faults).toHaveLength(1);
      // None has the ids that these messages need.
      for (const message of messages) expect(readFromChild(message)).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

test('a line without end is not kept for ever', async () => {
  const { messages, faults } = await received(Array<Buffer>(40).fill(Buffer.alloc(1024 * 1024, 'x')));
  expect({ messages, faults }).toEqual({ messages: [], faults: ['a line is too long'] });
});
