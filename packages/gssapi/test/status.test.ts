import { describe, expect, test } from '@jest/globals';
import { GSS_ERRORS } from '@arpa2amqp/gssapi';
import { Gate } from '../src/gate.js';
import { classify, isError } from '../src/raw/status.js';

const KDC_UNREACHABLE = -1765328228 >>> 0;

describe('a major status', () => {
  test('is known by each calling error, routine error and supplementary bit of RFC 2744', () => {
    const calling = [1, 2, 3].map((number) => (number << 24) >>> 0);
    const routine = Array.from({ length: 19 }, (_, index) => (index + 1) << 16);
    const supplementary = [2, 4, 8, 16];
    const names = new Set<string>();
    for (const major of [...calling, ...routine, ...supplementary]) {
      const { name, code } = classify(major, 0, 'initiate');
      expect(isError(major)).toBe(true);
      expect(name).toMatch(/^GSS_S_[A-Z_]+$/);
      expect(Object.keys(GSS_ERRORS)).toContain(code);
      names.add(name);
    }
    expect(names.size).toBe(calling.length + routine.length + supplementary.length);
  });

  test('is no error when complete or when another token is needed', () => {
    expect([isError(0), isError(1)]).toEqual([false, false]);
  });

  test('of several parts keeps all names, and the weightiest decides', () => {
    expect(classify((1 << 24) | (9 << 16) | 2, 0, 'accept')).toEqual({
      name: 'GSS_S_CALL_INACCESSIBLE_READ|GSS_S_DEFECTIVE_TOKEN|GSS_S_DUPLICATE_TOKEN',
      code: 'gss-bad-call',
    });
  });

  test('that says little leaves the code to the mechanism, one that says much does not', () => {
    expect(classify(13 << 16, KDC_UNREACHABLE, 'initiate').code).toBe('gss-no-kdc');
    expect(classify(11 << 16, KDC_UNREACHABLE, 'initiate').code).toBe('gss-credentials-expired');
    expect(classify(13 << 16, 12345, 'initiate').code).toBe('gss-failure');
    expect(classify((99 << 16) >>> 0, 0, 'initiate')).toEqual({ name: '', code: 'gss-failure' });
  });
});

describe('the gate', () => {
  test('lets no more tasks run than its limit, in order, and none whose signal is aborted', async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const controller = new AbortController();
    const tasks = Array.from({ length: 6 }, async (_, index) => {
      await gate.run(
        async () => {
          most = Math.max(most, ++running);
          order.push(index);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          if (index === 1) throw new Error('a task that fails leaves too');
        },
        index === 4 ? controller.signal : undefined,
      );
    });
    controller.abort();
    const outcomes = await Promise.allSettled(tasks);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, false, true]);
    expect(order).toEqual([0, 1, 2, 3, 5]);
    expect(most).toBe(2);
  });
});
