import { recordManagerAudit } from '../../auth/audit/manager-audit.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { TenantClient } from '../../db/tenant-client.ts';
import { changeLimits } from '../../db/turns.ts';
import { recordAudit } from '../audit/audit.service.ts';

/**
 * Records in both logs that a manager enters a tenant: in the platform's and, where its own people can read it, in
 * the tenant's. When either can't be written, neither is.
 */
export async function recordEntry(
  central: CentralClient,
  db: TenantClient,
  actor: Actor,
  tenantKey: string,
  reason: string,
): Promise<void> {
  const entry = {
    action: 'tenant.enter',
    entityType: 'Tenant',
    changes: { reason: { before: null, after: reason } },
  };
  await central.$transaction(async (transaction) => {
    await recordManagerAudit(transaction, actor, { ...entry, entityId: tenantKey }, tenantKey);
    await db.$transaction(
      (inTenant) => recordAudit(inTenant, actor, { ...entry, entityId: null }),
      changeLimits,
    );
  });
}
