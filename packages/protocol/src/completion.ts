import { DocumentValidator } from './document-validator.js';
import { completionReplySchema, type CompletionReply } from './generated/completion-reply.js';
import type { Reply } from './generated/reply.js';

/** A completion is an aid for people: more candidates than this are of no use to anybody. */
export const MAX_CANDIDATES = completionReplySchema.properties.candidates.maxItems;

/** Characters of a candidate's value, and of a line of help. */
export const MAX_CANDIDATE_CHARACTERS = completionReplySchema.definitions.Candidate.properties.value.maxLength;

const validator = new DocumentValidator<CompletionReply>(completionReplySchema, 'invalid-batch');

/** The answer to a `complete_` command; undefined for an error reply, and for what is none of ours. */
export function completionOf(reply: Reply): CompletionReply | undefined {
  return reply.stderr_ === undefined && validator.accepts(reply) ? reply : undefined;
}
