import type { TenantDatabase } from '../../db/tenant-client.ts';

/**
 * Gives every employee the columns of the assignment that holds on a day: the last that has begun, or the first while
 * none has; after they have left, the one of their last day. What has been deleted does not come back by it: who has
 * been moved from a deleted department stays where they were moved to. Run again, it changes nothing.
 * @returns the number of employees that have changed.
 */
export function applyAssignments(db: TenantDatabase, day: Date): Promise<number> {
  return db.$executeRaw`
    UPDATE "hrm"."employees"
    SET "department_id" = "wanted"."department_id",
        "branch_id" = "wanted"."branch_id",
        "position" = "wanted"."position",
        "employment_type" = "wanted"."employment_type",
        "manager_id" = "wanted"."manager_id",
        "updated_at" = now()
    FROM (
      SELECT
        "employee"."id",
        CASE WHEN "departments"."deleted_at" IS NULL
          THEN "held"."department_id" ELSE "employee"."department_id" END AS "department_id",
        CASE WHEN "branches"."deleted_at" IS NULL
          THEN "held"."branch_id" ELSE "employee"."branch_id" END AS "branch_id",
        "held"."position",
        "held"."employment_type",
        CASE WHEN "managers"."deleted_at" IS NULL
          THEN "held"."manager_id" ELSE "employee"."manager_id" END AS "manager_id"
      FROM "hrm"."employees" AS "employee"
      CROSS JOIN LATERAL (
        SELECT "assignments".* FROM "hrm"."assignments",
          LATERAL (SELECT "starts_on" <= LEAST(${day}::date, "employee"."left_on") AS "has_begun") AS "begun"
        WHERE "assignments"."employee_id" = "employee"."id" AND "assignments"."deleted_at" IS NULL
        ORDER BY "has_begun" DESC, CASE WHEN "has_begun" THEN "starts_on" END DESC, "starts_on"
        LIMIT 1
      ) AS "held"
      LEFT JOIN "sys"."departments" ON "departments"."id" = "held"."department_id"
      LEFT JOIN "sys"."branches" ON "branches"."id" = "held"."branch_id"
      LEFT JOIN "hrm"."employees" AS "managers" ON "managers"."id" = "held"."manager_id"
      WHERE "employee"."deleted_at" IS NULL
    ) AS "wanted"
    WHERE "employees"."id" = "wanted"."id"
      AND ("employees"."department_id", "employees"."branch_id", "employees"."position",
           "employees"."employment_type", "employees"."manager_id")
        IS DISTINCT FROM ("wanted"."department_id", "wanted"."branch_id", "wanted"."position",
           "wanted"."employment_type", "wanted"."manager_id")`;
}
