import { message, ValidationFailedError } from '../errors/index.ts';
import type { Prisma } from '../generated/tenant/client.ts';
import type { TenantAuditAction, TenantEntityType } from './audit-actions.ts';

/** The records that a list shows. Absent parts, and null, let all through. */
export interface AuditFilter {
  readonly actions?: readonly TenantAuditAction[] | null | undefined;
  readonly entityType?: TenantEntityType | null | undefined;
  readonly entityId?: string | undefined;
  readonly userId?: string | undefined;
  readonly byManagers?: boolean | null | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/**
 * The condition for records that the filter lets through.
 * @throws {ValidationFailedError} for times in the wrong order.
 */
export function auditFilter(filter: AuditFilter): Prisma.AuditRecordWhereInput {
  const { actions, entityType, entityId, userId, byManagers, from, to } = filter;
  if (from != null && to != null && to < from) {
    throw new ValidationFailedError([{ path: ['to'], message: message('field.timeRange') }]);
  }
  return {
    ...(actions == null ? {} : { action: { in: [...new Set(actions)] } }),
    ...(entityType == null ? {} : { entityType }),
    ...(entityId === undefined ? {} : { entityId }),
    ...(userId === undefined ? {} : { userId }),
    ...(byManagers == null ? {} : { managerId: byManagers ? { not: null } : null }),
    ...(from == null && to == null
      ? {}
      : { createdAt: { ...(from == null ? {} : { gte: from }), ...(to == null ? {} : { lt: to }) } }),
  };
}
