import type { ManagerAuditAction } from '../../audit/audit-actions.ts';
import type { AuditChanges } from '../../audit/audit-entry.ts';
import { recordManagerAudit } from '../../audit/manager-audit.ts';
import { announcingEnds, type SessionChanges } from '../../auth/sessions/announcing-ends.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient, CentralTransaction } from '../../db/central-client.ts';
import { managerIdentity } from '../../db/identity-database.ts';
import { changeLimits } from '../../db/identity-lock.ts';
import { recordOperation } from '../operator.ts';

/** The author of a change of managers: a manager, or the name of whoever runs a script. */
export type ManagerEditor = Actor | string;

/** The managers' database, and the way to tell those who remember managers' sessions. */
export interface ManagerTools {
  readonly central: CentralClient;
  /** Invalidates every process's cached sessions of managers. */
  readonly invalidateManagers: () => Promise<void>;
}

/** An action on a manager's account. */
type ManagerAction = Extract<ManagerAuditAction, `manager.${string}`>;

/** A change of managers and its record, in one transaction. */
export interface ManagerChange {
  readonly transaction: CentralTransaction;
  readonly sessions: SessionChanges;
  record(action: ManagerAction, managerId: string, changes?: AuditChanges): Promise<void>;
}

/**
 * Changes managers, one change at a time: who acts is still a manager when it commits. If it ends sessions, every
 * process is told.
 * @throws {UnauthenticatedError} when a manager acts whose session has ended meanwhile.
 */
export function changeManagers<T>(
  { central, invalidateManagers }: ManagerTools,
  editor: ManagerEditor,
  work: (change: ManagerChange) => Promise<T>,
): Promise<T> {
  return announcingEnds(invalidateManagers, (sessionsOf) =>
    central.$transaction(async (transaction) => {
      // Before the session is held: two managers who end each other's would wait for each other for ever.
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('cxg.managers', 0))`;
      if (typeof editor !== 'string') await holdManagerSession(transaction, editor);
      return work({
        transaction,
        sessions: sessionsOf(managerIdentity(transaction)),
        async record(action, managerId, changes = {}) {
          const entry = { action, entityType: 'Manager' as const, entityId: managerId, changes };
          if (typeof editor !== 'string') return recordManagerAudit(transaction, editor, entry, null);
          const operator = { kind: 'script', name: editor } as const;
          return recordOperation({ central: transaction, operator }, entry, null);
        },
      });
    }, changeLimits),
  );
}
