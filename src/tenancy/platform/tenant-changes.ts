import type { ManagerAuditAction } from '../../audit/audit-actions.ts';
import { changesBetween } from '../../audit/audit-entry.ts';
import type { Actor } from '../../auth/viewer.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import { reasonSchema } from '../../db/text.ts';
import { ConflictError, message, parseInput } from '../../errors/index.ts';
import type { Prisma, TenantStatus } from '../../generated/central/client.ts';
import { tenantChangesSchema } from '../provisioning/provisioning-request.ts';
import { changeTenant, type TenantTools } from './change-tenant.ts';
import { type ManagedTenant, writeTenant } from './tenants.ts';

/**
 * Takes a tenant out of service.
 * @param reason why; 1 to 500 characters.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {ConflictError} when it is not in service.
 * @throws {ValidationFailedError} for a reason that is none.
 */
export async function suspendTenant(
  tools: TenantTools,
  actor: Actor,
  tenantKey: string,
  reason: string,
): Promise<ManagedTenant> {
  const statusReason = parseInput(reasonSchema, reason, ['reason']);
  return changeColumns(tools, actor, tenantKey, 'tenant.suspend', (tenant) => {
    assertStatus(tenant, 'active');
    return { status: 'suspended', isActive: false, statusReason };
  });
}

/**
 * Puts a suspended tenant into service again.
 * @param schemaVersion the newest migration that its database is known to have had; undefined leaves the record as it is.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {ConflictError} when it is not suspended.
 */
export function resumeTenant(
  tools: TenantTools,
  actor: Actor,
  tenantKey: string,
  schemaVersion: string | null | undefined,
): Promise<ManagedTenant> {
  return changeColumns(tools, actor, tenantKey, 'tenant.resume', (tenant) => {
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
 * @param input what a manager says of it, to be checked.
 * @param expectedUpdatedAt when the manager's copy was last changed; absent means that they don't mind.
 * @throws {TenantNotFoundError} when there is none of that key.
 * @throws {ConflictError} when somebody has changed it since.
 * @throws {ValidationFailedError} naming every field that is wrong.
 */
export async function updateTenant(
  tools: TenantTools,
  actor: Actor,
  tenantKey: string,
  input: object,
  expectedUpdatedAt: Date | null | undefined,
): Promise<ManagedTenant> {
  const changes = parseInput(tenantChangesSchema, input, []);
  return changeColumns(tools, actor, tenantKey, 'tenant.update', (tenant) => {
    assertUnchanged(tenant, expectedUpdatedAt);
    return changes;
  });
}

/** Changes columns of a tenant's row, and records it in the same transaction. */
function changeColumns(
  tools: TenantTools,
  actor: Actor,
  tenantKey: string,
  action: ManagerAuditAction,
  decide: (tenant: ManagedTenant) => Prisma.TenantUpdateInput,
): Promise<ManagedTenant> {
  return changeTenant(tools, actor, tenantKey, async ({ transaction, tenant: before, record }) => {
    const after = await writeTenant(transaction, tenantKey, decide(before));
    await record({
      action,
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween(before, after),
    });
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
