import type { TenantDatabase, TenantTransaction } from '../db/tenant-client.ts';
import type { AuditActor, TenantAuditEntry } from './audit-entry.ts';

/** Records a change of a tenant in the transaction that makes it: neither is ever committed without the other. */
export async function recordAudit(
  transaction: TenantTransaction,
  actor: AuditActor,
  entry: TenantAuditEntry,
): Promise<void> {
  await transaction.auditRecord.create({ data: recordOf(actor, entry), select: { id: true } });
}

/** Records what somebody has read, in one statement, before it is given to them. */
export async function recordAudits(
  db: TenantDatabase,
  actor: AuditActor,
  entries: readonly TenantAuditEntry[],
): Promise<void> {
  await db.auditRecord.createMany({ data: entries.map((entry) => recordOf(actor, entry)) });
}

function recordOf(
  { viewer, requestId, address }: AuditActor,
  { action, entityType, entityId, changes = {} }: TenantAuditEntry,
) {
  const who =
    viewer?.role === 'manager'
      ? { managerId: viewer.userId, managerUsername: viewer.username }
      : { userId: viewer?.userId ?? null, username: viewer?.username ?? null };
  return { action, entityType, entityId, ...who, changes, requestId, address };
}
