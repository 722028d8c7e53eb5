export {
  accessListOf,
  formatAccessList,
  formatEntrySelector,
  parseAccessList,
  parseEntrySelector,
  type AccessList,
} from './access-list.js';
export { ACL_ERRORS, AclError, type AclErrorCode, type AclErrorEntry, type AclErrorOptions } from './acl-error.js';
export {
  AclStore,
  type ChangesSince,
  type Explanation,
  type History,
  type ListSummary,
  type UpdateOptions,
  type UpdateResult,
} from './acl-store.js';
export {
  formatChange,
  formatChangeRecord,
  parseChange,
  parseChangeRecord,
  type Change,
  type ChangeRecord,
  type Edit,
} from './change.js';
export {
  decide,
  describeDecision,
  type AclReader,
  type Decision,
  type DecisionStep,
  type DeniedDecision,
  type GrantedDecision,
  type ListReader,
} from './decision.js';
export { formatDocument, parseDocument, type AclDocument, type GroupEntry, type ListEntry } from './document.js';
export type { Expectation } from './expectation.js';
export { parseGroup, parseStoredGroup, type GroupKind } from './group.js';
export { isService, parseIdentity, parseStoredIdentity, type Identity } from './identity.js';
export { membershipsOf, type GroupReader, type Membership } from './membership.js';
export type { Followed } from './records.js';
export type { Origin, Reception, Whole } from './reception.js';
export {
  ADMINISTRATION,
  ADMINISTRATION_CHAIN,
  REPLICATION,
  chainOf,
  formatResource,
  resourceOf,
  type Resource,
  type ResourceChain,
} from './resource.js';
export { NO_RIGHTS, RIGHTS, formatRights, hasRight, parseRights, type Right, type Rights } from './rights.js';
export { isNamed, parseSelector, parseStoredSelector, type Selector } from './selector.js';
export type { StoredGroup, StoredList } from './store-reader.js';
