import { z } from 'zod';
import type { CentralDatabase } from '../db/identity-database.ts';
import { inOrder } from '../db/in-order.ts';
import { textSchema } from '../db/text.ts';
import { foldedName } from '../db/text-forms.ts';
import { message, parseInput, ValidationFailedError } from '../errors/index.ts';
import type { AuditRecord, Prisma } from '../generated/central/client.ts';
import type { ManagerAuditAction, ManagerEntityType } from './audit-actions.ts';

/** The records that a list shows. Absent parts, and null, let all through. */
export interface ManagerAuditFilter {
  readonly actions?: readonly ManagerAuditAction[] | null | undefined;
  readonly entityType?: ManagerEntityType | null | undefined;
  readonly tenantKey?: string | null | undefined;
  readonly managerId?: string | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

const tenantKeySchema = textSchema(64).overwrite(foldedName).nullish();

/**
 * The condition for records that the filter lets through.
 * @throws {ValidationFailedError} for a name that can't be one, and for times in the wrong order.
 */
export function managerAuditFilter(filter: ManagerAuditFilter): Prisma.AuditRecordWhereInput {
  const { actions, entityType, managerId, from, to } = filter;
  const tenantKey = parseInput(tenantKeySchema, filter.tenantKey, ['tenantKey']);
  if (from != null && to != null && to < from) {
    throw new ValidationFailedError([{ path: ['to'], message: message('field.timeRange') }]);
  }
  return {
    ...(actions == null ? {} : { action: { in: [...new Set(actions)] } }),
    ...(entityType == null ? {} : { entityType }),
    ...(tenantKey == null ? {} : { tenantKey }),
    ...(managerId === undefined ? {} : { managerId }),
    ...(from == null && to == null
      ? {}
      : { createdAt: { ...(from == null ? {} : { gte: from }), ...(to == null ? {} : { lt: to }) } }),
  };
}

/** The records of those ids, in their order, with null for those that do not exist. */
export async function loadManagerAuditRecords(
  central: CentralDatabase,
  ids: readonly string[],
): Promise<(AuditRecord | null)[]> {
  const rows = await central.auditRecord.findMany({ where: { id: { in: [...ids] } } });
  return inOrder(ids, rows, (row) => row.id);
}

/** A page of records. */
export function listManagerAuditRecords(
  central: CentralDatabase,
  page: Pick<Prisma.AuditRecordFindManyArgs, 'where' | 'orderBy' | 'take'>,
): Promise<AuditRecord[]> {
  return central.auditRecord.findMany(page);
}

const operatorSchema = z.object({ operator: z.object({ after: z.string() }) });

/** The operator of a script, whose name is among a record's changes; null if there is none. */
export function operatorIn(changes: unknown): string | null {
  return operatorSchema.safeParse(changes).data?.operator.after ?? null;
}
