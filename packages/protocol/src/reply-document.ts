import { DocumentValidator } from './document-validator.js';
import { BusError } from './bus-error.js';
import { replySchema, type Reply, type ReplyDocument } from './generated/reply.js';
import type { Limits } from './limits.js';
import { parseStrictJson } from './strict-json.js';

const validator = new DocumentValidator<ReplyDocument>(replySchema, 'invalid-batch');

/** Encodes the answer to a batch, or to a bare array of commands, which is answered with a bare array. */
export function encodeReplies(document: ReplyDocument, isBare: boolean): Buffer {
  return Buffer.from(JSON.stringify(isBare ? document.replies : document), 'utf8');
}

/**
 * Decodes an answer after it was authenticated.
 *
 * @throws BusError `not-json`, `too-deep`, `duplicate-key`, `invalid-batch`: the host is at fault
 */
export function decodeReplies(plaintext: Uint8Array, limits: Limits): ReplyDocument {
  // Members of a reply are deeper by two levels than what the command printed.
  return validator.check(parseStrictJson(decodeText(plaintext), limits.maxDepth), 'The answer');
}

/**
 * Decodes the answer to a bare array of commands.
 *
 * @throws BusError as {@link decodeReplies}
 */
export function decodeBareReplies(plaintext: Uint8Array, limits: Limits): Reply[] {
  const replies = parseStrictJson(decodeText(plaintext), limits.maxDepth);
  if (!Array.isArray(replies)) throw new BusError('invalid-batch', 'The answer is not an array of replies');
  return validator.check({ re: '', from: '', replies }, 'The answer').replies;
}

/** Without a copy of the bytes; what is not UTF-8 becomes replacement characters, which no JSON syntax has. */
function decodeText(plaintext: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = plaintext;
  return (Buffer.isBuffer(plaintext) ? plaintext : Buffer.from(buffer, byteOffset, byteLength)).toString('utf8');
}
