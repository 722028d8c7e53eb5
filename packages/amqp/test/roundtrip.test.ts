import { describe, expect, test } from '@jest/globals';
import { openRequester, serve, type AmqpMessage, type Incoming } from '../src/index.js';

const ADDRESS = '/internetwide/arpa2.test/reservoir';

function echo(incoming: Incoming): void {
  const { messageId, body } = incoming.message;
  void incoming.answer({ ...(messageId === undefined ? {} : { correlationId: messageId }), body }).then(() => {
    incoming.accept();
    incoming.done();
  });
}

describe('a request and its reply', () => {
  test('travel between requester and listening service', async () => {
    await using service = await serve({
      address: ADDRESS,
      at: { listen: 'amqp://127.0.0.1:0' },
      slots: 4,
      onDelivery: echo,
    });
    const replies: AmqpMessage[] = [];
    const all = new Promise<void>((resolve) => {
      void (async () => {
        await using requester = await openRequester({
          url: service.url,
          onReply: (message) => {
            replies.push(message);
            if (replies.length === 20) resolve();
          },
        });
        for (let index = 0; index < 20; index += 1) {
          const outcome = await requester.send(ADDRESS, {
            messageId: `id-${index}`,
            replyTo: requester.replyTo,
            body: Buffer.from(`body ${index}`),
          });
          expect(outcome).toEqual({ kind: 'accepted' });
        }
        await all;
      })();
    });
    await all;
    expect(replies.map(({ correlationId }) => correlationId)).toEqual(Array.from({ length: 20 }, (_, i) => `id-${i}`));
  });
});
