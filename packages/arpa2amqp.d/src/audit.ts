import { AuditFile, AuditLog, AuditStream, type AuditDestination } from '@arpa2amqp/dispatcher';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.js';
import { auditHeadIn, auditIn } from './state-directory.js';

const STDOUT = '-';
const STDOUT_FD = 1;

/**
 * Opens the audit log.
 *
 * @returns null when there is none: it was not asked for, and there is no state directory where it would be
 * @throws BusError `config` when the file cannot be used
 */
export function openAudit({ audit, state }: Configuration, log: Logger): AuditLog | null {
  const path = audit ?? (state === undefined ? undefined : auditIn(state));
  if (path === undefined) return null;
  const headPath = state === undefined ? undefined : auditHeadIn(state);
  const destination: AuditDestination =
    path === STDOUT ? new AuditStream(STDOUT_FD, headPath) : new AuditFile({ path, headPath });
  return new AuditLog({
    destination,
    onFailure: ({ code, message }) => log.error({ code, reason: message }, 'audit-failed'),
    onRecovery: (lost) => log.warn({ lost }, 'audit-recovered'),
    onFound: ({ kind, members }) => {
      // As after rotation without a signal.
      if (kind === 'begun') log.warn(members, 'audit-begun');
      else log.error({ ...members, kind }, 'audit-damaged');
    },
  });
}
