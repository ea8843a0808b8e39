import type { CentralDatabase } from '../db/identity-database.ts';
import type { AuditActor, ManagerAuditEntry } from './audit-entry.ts';

/**
 * Records what a manager has done, in the central transaction that does it: there is no change without its record,
 * and no record without its change.
 * @param tenantKey the tenant that it was about; null when it was about none.
 */
export async function recordManagerAudit(
  central: CentralDatabase,
  { viewer, requestId, address }: AuditActor,
  { action, entityType, entityId, changes = {} }: ManagerAuditEntry,
  tenantKey: string | null,
): Promise<void> {
  await central.auditRecord.create({
    data: {
      action,
      entityType,
      entityId,
      managerId: viewer?.userId ?? null,
      managerUsername: viewer?.username ?? null,
      tenantKey,
      changes,
      requestId,
      address,
    },
    select: { id: true },
  });
}
