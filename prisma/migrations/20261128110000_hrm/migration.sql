CREATE TYPE "hrm"."employment_type" AS ENUM ('REGULAR', 'CONTRACT', 'PART_TIME', 'INTERN');
CREATE TYPE "hrm"."leave_status" AS ENUM ('PENDING', 'APPROVED', 'REJECTED', 'CANCELLED');
CREATE TYPE "hrm"."correction_status" AS ENUM ('PENDING', 'APPROVED', 'REJECTED');

ALTER TABLE "sys"."departments" ADD COLUMN "head_id" UUID;

CREATE TABLE "hrm"."employees" (
    "id" UUID NOT NULL,
    "number" VARCHAR(64) COLLATE "und-x-icu" NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "user_id" UUID,
    "department_id" UUID,
    "branch_id" UUID,
    "position" VARCHAR(128) COLLATE "und-x-icu",
    "employment_type" "hrm"."employment_type" NOT NULL DEFAULT 'REGULAR',
    "hired_on" DATE NOT NULL,
    "left_on" DATE,
    "manager_id" UUID,
    "birth_date_sealed" TEXT,
    "personal_phone_sealed" TEXT,
    "home_address_sealed" TEXT,
    "bank_account_sealed" TEXT,
    "resident_number_sealed" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "employees_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."assignments" (
    "id" UUID NOT NULL,
    "employee_id" UUID NOT NULL,
    "user_id" UUID,
    "starts_on" DATE NOT NULL,
    "department_id" UUID,
    "branch_id" UUID,
    "position" VARCHAR(128) COLLATE "und-x-icu",
    "employment_type" "hrm"."employment_type" NOT NULL,
    "manager_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "assignments_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."leave_types" (
    "id" UUID NOT NULL,
    "code" VARCHAR(64) COLLATE "und-x-icu" NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "description" VARCHAR(1024),
    "is_paid" BOOLEAN NOT NULL DEFAULT true,
    "is_annual" BOOLEAN NOT NULL DEFAULT false,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "is_limited" BOOLEAN NOT NULL DEFAULT true,
    "max_carry_over_days" DECIMAL(5,1),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "leave_types_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."leave_entitlements" (
    "id" UUID NOT NULL,
    "employee_id" UUID NOT NULL,
    "user_id" UUID,
    "leave_type_id" UUID NOT NULL,
    "year" INTEGER NOT NULL,
    "days" DECIMAL(5,1) NOT NULL,
    "carried_over_days" DECIMAL(5,1) NOT NULL DEFAULT 0,
    "note" VARCHAR(1024) COLLATE "und-x-icu",
    "is_overridden" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "leave_entitlements_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."leave_requests" (
    "id" UUID NOT NULL,
    "employee_id" UUID NOT NULL,
    "user_id" UUID,
    "leave_type_id" UUID NOT NULL,
    "starts_on" DATE NOT NULL,
    "ends_on" DATE NOT NULL,
    "starts_at_noon" BOOLEAN NOT NULL DEFAULT false,
    "ends_at_noon" BOOLEAN NOT NULL DEFAULT false,
    "days" DECIMAL(5,1) NOT NULL,
    "reason" VARCHAR(1024) COLLATE "und-x-icu",
    "status" "hrm"."leave_status" NOT NULL DEFAULT 'PENDING',
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(3),
    "decision_note" VARCHAR(1024),
    "cancelled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "leave_requests_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."attendance_records" (
    "id" UUID NOT NULL,
    "employee_id" UUID NOT NULL,
    "user_id" UUID,
    "work_date" DATE NOT NULL,
    "clocked_in_at" TIMESTAMPTZ(3) NOT NULL,
    "clocked_out_at" TIMESTAMPTZ(3),
    "note" VARCHAR(1024) COLLATE "und-x-icu",
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "attendance_records_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."attendance_corrections" (
    "id" UUID NOT NULL,
    "employee_id" UUID NOT NULL,
    "user_id" UUID,
    "record_id" UUID,
    "work_date" DATE NOT NULL,
    "requested_by" UUID,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "clocked_in_at" TIMESTAMPTZ(3) NOT NULL,
    "clocked_out_at" TIMESTAMPTZ(3),
    "reason" VARCHAR(1024) NOT NULL,
    "status" "hrm"."correction_status" NOT NULL DEFAULT 'PENDING',
    "decided_by" UUID,
    "decided_at" TIMESTAMPTZ(3),
    "decision_note" VARCHAR(1024),

    CONSTRAINT "attendance_corrections_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "hrm"."holidays" (
    "id" UUID NOT NULL,
    "date" DATE NOT NULL,
    "name" VARCHAR(128) COLLATE "und-x-icu" NOT NULL,
    "is_substitute" BOOLEAN NOT NULL DEFAULT false,
    "source" VARCHAR(255),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "deleted_at" TIMESTAMPTZ(3),
    "deleted_by" UUID,

    CONSTRAINT "holidays_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "employees_live_order_idx" ON "hrm"."employees"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_updated_at_idx" ON "hrm"."employees"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_number_idx" ON "hrm"."employees"("number", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_name_idx" ON "hrm"."employees"("name", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_position_idx" ON "hrm"."employees"("position", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_employment_type_idx" ON "hrm"."employees"("employment_type", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_hired_on_idx" ON "hrm"."employees"("hired_on", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_live_left_on_idx" ON "hrm"."employees"("left_on", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "employees_user_id_idx" ON "hrm"."employees"("user_id");
CREATE INDEX "employees_department_id_idx" ON "hrm"."employees"("department_id");
CREATE INDEX "employees_branch_id_idx" ON "hrm"."employees"("branch_id");
CREATE INDEX "employees_manager_id_idx" ON "hrm"."employees"("manager_id");
CREATE UNIQUE INDEX "employees_number_live_key" ON "hrm"."employees"("number" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "employees_user_live_key" ON "hrm"."employees"("user_id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "assignments_live_order_idx" ON "hrm"."assignments"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "assignments_live_updated_at_idx" ON "hrm"."assignments"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "assignments_live_starts_on_idx" ON "hrm"."assignments"("starts_on", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "assignments_employee_id_idx" ON "hrm"."assignments"("employee_id");
CREATE INDEX "assignments_user_id_idx" ON "hrm"."assignments"("user_id");
CREATE INDEX "assignments_department_id_idx" ON "hrm"."assignments"("department_id");
CREATE INDEX "assignments_branch_id_idx" ON "hrm"."assignments"("branch_id");
CREATE INDEX "assignments_manager_id_idx" ON "hrm"."assignments"("manager_id");
CREATE UNIQUE INDEX "assignments_start_live_key" ON "hrm"."assignments"("employee_id", "starts_on") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_types_live_order_idx" ON "hrm"."leave_types"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "leave_types_code_live_key" ON "hrm"."leave_types"("code" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "leave_types_annual_live_key" ON "hrm"."leave_types"("is_annual") WHERE ("deleted_at" IS NULL AND "is_annual" = true);
CREATE INDEX "leave_entitlements_live_order_idx" ON "hrm"."leave_entitlements"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_entitlements_live_updated_at_idx" ON "hrm"."leave_entitlements"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_entitlements_live_year_idx" ON "hrm"."leave_entitlements"("year", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_entitlements_live_days_idx" ON "hrm"."leave_entitlements"("days", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_entitlements_employee_id_idx" ON "hrm"."leave_entitlements"("employee_id");
CREATE INDEX "leave_entitlements_user_id_idx" ON "hrm"."leave_entitlements"("user_id");
CREATE INDEX "leave_entitlements_leave_type_id_idx" ON "hrm"."leave_entitlements"("leave_type_id");
CREATE UNIQUE INDEX "leave_entitlements_live_key" ON "hrm"."leave_entitlements"("employee_id", "leave_type_id", "year") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_order_idx" ON "hrm"."leave_requests"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_updated_at_idx" ON "hrm"."leave_requests"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_starts_on_idx" ON "hrm"."leave_requests"("starts_on", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_ends_on_idx" ON "hrm"."leave_requests"("ends_on", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_days_idx" ON "hrm"."leave_requests"("days", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_status_idx" ON "hrm"."leave_requests"("status", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_live_decided_at_idx" ON "hrm"."leave_requests"("decided_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "leave_requests_employee_id_idx" ON "hrm"."leave_requests"("employee_id");
CREATE INDEX "leave_requests_user_id_idx" ON "hrm"."leave_requests"("user_id");
CREATE INDEX "leave_requests_leave_type_id_idx" ON "hrm"."leave_requests"("leave_type_id");
CREATE INDEX "attendance_records_live_order_idx" ON "hrm"."attendance_records"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE INDEX "attendance_records_live_updated_at_idx" ON "hrm"."attendance_records"("updated_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "attendance_records_live_work_date_idx" ON "hrm"."attendance_records"("work_date", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "attendance_records_live_clocked_in_at_idx" ON "hrm"."attendance_records"("clocked_in_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "attendance_records_live_clocked_out_at_idx" ON "hrm"."attendance_records"("clocked_out_at", "id") WHERE ("deleted_at" IS NULL);
CREATE INDEX "attendance_records_employee_id_work_date_idx" ON "hrm"."attendance_records"("employee_id", "work_date");
CREATE INDEX "attendance_records_user_id_idx" ON "hrm"."attendance_records"("user_id");
CREATE UNIQUE INDEX "attendance_records_open_key" ON "hrm"."attendance_records"("employee_id") WHERE ("clocked_out_at" IS NULL AND "deleted_at" IS NULL);
CREATE INDEX "attendance_corrections_record_id_requested_at_id_idx" ON "hrm"."attendance_corrections"("record_id", "requested_at" DESC, "id" DESC);
CREATE INDEX "attendance_corrections_employee_id_requested_at_id_idx" ON "hrm"."attendance_corrections"("employee_id", "requested_at" DESC, "id" DESC);
CREATE UNIQUE INDEX "attendance_corrections_pending_key" ON "hrm"."attendance_corrections"("record_id") WHERE ("decided_at" IS NULL);
CREATE UNIQUE INDEX "attendance_corrections_pending_day_key" ON "hrm"."attendance_corrections"("employee_id", "work_date") WHERE ("decided_at" IS NULL AND "record_id" IS NULL);
CREATE INDEX "holidays_live_order_idx" ON "hrm"."holidays"("created_at" DESC, "id" DESC) WHERE ("deleted_at" IS NULL);
CREATE UNIQUE INDEX "holidays_date_name_live_key" ON "hrm"."holidays"("date", "name" COLLATE "C") WHERE ("deleted_at" IS NULL);
CREATE INDEX "departments_head_id_idx" ON "sys"."departments"("head_id");

ALTER TABLE "hrm"."employees" ADD CONSTRAINT "employees_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."employees" ADD CONSTRAINT "employees_department_id_fkey" FOREIGN KEY ("department_id") REFERENCES "sys"."departments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."employees" ADD CONSTRAINT "employees_branch_id_fkey" FOREIGN KEY ("branch_id") REFERENCES "sys"."branches"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."employees" ADD CONSTRAINT "employees_manager_id_fkey" FOREIGN KEY ("manager_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."assignments" ADD CONSTRAINT "assignments_employee_id_fkey" FOREIGN KEY ("employee_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."assignments" ADD CONSTRAINT "assignments_department_id_fkey" FOREIGN KEY ("department_id") REFERENCES "sys"."departments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."assignments" ADD CONSTRAINT "assignments_branch_id_fkey" FOREIGN KEY ("branch_id") REFERENCES "sys"."branches"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."assignments" ADD CONSTRAINT "assignments_manager_id_fkey" FOREIGN KEY ("manager_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."leave_entitlements" ADD CONSTRAINT "leave_entitlements_employee_id_fkey" FOREIGN KEY ("employee_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."leave_entitlements" ADD CONSTRAINT "leave_entitlements_leave_type_id_fkey" FOREIGN KEY ("leave_type_id") REFERENCES "hrm"."leave_types"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."leave_requests" ADD CONSTRAINT "leave_requests_employee_id_fkey" FOREIGN KEY ("employee_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."leave_requests" ADD CONSTRAINT "leave_requests_leave_type_id_fkey" FOREIGN KEY ("leave_type_id") REFERENCES "hrm"."leave_types"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."attendance_records" ADD CONSTRAINT "attendance_records_employee_id_fkey" FOREIGN KEY ("employee_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."attendance_corrections" ADD CONSTRAINT "attendance_corrections_employee_id_fkey" FOREIGN KEY ("employee_id") REFERENCES "hrm"."employees"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "hrm"."attendance_corrections" ADD CONSTRAINT "attendance_corrections_record_id_fkey" FOREIGN KEY ("record_id") REFERENCES "hrm"."attendance_records"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sys"."departments" ADD CONSTRAINT "departments_head_id_fkey" FOREIGN KEY ("head_id") REFERENCES "sys"."users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "hrm"."employees"
  ADD CONSTRAINT "employees_left_on_check" CHECK ("left_on" >= "hired_on");

ALTER TABLE "hrm"."leave_types"
  ADD CONSTRAINT "leave_types_max_carry_over_days_check" CHECK ("max_carry_over_days" >= 0);

ALTER TABLE "hrm"."leave_entitlements"
  ADD CONSTRAINT "leave_entitlements_year_check" CHECK ("year" BETWEEN 1900 AND 2999),
  ADD CONSTRAINT "leave_entitlements_days_check" CHECK ("days" >= 0 AND "carried_over_days" >= 0);

-- GiST can't compare UUIDs without an extension, which a server may lack. An address of IPv6 has as many bits, and an
-- operator class of its own.
-- Half days are counted: the morning of a day is an even number, its afternoon the next.
ALTER TABLE "hrm"."leave_requests"
  ADD CONSTRAINT "leave_requests_ends_on_check"
    CHECK ("ends_on" > "starts_on" OR ("ends_on" = "starts_on" AND NOT ("starts_at_noon" AND "ends_at_noon"))),
  ADD CONSTRAINT "leave_requests_days_check" CHECK ("days" > 0),
  ADD CONSTRAINT "leave_requests_status_check" CHECK (
    CASE "status"
      WHEN 'PENDING' THEN "decided_at" IS NULL AND "cancelled_at" IS NULL
      WHEN 'CANCELLED' THEN "cancelled_at" IS NOT NULL
      ELSE "decided_at" IS NOT NULL AND "cancelled_at" IS NULL
    END
  ),
  ADD CONSTRAINT "leave_requests_overlap" EXCLUDE USING gist (
    (regexp_replace(replace("employee_id"::text, '-', ''), '(.{4})(?=.)', '\1:', 'g')::inet) inet_ops WITH =,
    int4range(
      2 * ("starts_on" - DATE '1970-01-01') + "starts_at_noon"::int,
      2 * ("ends_on" - DATE '1970-01-01') + 2 - "ends_at_noon"::int
    ) WITH &&
  ) WHERE ("status" IN ('PENDING', 'APPROVED') AND "deleted_at" IS NULL);

ALTER TABLE "hrm"."attendance_records"
  ADD CONSTRAINT "attendance_records_clocked_out_at_check" CHECK ("clocked_out_at" >= "clocked_in_at");

ALTER TABLE "hrm"."attendance_corrections"
  ADD CONSTRAINT "attendance_corrections_clocked_out_at_check" CHECK ("clocked_out_at" >= "clocked_in_at"),
  ADD CONSTRAINT "attendance_corrections_status_check" CHECK (("status" = 'PENDING') = ("decided_at" IS NULL));

-- What belongs to an employee belongs to their account, for row scopes. The employee is locked, so that no row keeps an
-- account that the employee has lost in the meantime.
CREATE FUNCTION "hrm"."take_user_of_employee" () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW."user_id" := (SELECT "user_id" FROM "hrm"."employees" WHERE "id" = NEW."employee_id" FOR SHARE);
  RETURN NEW;
END
$$;

CREATE FUNCTION "hrm"."pass_user_of_employee" () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  UPDATE "hrm"."assignments" SET "user_id" = NEW."user_id" WHERE "employee_id" = NEW."id";
  UPDATE "hrm"."leave_entitlements" SET "user_id" = NEW."user_id" WHERE "employee_id" = NEW."id";
  UPDATE "hrm"."leave_requests" SET "user_id" = NEW."user_id" WHERE "employee_id" = NEW."id";
  UPDATE "hrm"."attendance_records" SET "user_id" = NEW."user_id" WHERE "employee_id" = NEW."id";
  UPDATE "hrm"."attendance_corrections" SET "user_id" = NEW."user_id" WHERE "employee_id" = NEW."id";
  RETURN NULL;
END
$$;

CREATE TRIGGER "take_user_of_employee" BEFORE INSERT OR UPDATE OF "employee_id", "user_id" ON "hrm"."assignments"
  FOR EACH ROW EXECUTE FUNCTION "hrm"."take_user_of_employee"();
CREATE TRIGGER "take_user_of_employee" BEFORE INSERT OR UPDATE OF "employee_id", "user_id" ON "hrm"."leave_entitlements"
  FOR EACH ROW EXECUTE FUNCTION "hrm"."take_user_of_employee"();
CREATE TRIGGER "take_user_of_employee" BEFORE INSERT OR UPDATE OF "employee_id", "user_id" ON "hrm"."leave_requests"
  FOR EACH ROW EXECUTE FUNCTION "hrm"."take_user_of_employee"();
CREATE TRIGGER "take_user_of_employee" BEFORE INSERT OR UPDATE OF "employee_id", "user_id" ON "hrm"."attendance_records"
  FOR EACH ROW EXECUTE FUNCTION "hrm"."take_user_of_employee"();
CREATE TRIGGER "take_user_of_employee" BEFORE INSERT OR UPDATE OF "employee_id", "user_id" ON "hrm"."attendance_corrections"
  FOR EACH ROW EXECUTE FUNCTION "hrm"."take_user_of_employee"();
CREATE TRIGGER "pass_user_of_employee" AFTER UPDATE OF "user_id" ON "hrm"."employees"
  FOR EACH ROW WHEN (OLD."user_id" IS DISTINCT FROM NEW."user_id") EXECUTE FUNCTION "hrm"."pass_user_of_employee"();

-- What a Korean company can do without on no first day; each may be renamed or removed.
INSERT INTO "hrm"."leave_types" ("id", "code", "name", "description", "is_paid", "is_annual", "is_limited")
VALUES
  (gen_random_uuid(), 'ANNUAL', '연차휴가', '근로기준법 제60조에 따른 유급휴가', true, true, true),
  (gen_random_uuid(), 'SICK', '병가', '업무 외 질병이나 부상으로 쉬는 휴가', false, false, false),
  (gen_random_uuid(), 'FAMILY', '경조휴가', '결혼, 출산, 상 등 경조사에 쓰는 휴가', true, false, false),
  (gen_random_uuid(), 'OFFICIAL', '공가', '예비군 훈련, 건강검진 등 법령이 정한 사유로 쉬는 휴가', true, false, false);

SELECT "sys"."watch_changes"('"hrm"."employees"');
SELECT "sys"."watch_changes"('"hrm"."assignments"');
SELECT "sys"."watch_changes"('"hrm"."leave_types"');
SELECT "sys"."watch_changes"('"hrm"."leave_entitlements"');
SELECT "sys"."watch_changes"('"hrm"."leave_requests"');
SELECT "sys"."watch_changes"('"hrm"."attendance_records"');
SELECT "sys"."watch_changes"('"hrm"."attendance_corrections"');
SELECT "sys"."watch_changes"('"hrm"."holidays"');

SELECT "sys"."name_owners"('"hrm"."employees"', 'Employee', 'user_id');
SELECT "sys"."name_owners"('"hrm"."assignments"', 'Assignment', 'user_id');
SELECT "sys"."name_owners"('"hrm"."leave_entitlements"', 'LeaveEntitlement', 'user_id');
SELECT "sys"."name_owners"('"hrm"."leave_requests"', 'LeaveRequest', 'user_id');
SELECT "sys"."name_owners"('"hrm"."attendance_records"', 'AttendanceRecord', 'user_id');
SELECT "sys"."name_owners"('"hrm"."attendance_corrections"', 'AttendanceCorrection', 'user_id');

SELECT "sys"."raise_data_version"();
