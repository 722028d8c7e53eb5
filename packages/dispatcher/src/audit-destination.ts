import type { AuditPage } from './audit-page.js';
import type { EventMembers } from './audit-record.js';
import type { WriteFailure } from './audit-write.js';

/** Something about the log that its readers must know, such as lines that are missing. */
export interface AuditEvent {
  readonly kind: string;
  readonly members: EventMembers;
}

/** Where lines go, and the end of their chain. Used by one call at a time. */
export interface AuditDestination {
  /** What was found since it was asked last. */
  takeFound(): readonly AuditEvent[];
  /** Writes what an earlier `append` has left over, and looks whether more can be written. */
  prepare(): WriteFailure | null;
  /**
   * Chains lines and writes them. Takes them in any case: what could not be written is left over for `prepare`.
   *
   * @param when - now: before this returns, where that is possible
   */
  append(page: AuditPage, when: 'soon' | 'now'): WriteFailure | null | Promise<WriteFailure | null>;
  /** Goes on in a new file of the name. @throws Error when there can be none; the old one stays in use */
  reopen(): void;
  close(): Promise<void>;
}
