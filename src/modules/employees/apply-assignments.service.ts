import type { TenantDatabase } from '../../db/tenant-client.ts';

/**
 * Gives every employee the columns of the assignment that holds on a day: the last that has begun, or the first while
 * none has; after they have left, the one of their last day. What has been deleted does not come back by it: who has
 * been moved from a deleted department stays where they were moved to. Who would manage themselves, through others or
 * not, reports to nobody. Run again, it changes nothing.
 * @returns the number of employees that have changed.
 */
export function applyAssignments(db: TenantDatabase, day: Date): Promise<number> {
  return db.$executeRaw`
    WITH RECURSIVE "wanted" AS (
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
    ),
    "above" AS (
      SELECT "id", "manager_id" FROM "wanted"
      UNION
      SELECT "above"."id", "wanted"."manager_id" FROM "above"
      JOIN "wanted" ON "wanted"."id" = "above"."manager_id"
      WHERE "above"."manager_id" <> "above"."id"
    ),
    "possible" AS (
      SELECT "wanted".*, CASE WHEN "above"."id" IS NULL THEN "wanted"."manager_id" END AS "possible_manager_id"
      FROM "wanted"
      LEFT JOIN "above" ON "above"."id" = "wanted"."id" AND "above"."manager_id" = "wanted"."id"
    )
    UPDATE "hrm"."employees"
    SET "department_id" = "possible"."department_id",
        "branch_id" = "possible"."branch_id",
        "position" = "possible"."position",
        "employment_type" = "possible"."employment_type",
        "manager_id" = "possible"."possible_manager_id",
        "updated_at" = now()
    FROM "possible"
    WHERE "employees"."id" = "possible"."id"
      AND ("employees"."department_id", "employees"."branch_id", "employees"."position",
           "employees"."employment_type", "employees"."manager_id")
        IS DISTINCT FROM ("possible"."department_id", "possible"."branch_id", "possible"."position",
           "possible"."employment_type", "possible"."possible_manager_id")`;
}
