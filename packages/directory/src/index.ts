export type {
  ApplyOptions,
  Attributes,
  Change,
  Directory,
  Entry,
  Expectation,
  ListOptions,
  Path,
  ReadOptions,
  Step,
} from './directory.js';
export {
  DIRECTORY_ERRORS,
  DirectoryError,
  type DirectoryErrorCode,
  type DirectoryErrorEntry,
  type DirectoryErrorOptions,
} from './directory-error.js';
export type { AttributeType, Kind, LdapKind, ReferenceType } from './kind.js';
export { changeDirectory, LazyDirectory, type Plan } from './lazy-directory.js';
export {
  ListBudget,
  listTooLarge,
  NAMED_PART_HELP,
  NAMED_PART_SPEC,
  PART_HELP,
  PART_SPEC,
  PART_TYPES,
  partRequest,
  readPart,
  type ListPart,
  type PartOptions,
  type PartRequest,
} from './list-part.js';
export { openDirectory, type DirectoryContents } from './open-directory.js';
export { checkDirectoryOptions, type DirectoryOptions, type LdapOptions, type LmdbOptions } from './options.js';
export { formatPath } from './path.js';
export { StoreError, type StoreAudience } from './store-error.js';
