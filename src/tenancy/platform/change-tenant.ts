import type { ManagerAuditEntry } from '../../audit/audit-entry.ts';
import { recordManagerAudit } from '../../audit/manager-audit.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import { announced } from '../../db/announced-change.ts';
import type { CentralClient, CentralTransaction } from '../../db/central-client.ts';
import { lockTenant, type ManagedTenant } from './tenants.ts';

/** The tenants' database, and the way to tell those who remember tenants. */
export interface TenantTools {
  readonly central: CentralClient;
  /** Invalidates every process's cached row of the tenant. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
}

/** A change of a tenant or its settings, in one transaction. */
export interface TenantChange {
  readonly transaction: CentralTransaction;
  /** The tenant as it is before the change. */
  readonly tenant: ManagedTenant;
  record(entry: ManagerAuditEntry): Promise<void>;
}

/**
 * Changes a tenant or its settings in a manager's name, one change at a time. Every process is told.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {UnauthenticatedError} when the manager's session has ended meanwhile.
 */
export function changeTenant<T>(
  { central, invalidate }: TenantTools,
  actor: Actor,
  tenantKey: string,
  work: (change: TenantChange) => Promise<T>,
): Promise<T> {
  return announced(
    () =>
      central.$transaction(async (transaction) => {
        await holdManagerSession(transaction, actor);
        const tenant = await lockTenant(transaction, tenantKey);
        return work({
          transaction,
          tenant,
          record: (entry) => recordManagerAudit(transaction, actor, entry, tenantKey),
        });
      }),
    () => invalidate(tenantKey),
  );
}
