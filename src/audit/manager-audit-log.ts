import { z } from 'zod';
import type { CentralDatabase } from '../db/identity-database.ts';
import { inOrder } from '../db/in-order.ts';
import { escapeWildcards } from '../db/search.ts';
import { textSchema } from '../db/text.ts';
import { foldedName } from '../db/text-forms.ts';
import { message, parseInput, ValidationFailedError } from '../errors/index.ts';
import type { AuditRecord, Prisma } from '../generated/central/client.ts';

/** Which records a list shows. */
export interface ManagerAuditFilter {
  /** An action, or the beginning of some and an asterisk. */
  readonly action?: string | null | undefined;
  readonly tenantKey?: string | null | undefined;
  readonly managerId?: string | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

const namesSchema = z.object({
  action: textSchema(64).nullish(),
  tenantKey: textSchema(64).overwrite(foldedName).nullish(),
});

/**
 * The condition for records that the filter lets through.
 * @throws {ValidationFailedError} for a name that can't be one, and for times in the wrong order.
 */
export function managerAuditFilter({
  managerId,
  from,
  to,
  ...names
}: ManagerAuditFilter): Prisma.AuditRecordWhereInput {
  const { action, tenantKey } = parseInput(namesSchema, names, []);
  if (from != null && to != null && to < from) {
    throw new ValidationFailedError([{ path: ['to'], message: message('field.timeRange') }]);
  }
  return {
    ...(action == null
      ? {}
      : { action: action.endsWith('*') ? { startsWith: escapeWildcards(action.slice(0, -1)) } : action }),
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
