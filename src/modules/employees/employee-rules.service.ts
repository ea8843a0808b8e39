import type { TenantDatabase } from '../../db/tenant-client.ts';
import type { EntityAttempt, EntityChange, RowOf } from '../../entities/entity.ts';
import { type FieldProblem, ForbiddenError, message } from '../../errors/index.ts';

/** Nobody deletes their own: for another one, without their account, they could decide on what is theirs. */
export async function guardEmployee({ actor, verb, row }: EntityAttempt<'Employee'>): Promise<void> {
  if (verb === 'delete' && row.userId === actor.viewer.userId) {
    throw new ForbiddenError(message('forbidden.deleteOwnEmployee'));
  }
}

/**
 * Nobody leaves before they come, or has another assignment before the first. Nobody's own loses their account by them:
 * they would decide on their own leave.
 */
export async function checkEmployee({
  transaction,
  actor: { viewer },
  before,
  changes,
}: EntityChange<'Employee'>): Promise<FieldProblem[]> {
  if (before?.userId === viewer.userId && changes.userId !== undefined && changes.userId !== viewer.userId) {
    throw new ForbiddenError(message('forbidden.ownEmployeeAccount'));
  }
  const problems: FieldProblem[] = [];
  const { hiredOn, leftOn } = { ...before, ...changes };
  if (hiredOn && leftOn && leftOn < hiredOn) {
    const field = changes.leftOn ? 'leftOn' : 'hiredOn';
    problems.push({ path: ['input', field], message: message('field.dayRange') });
  }
  if (before && changes.hiredOn && (await isAssignedBy(transaction, before, changes.hiredOn))) {
    problems.push({ path: ['input', 'hiredOn'], message: message('field.assignedBefore') });
  }
  return problems;
}

/** Returns whether an employee who is there works for the company on these days. */
export function worksOn(
  { hiredOn, leftOn, deletedAt }: Pick<RowOf<'Employee'>, 'hiredOn' | 'leftOn' | 'deletedAt'>,
  first: Date,
  last = first,
): boolean {
  return deletedAt === null && first >= hiredOn && (leftOn === null || last <= leftOn);
}

/** Returns whether an assignment but the first would begin before the employee was hired. */
async function isAssignedBy(
  db: TenantDatabase,
  { id, hiredOn }: { readonly id: string; readonly hiredOn: Date },
  day: Date,
): Promise<boolean> {
  const between = { gt: hiredOn, lte: day };
  return (await db.assignment.count({ where: { employeeId: id, startsOn: between, deletedAt: null } })) > 0;
}

/**
 * Returns whether an employee is above themselves, directly or through others, by the assignments of any day on which
 * the assignment holds that they have on `day`. As for {@link applyAssignments}, the first holds before it has begun.
 */
export async function isAboveThemselves(db: TenantDatabase, id: string, day: Date): Promise<boolean> {
  const found = await db.$queryRaw<unknown[]>`
    WITH RECURSIVE "held" AS (
      SELECT "employee_id", "manager_id", daterange(
        CASE WHEN lag("starts_on") OVER "in_order" IS NOT NULL THEN "starts_on" END,
        lead("starts_on") OVER "in_order"
      ) AS "days"
      FROM "hrm"."assignments"
      WHERE "deleted_at" IS NULL
      WINDOW "in_order" AS (PARTITION BY "employee_id" ORDER BY "starts_on")
    ),
    "above" AS (
      SELECT "manager_id", "days" FROM "held" WHERE "employee_id" = ${id}::uuid AND "days" @> ${day}::date
      UNION
      SELECT "held"."manager_id", "held"."days" * "above"."days" FROM "above"
      JOIN "held" ON "held"."employee_id" = "above"."manager_id" AND "held"."days" && "above"."days"
      WHERE "above"."manager_id" <> ${id}::uuid
    )
    SELECT 1 FROM "above" WHERE "manager_id" = ${id}::uuid LIMIT 1`;
  return found.length > 0;
}
