import { expect, test } from '@jest/globals';
import { Slots } from '../src/slots.js';

test('no more than so many things happen at a time, all of them in order, also when some fail', async () => {
  const slots = new Slots(3);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const done = Array.from({ length: 20 }, async (_, n) => {
    return await slots.run(async () => {
      started.push(n);
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      if (n % 4 === 0) throw new Error(`${n}`);
      return n;
    });
  });
  const results = await Promise.allSettled(done);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  expect(most).toBe(3);
  expect(started).toEqual(Array.from({ length: 20 }, (_, n) => n));
});
