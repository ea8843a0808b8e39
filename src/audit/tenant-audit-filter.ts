import { z } from 'zod';
import { escapeWildcards } from '../db/search.ts';
import { textSchema } from '../db/text.ts';
import { message, parseInput, ValidationFailedError } from '../errors/index.ts';
import type { Prisma } from '../generated/tenant/client.ts';

/** Which records a list shows. */
export interface AuditFilter {
  /** An action, or the beginning of some and an asterisk. */
  readonly action?: string | null | undefined;
  readonly entityType?: string | null | undefined;
  readonly entityId?: string | undefined;
  readonly userId?: string | undefined;
  readonly byManagers?: boolean | null | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

const nameSchema = textSchema(64).nullish();

/**
 * The condition for records that the filter lets through.
 * @throws {ValidationFailedError} for a name that can't be one, and for times in the wrong order.
 */
export function auditFilter(filter: AuditFilter): Prisma.AuditRecordWhereInput {
  const { action, entityType } = parseInput(
    z.object({ action: nameSchema, entityType: nameSchema }),
    { action: filter.action, entityType: filter.entityType },
    [],
  );
  const { entityId, userId, byManagers, from, to } = filter;
  if (from != null && to != null && to < from) {
    throw new ValidationFailedError([{ path: ['to'], message: message('field.timeRange') }]);
  }
  return {
    ...(action == null
      ? {}
      : { action: action.endsWith('*') ? { startsWith: escapeWildcards(action.slice(0, -1)) } : action }),
    ...(entityType == null ? {} : { entityType }),
    ...(entityId === undefined ? {} : { entityId }),
    ...(userId === undefined ? {} : { userId }),
    ...(byManagers == null ? {} : { managerId: byManagers ? { not: null } : null }),
    ...(from == null && to == null
      ? {}
      : { createdAt: { ...(from == null ? {} : { gte: from }), ...(to == null ? {} : { lt: to }) } }),
  };
}
