import { randomUUID } from 'node:crypto';
import type { AmqpMessage, Incoming } from '@arpa2amqp/amqp';
import { CONTENT_TYPE, encodeReplies, errorReply, type Limits, type Reply } from '@arpa2amqp/protocol';
import type { PeerStyle } from '@arpa2amqp/session';

/** Room that the frame and the wrap take beside the JSON. */
const SEAL_BYTES = 1024;
/** An answer is of no use to a client that waits no longer. */
const ANSWER_TTL_MS = 60_000;

/** What an answer is made of. */
export interface Answer {
  readonly re: string;
  readonly from: string;
  readonly replies: readonly Reply[];
  /** A bare array of commands is answered with a bare array. */
  readonly isBare: boolean;
}

/**
 * Step 8, answer: encodes the replies. An answer that is larger than a message may be loses its largest replies; the
 * commands have run, and their replies say so.
 */
export function encodeAnswer({ re, from, replies, isBare }: Answer, limits: Limits): Buffer {
  const maxBytes = limits.maxMessageBytes - SEAL_BYTES;
  const encoded = encodeReplies({ re, from, replies: [...replies] }, isBare);
  if (encoded.byteLength <= maxBytes) return encoded;
  const sizes = replies.map((reply, index) => ({ index, bytes: Buffer.byteLength(JSON.stringify(reply)) }));
  sizes.sort((a, b) => b.bytes - a.bytes);
  const fitting = [...replies];
  let total = encoded.byteLength;
  for (const { index, bytes } of sizes) {
    if (total <= maxBytes) break;
    const replacement = errorReply('too-large', 'The command ran, but its output does not fit into the answer\n');
    fitting[index] = replacement;
    total += Buffer.byteLength(JSON.stringify(replacement)) - bytes;
  }
  return encodeReplies({ re, from, replies: fitting }, isBare);
}

/**
 * Puts a body into the message that answers another one. A raw peer knows its context by the correlation id, which it
 * chose and which comes back unchanged, and sends what follows to our reply-to.
 */
export function answerTo({ message, servedAs }: Incoming, style: PeerStyle, body: Buffer): AmqpMessage {
  const isRaw = style === 'raw';
  const { messageId, correlationId: given, replyTo } = message;
  const correlationId = isRaw ? (given ?? messageId) : (messageId ?? given);
  return {
    messageId: randomUUID(),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(replyTo === undefined ? {} : { to: replyTo }),
    ...(isRaw ? { replyTo: servedAs } : {}),
    contentType: CONTENT_TYPE,
    ttlMs: ANSWER_TTL_MS,
    durable: false,
    body,
  };
}
