import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '@arpa2amqp/testkit';
import { Fixture } from './fixture.js';

describeWith(['krb5kdc'], 'message protection', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await Fixture.create();
  });
  afterAll(async () => {
    await fixture.close();
  });

  test.each([0, 1, 32 * 1024, 32 * 1024 + 1, 256 * 1024 + 7, 1024 * 1024])(
    'round-trips %d bytes both ways',
    async (size) => {
      await fixture.withPair(async ({ initiator, acceptor }) => {
        const message = Buffer.alloc(size, 'payload');
        for (const [from, to] of [[initiator, acceptor] as const, [acceptor, initiator] as const]) {
          const token = await from.encrypt(message);
          expect(token.includes('payloadpayload')).toBe(false);
          expect((await to.decrypt(token)).equals(message)).toBe(true);
        }
      });
    },
  );

  test('keeps the order of calls when long and short messages mix', async () => {
    await fixture.withPair(
      async ({ initiator, acceptor }) => {
        const sizes = [10, 100_000, 20, 200_000, 30, 40];
        const tokens = await Promise.all(sizes.map(async (size) => await initiator.encrypt(Buffer.alloc(size))));
        const opened = await Promise.all(tokens.map(async (token) => await acceptor.decrypt(token)));
        expect(opened.map((message) => message.length)).toEqual(sizes);
      },
      { flags: ['sequence', 'replay', 'confidentiality', 'integrity'] },
    );
  });

  test('leaves what is only integrity-protected to unwrap, and refuses it to decrypt', async () => {
    await fixture.withPair(async ({ initiator, acceptor }) => {
      const { token, confidential } = await initiator.wrap(Buffer.from('for all to see'), { confidential: false });
      expect(confidential).toBe(false);
      expect(token.includes('for all to see')).toBe(true);
      expect(await acceptor.unwrap(token)).toEqual({ message: Buffer.from('for all to see'), confidential: false });
      const other = await initiator.wrap(Buffer.from('for all to see'), { confidential: false });
      await expect(acceptor.decrypt(other.token)).rejects.toMatchObject({ code: 'gss-not-confidential' });
    });
  });

  test('refuses a token that was seen before, and goes on', async () => {
    await fixture.withPair(async ({ initiator, acceptor }) => {
      const token = await initiator.encrypt(Buffer.from('once'));
      expect((await acceptor.decrypt(token)).toString()).toBe('once');
      await expect(acceptor.decrypt(token)).rejects.toMatchObject({
        code: 'gss-duplicate-token',
        majorName: 'GSS_S_DUPLICATE_TOKEN',
        majorText: 'The token was a duplicate of an earlier token',
      });
      expect((await acceptor.decrypt(await initiator.encrypt(Buffer.from('next')))).toString()).toBe('next');
    });
  });

  test('accepts messages out of order within its window of 64, and refuses older ones', async () => {
    await fixture.withPair(async ({ initiator, acceptor }) => {
      const tokens: Buffer[] = [];
      for (let index = 0; index < 66; index++) tokens.push(await initiator.encrypt(Buffer.from(String(index))));
      for (const index of [1, 0, 63, 2, 65]) {
        expect((await acceptor.decrypt(tokens[index]!)).toString()).toBe(String(index));
      }
      await expect(acceptor.decrypt(tokens[1]!)).rejects.toMatchObject({ code: 'gss-old-token' });
    });
  });

  test('with the sequence flag refuses gaps and messages out of order', async () => {
    await fixture.withPair(
      async ({ initiator, acceptor }) => {
        const [first, second] = [await initiator.encrypt(Buffer.from('1')), await initiator.encrypt(Buffer.from('2'))];
        await expect(acceptor.decrypt(second)).rejects.toMatchObject({ code: 'gss-gap-token' });
        await expect(acceptor.decrypt(first)).rejects.toMatchObject({ code: 'gss-unsequenced-token' });
      },
      { flags: ['sequence', 'replay', 'confidentiality', 'integrity'] },
    );
  });

  test('refuses tokens that were changed, cut, reflected or made for another context', async () => {
    await fixture.withPair(async ({ initiator, acceptor }) => {
      const token = await initiator.encrypt(Buffer.from('hello'));
      const changed = Buffer.from(token);
      changed[changed.length - 1]! ^= 1;
      const other = await fixture.pair();
      const foreign = await other.initiator.encrypt(Buffer.from('hello'));
      for (const bad of [changed, token.subarray(0, 20), Buffer.alloc(0), foreign]) {
        await expect(acceptor.decrypt(bad)).rejects.toMatchObject({ code: 'gss-bad-token', retryable: false });
      }
      await expect(initiator.decrypt(token)).rejects.toMatchObject({ code: 'gss-bad-token' });
      expect((await acceptor.decrypt(token)).toString()).toBe('hello');
      other.initiator.dispose();
      other.acceptor.dispose();
    });
  });

  test('tells the longest message that fits a token of a size', async () => {
    await fixture.withPair(async ({ initiator }) => {
      const limit = initiator.wrapSizeLimit(1000);
      expect((await initiator.encrypt(Buffer.alloc(limit))).length).toBeLessThanOrEqual(1000);
      expect((await initiator.encrypt(Buffer.alloc(limit + 1))).length).toBeGreaterThan(1000);
      expect(initiator.wrapSizeLimit(1000, false)).toBeGreaterThan(limit);
      expect(initiator.wrapSizeLimit(10)).toBe(0);
      expect(() => initiator.wrapSizeLimit(-1)).toThrow(RangeError);
      const busy = initiator.encrypt(Buffer.alloc(100_000));
      expect(() => initiator.wrapSizeLimit(1000)).toThrow(expect.objectContaining({ code: 'gss-bad-call' }));
      await busy;
    });
  });
});
