import type { AmqpMessage } from '@arpa2amqp/amqp';
import type { Limits } from '@arpa2amqp/protocol';
import type { AcceptorTable, Opened } from '@arpa2amqp/session';

/**
 * Step 2, open: turns the body of a message into plaintext and a principal. Nothing of the body is parsed before it
 * is authenticated, but for the frame itself.
 */
export async function openMessage(message: AmqpMessage, acceptor: AcceptorTable, limits: Limits): Promise<Opened> {
  if (message.body.byteLength > limits.maxMessageBytes) {
    return { kind: 'refused', reason: 'bad-frame', answer: null, detail: 'The body is larger than allowed' };
  }
  const { messageId, correlationId, replyTo } = message;
  return await acceptor.open(message.body, {
    ...(messageId === undefined ? {} : { messageId }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(replyTo === undefined ? {} : { replyTo }),
  });
}
