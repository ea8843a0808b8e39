import type { TenantTransaction } from '../db/tenant-client.ts';
import type { AuditActor, TenantAuditEntry } from './audit-entry.ts';

/** Records a change of a tenant in the transaction that makes it: neither is ever committed without the other. */
export async function recordAudit(
  transaction: TenantTransaction,
  { viewer, requestId, address }: AuditActor,
  { action, entityType, entityId, changes = {} }: TenantAuditEntry,
): Promise<void> {
  const who =
    viewer?.role === 'manager'
      ? { managerId: viewer.userId, managerUsername: viewer.username }
      : { userId: viewer?.userId ?? null, username: viewer?.username ?? null };
  await transaction.auditRecord.create({
    data: { action, entityType, entityId, ...who, changes, requestId, address },
    select: { id: true },
  });
}
