export { questionsOf, whyNobody, type AccessQuestion, type AccessQuestions } from './access-question.js';
export { AclAuthorizer, type AclAuthorizerOptions } from './acl-authorizer.js';
export { noAudit } from './audit.js';
export type { Audit, AuditedBatch, AuditedCommand, AuditedEnd, BatchAudit, RefusedCaller } from './audit.js';
export type { ChainHead } from './audit-chain.js';
export type { AuditDestination, AuditEvent } from './audit-destination.js';
export { AuditFile, type AuditFileOptions } from './audit-file.js';
export { parseHead, type ChainEnd } from './audit-head.js';
export { AuditLog, type AuditLogOptions } from './audit-log.js';
export type { AuditPage } from './audit-page.js';
export type { EventMembers } from './audit-record.js';
export { AuditStream } from './audit-stream.js';
export { AuditVerification, type AuditFindings, type AuditProblem, type LinePlace } from './audit-verification.js';
export type { WriteFailure } from './audit-write.js';
export {
  openAuthorizer,
  type AccessDecision,
  type AccessRequest,
  type Authorizer,
  type Grounds,
  type ListAnswer,
  type VisibilityRequest,
} from './authorizer.js';
export { Dispatcher, type DispatcherOptions } from './dispatcher.js';
export type { BatchKey, BatchRecord, Journal } from './journal.js';
export { MemoryJournal, type MemoryJournalOptions } from './memory-journal.js';
export { ShellRegistry } from './shell-registry.js';
