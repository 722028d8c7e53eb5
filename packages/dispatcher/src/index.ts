export { questionsOf, type AccessQuestion, type AccessQuestions } from './access-question.js';
export { AclAuthorizer, type AclAuthorizerOptions } from './acl-authorizer.js';
export {
  openAuthorizer,
  type AccessDecision,
  type AccessRequest,
  type Authorizer,
  type VisibilityRequest,
} from './authorizer.js';
export { Dispatcher, type DispatcherOptions } from './dispatcher.js';
export type { BatchKey, BatchRecord, Journal } from './journal.js';
export { MemoryJournal, type MemoryJournalOptions } from './memory-journal.js';
export { ShellRegistry } from './shell-registry.js';
