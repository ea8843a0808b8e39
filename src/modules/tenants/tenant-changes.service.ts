import { changesBetween } from '../../audit/audit-entry.ts';
import { recordManagerAudit } from '../../audit/manager-audit.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import { ConflictError, message } from '../../errors/index.ts';
import type { Prisma, TenantStatus } from '../../generated/central/client.ts';
import { lockTenant, type ManagedTenant, writeTenant } from './tenant.service.ts';

/** What of a tenant may be changed. */
export interface TenantChanges {
  readonly companyName?: string;
  readonly plan?: string;
  readonly maxUsers?: number;
}

/**
 * Takes a tenant out of service.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {ConflictError} when it is not in service.
 */
export function suspendTenant(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  reason: string,
): Promise<ManagedTenant> {
  return changeTenant(central, actor, tenantKey, 'tenant.suspend', (tenant) => {
    assertStatus(tenant, 'active');
    return { status: 'suspended', isActive: false, statusReason: reason };
  });
}

/**
 * Puts a suspended tenant into service again.
 * @param schemaVersion the newest migration that its database is known to have had; undefined leaves the record as it is.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {ConflictError} when it is not suspended.
 */
export function resumeTenant(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  schemaVersion: string | null | undefined,
): Promise<ManagedTenant> {
  return changeTenant(central, actor, tenantKey, 'tenant.resume', (tenant) => {
    assertStatus(tenant, 'suspended');
    return {
      status: 'active',
      isActive: true,
      statusReason: null,
      ...(schemaVersion === undefined ? {} : { schemaVersion }),
    };
  });
}

/**
 * Changes what is given of a tenant.
 * @param expectedUpdatedAt when the manager's copy was last changed; absent means that they don't mind.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {ConflictError} when somebody has changed it since.
 */
export function updateTenant(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  changes: TenantChanges,
  expectedUpdatedAt: Date | null | undefined,
): Promise<ManagedTenant> {
  return changeTenant(central, actor, tenantKey, 'tenant.update', (tenant) => {
    assertUnchanged(tenant, expectedUpdatedAt);
    return changes;
  });
}

/** Changes a tenant's row, one change at a time, and records it in the same transaction. */
function changeTenant(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  action: string,
  decide: (tenant: ManagedTenant) => Prisma.TenantUpdateInput,
): Promise<ManagedTenant> {
  return central.$transaction(async (transaction) => {
    await holdManagerSession(transaction, actor);
    const before = await lockTenant(transaction, tenantKey);
    const after = await writeTenant(transaction, tenantKey, decide(before));
    await recordManagerAudit(
      transaction,
      actor,
      { action, entityType: 'Tenant', entityId: tenantKey, changes: changesBetween(before, after) },
      tenantKey,
    );
    return after;
  });
}

function assertStatus({ tenantKey, status }: ManagedTenant, wanted: TenantStatus): void {
  if (status !== wanted) {
    throw new ConflictError({
      reason: 'WRONG_STATE',
      status,
      message: message('tenant.isInStatus', { tenantKey, status: message(`status.${status}`) }),
    });
  }
}
