import type { TenantDatabase } from '../../db/tenant-client.ts';
import { Prisma } from '../../generated/tenant/client.ts';

/** Returns whether somebody leads the employee's department, or one above it. */
export async function isHeadOf(db: TenantDatabase, userId: string, employeeId: string): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM "hrm"."employees"
    WHERE "id" = ${employeeId}::uuid AND "department_id" IN (${departmentsLedBy(userId)})`;
  return rows.length > 0;
}

/** The query, as a part of another one, for the ids of the departments that somebody leads and of all below them. */
export const departmentsLedBy = (userId: string): Prisma.Sql =>
  departmentsBelow(Prisma.sql`"head_id" = ${userId}::uuid`);

/** The same for a department and all below it. */
export const departmentsWithin = (departmentId: string): Prisma.Sql =>
  departmentsBelow(Prisma.sql`"id" = ${departmentId}::uuid`);

function departmentsBelow(isTop: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    WITH RECURSIVE "within" AS (
      SELECT "id" FROM "sys"."departments" WHERE ${isTop} AND "deleted_at" IS NULL
      UNION
      SELECT "departments"."id" FROM "sys"."departments" JOIN "within" ON "departments"."parent_id" = "within"."id"
      WHERE "departments"."deleted_at" IS NULL
    )
    SELECT "id" FROM "within"`;
}
