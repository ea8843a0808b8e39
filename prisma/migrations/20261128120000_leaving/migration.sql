-- Sign-ins and sessions compare it with the database's clock, so that nothing has to run on the day.
ALTER TABLE "sys"."users" ADD COLUMN "access_ends_at" TIMESTAMPTZ(3);

-- Each employee has been somewhere since they were hired.
INSERT INTO "hrm"."assignments" (
  "id", "employee_id", "starts_on", "department_id", "branch_id", "position", "employment_type", "manager_id",
  "updated_at"
)
SELECT gen_random_uuid(), "id", "hired_on", "department_id", "branch_id", "position", "employment_type", "manager_id",
  now()
FROM "hrm"."employees"
WHERE NOT EXISTS (SELECT FROM "hrm"."assignments" WHERE "assignments"."employee_id" = "employees"."id");

SELECT "sys"."raise_data_version"();
