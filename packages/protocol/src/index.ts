export {
  DEFAULT_SERVICE,
  parseAddress,
  parseService,
  serviceOf,
  type HostAddress,
  type ServiceName,
} from './address.js';
export { batchIdOf, batchOf, checkTimes, readBatchJson, type BareArrayDefaults, type Batch } from './batch.js';
export { BusError, type BusErrorOptions } from './bus-error.js';
export { decodeCommand, type DecodedCommand } from './command.js';
export { completionOf, MAX_CANDIDATE_CHARACTERS, MAX_CANDIDATES } from './completion.js';
export { CONTENT_TYPE } from './content-type.js';
export { DocumentValidator } from './document-validator.js';
export {
  ERRORS,
  FRAME_ERRORS,
  LOCAL_ERRORS,
  REPLY_ERRORS,
  isFrameErrorReason,
  isReplyCode,
  type ErrorCode,
  type ErrorEntry,
  type FrameErrorReason,
  type ReplyCode,
} from './error-catalogue.js';
export { decodeErrorFrame, encodeErrorFrame } from './error-frame.js';
export type { BatchDocument } from './generated/batch.js';
export type { Command } from './generated/command.js';
export type { Candidate, CompletionReply, Placeholder } from './generated/completion-reply.js';
export type { Reply, ReplyDocument, ReplyError } from './generated/reply.js';
export { identityOf, type RealmRules } from './identity.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export { textOfSections, type ProgramOption, type ProgramSection, type ProgramText } from './program-text.js';
export { quoted } from './quotation.js';
export { buildReply, errorReply, isErrorReply, type CommandOutput } from './reply.js';
export { decodeBareReplies, decodeReplies, encodeReplies } from './reply-document.js';
export { parseStdout, type ParsedStdout } from './stdout-parser.js';
export { parseStrictJson } from './strict-json.js';
export { suggestion } from './suggestion.js';
export { Timestamps } from './timestamps.js';
