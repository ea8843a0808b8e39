import type { TenantDatabase } from '../../db/tenant-client.ts';
import type { EntityChange } from '../../entities/entity.ts';
import { type FieldProblem, message } from '../../errors/index.ts';

/** Nobody leaves before they come, and nobody reports to themselves, directly or through others. */
export async function checkEmployee({
  transaction,
  before,
  changes,
}: EntityChange<'Employee'>): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  const { hiredOn, leftOn } = { ...before, ...changes };
  if (hiredOn && leftOn && leftOn < hiredOn) {
    const field = changes.leftOn ? 'leftOn' : 'hiredOn';
    problems.push({ path: ['input', field], message: message('field.dayRange') });
  }
  if (before && changes.managerId) await lockManagers(transaction);
  if (before && changes.managerId && (await reportsTo(transaction, changes.managerId, before.id))) {
    problems.push({ path: ['input', 'managerId'], message: message('field.managerCircle') });
  }
  return problems;
}

/** Two changes at once, each of which is sound alone, could close a circle between them. */
async function lockManagers(transaction: TenantDatabase): Promise<void> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('hrm.employees.manager_id', 0))`;
}

/** Returns whether an employee is the other one, or reports to them, directly or through others. */
async function reportsTo(db: TenantDatabase, id: string, manager: string): Promise<boolean> {
  const found = await db.$queryRaw<unknown[]>`
    WITH RECURSIVE "above" AS (
      SELECT "id", "manager_id" FROM "hrm"."employees" WHERE "id" = ${id}::uuid
      UNION
      SELECT "next"."id", "next"."manager_id" FROM "hrm"."employees" AS "next"
      JOIN "above" ON "next"."id" = "above"."manager_id"
    )
    SELECT 1 FROM "above" WHERE "id" = ${manager}::uuid`;
  return found.length > 0;
}
