import type { AmqpMessage } from '@arpa2amqp/amqp';
import type { AcceptorTable, Opened } from '@arpa2amqp/session';

/**
 * Step 2, open: turns the body of a message into plaintext and a principal. Nothing of the body is parsed before it
 * is authenticated, but for the frame itself. Its size was bounded by the link.
 */
export function openMessage(message: AmqpMessage, acceptor: AcceptorTable): Opened | Promise<Opened> {
  return acceptor.open(message.body, message);
}
