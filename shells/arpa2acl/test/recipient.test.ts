import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { BusError } from '@arpa2amqp/protocol';
import { Recipient, type Send } from '../src/recipient.js';

const ignore = (): void => undefined;
const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
const HOUR_MS = 3_600_000;
const away: Send = async () => await Promise.reject(new BusError('cannot-reach', 'Nobody is there'));

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A host that is tried with this; counts the tries. */
function recipient(send: Send, patienceMs?: number) {
  const count = { tries: 0 };
  const ending = new AbortController();
  const host = new Recipient({
    destination: { address: '/internetwide/arpa2.test/x' },
    send: async (...of) => {
      count.tries += 1;
      await send(...of);
    },
    retryMs: HOUR_MS,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    logger,
    signal: ending.signal,
  });
  return { host, count, ending };
}

test('one that is asked for once is tried until it has everything', async () => {
  let isThere = false;
  const { host, count } = recipient(async (to, onPosition, signal) => {
    if (!isThere) await away(to, onPosition, signal);
    onPosition(7);
  }, 96 * HOUR_MS);
  await host.sendNow();
  expect(host.state).toMatchObject({ position: null, isRepeated: true, untilMs: Date.now() + 96 * HOUR_MS });
  await jest.advanceTimersByTimeAsync(20 * HOUR_MS);
  expect(count.tries).toBeGreaterThan(20);
  isThere = true;
  await jest.advanceTimersByTimeAsync(HOUR_MS);
  expect(host.state).toMatchObject({ position: 7, error: null, isRepeated: false });
  const { tries } = count;
  await jest.advanceTimersByTimeAsync(200 * HOUR_MS);
  expect(count.tries).toBe(tries);
});

test('it is given up when its time is over, and has a new one when it is asked for again', async () => {
  const { host, count } = recipient(away, 3 * HOUR_MS);
  await host.sendNow();
  await jest.advanceTimersByTimeAsync(4 * HOUR_MS);
  expect(host.state).toMatchObject({ isRepeated: false, error: expect.stringMatching(/Nobody is there/) });
  const { tries } = count;
  await jest.advanceTimersByTimeAsync(100 * HOUR_MS);
  expect(count.tries).toBe(tries);
  await host.sendNow();
  expect(host.state).toMatchObject({ isRepeated: true, untilMs: Date.now() + 3 * HOUR_MS });
});

test('it is not tried again when the configuration of this host is in the way', async () => {
  const { host } = recipient(async () => await Promise.reject(new BusError('config', 'No keytab')), HOUR_MS);
  await host.sendNow();
  expect(host.state).toMatchObject({ isRepeated: false, error: expect.stringMatching(/No keytab/) });
});

test('one that is configured is tried for ever, until the shell ends', async () => {
  const { host, count, ending } = recipient(away);
  host.wake();
  await jest.advanceTimersByTimeAsync(300 * HOUR_MS);
  expect(host.state).toMatchObject({ isRepeated: true, untilMs: null });
  const { tries } = count;
  expect(tries).toBeGreaterThan(300);
  ending.abort();
  await jest.advanceTimersByTimeAsync(300 * HOUR_MS);
  expect(count.tries).toBe(tries);
});
