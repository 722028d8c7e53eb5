import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { describeWith } from '@arpa2amqp/testkit';
import { Name } from '@arpa2amqp/gssapi';
import { Fixture, HOST } from './fixture.js';

/** Each makes three contexts: two that are used, one that fails. */
const ROUNDS = 3400;
const WARM_UP = 600;
const AT_A_TIME = 16;
/** Allocators and compiled code take their time to settle; 10,000 contexts that were kept would take over 40 MiB. */
const SLACK_BYTES = 20 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describeWith(['krb5kdc'], 'memory', () => {
  test('is flat over 10,000 contexts that are made, used, and disposed, and over failed ones', async () => {
    const fixture = await Fixture.create();
    const message = Buffer.alloc(1024);

    async function once(): Promise<void> {
      using target = Name.service('arpa2amqp', HOST, 'ARPA2.TEST');
      const { initiator, acceptor } = await fixture.pair({ target });
      const token = await initiator.encrypt(message);
      await acceptor.decrypt(token);
      await acceptor.decrypt(token).catch(() => undefined);
      const failing = fixture.accept();
      await failing.step(message).catch(() => undefined);
      for (const end of [initiator, acceptor, failing]) end.dispose();
    }

    async function run(count: number): Promise<number> {
      let left = count;
      await Promise.all(
        Array.from({ length: AT_A_TIME }, async () => {
          while (left-- > 0) await once();
        }),
      );
      collectGarbage();
      return process.memoryUsage.rss();
    }

    const before = await run(WARM_UP);
    const after = await run(ROUNDS);
    expect(after - before).toBeLessThan(SLACK_BYTES);
    await fixture.close();
  }, 120_000);
});
