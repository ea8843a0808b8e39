import type { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { type Viewer, visibleOwners } from '../../auth/viewer.ts';
import { dayAt } from '../../calendar/days.ts';
import { daysOfMonth, momentOn } from '../../calendar/months.ts';
import { readDatabaseClock } from '../../db/database-clock.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { message, ValidationFailedError } from '../../errors/index.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { departmentsLedBy, departmentsWithin } from '../employees/department-heads.service.ts';
import { readWorkingDays } from '../holidays/working-calendar.service.ts';

/** When a company works. */
export interface CompanyTime {
  readonly timeZone: string;
  /** The time of day at which work begins, such as `09:00`. */
  readonly start: string;
  readonly minutesPerDay: number;
}

/** What to sum up. */
export interface SummaryFilter {
  /** Such as `2026-11`. */
  readonly month: string;
  readonly employeeId: string | undefined;
  /** With all departments below it. */
  readonly departmentId: string | undefined;
}

const decimal = z.string().transform((text) => new Prisma.Decimal(text));

const sumSchema = z.object({
  employeeId: z.string(),
  workingDays: z.int(),
  workedMinutes: z.int(),
  lateCount: z.int(),
  lateMinutes: z.int(),
  absentDays: decimal,
  leaveDays: decimal,
  leaveMinutes: z.int(),
});

/** A month of an employee, summed up. */
export type AttendanceSum = z.output<typeof sumSchema>;

const maximumEmployees = 500;

/**
 * Sums up a month of all employees whom the viewer may ask about: of whom they may read the attendance, or whose
 * department they lead. One statement does it for all of them, and another reads the holidays.
 * @throws {ValidationFailedError} when the month is none, or when there are too many employees.
 */
export async function sumUpAttendance(
  db: TenantDatabase,
  viewer: Viewer,
  time: CompanyTime,
  filter: SummaryFilter,
): Promise<AttendanceSum[]> {
  const days = daysOfMonth(filter.month);
  const [first, last] = [days?.at(0), days?.at(-1)];
  if (!days || !first || !last) {
    throw new ValidationFailedError([{ path: ['month'], message: message('field.month') }]);
  }
  const worksOn = await readWorkingDays(db, first, last);
  const calendar = { days, worksOn, today: dayAt(await readDatabaseClock(db), time.timeZone) };
  const rows = await db.$queryRaw(summaryStatement(viewer, time, filter, calendar));
  const sums = z.array(sumSchema).parse(rows);
  if (sums.length > maximumEmployees) {
    throw new ValidationFailedError([
      { path: ['departmentId'], message: message('field.tooManyEmployees', { maximum: maximumEmployees }) },
    ]);
  }
  return sums;
}

interface MonthCalendar {
  readonly days: readonly Temporal.PlainDate[];
  readonly worksOn: (day: Temporal.PlainDate) => boolean;
  readonly today: Temporal.PlainDate;
}

/**
 * The moments at which work begins are found beforehand, so that the server needs to know nothing of time zones. Halves
 * of days are counted, and halved at the end.
 */
function summaryStatement(
  viewer: Viewer,
  { timeZone, start, minutesPerDay }: CompanyTime,
  { employeeId, departmentId }: SummaryFilter,
  { days, worksOn, today }: MonthCalendar,
): Prisma.Sql {
  const texts = days.map(String);
  const starts = days.map((day) => momentOn(day, start, timeZone).toISOString());
  const working = days.map((day) => String(worksOn(day)));
  const [first, last] = [texts.at(0) ?? '', texts.at(-1) ?? ''];
  const conditions = [
    Prisma.sql`"deleted_at" IS NULL`,
    Prisma.sql`"hired_on" <= ${last}::date`,
    Prisma.sql`("left_on" IS NULL OR "left_on" >= ${first}::date)`,
    reachOf(viewer),
    ...(employeeId === undefined ? [] : [Prisma.sql`"id" = ${employeeId}::uuid`]),
    ...(departmentId === undefined
      ? []
      : [Prisma.sql`"department_id" IN (${departmentsWithin(departmentId)})`]),
  ];
  return Prisma.sql`
    WITH "days" AS (
      SELECT * FROM unnest(${texts}::date[], ${starts}::timestamptz[], ${working}::boolean[])
        AS "days" ("day", "starts_at", "is_working")
    ), "people" AS (
      SELECT "id", "number", "hired_on", COALESCE("left_on", 'infinity'::date) AS "left_on" FROM "hrm"."employees"
      WHERE ${Prisma.join(conditions, ' AND ')}
      ORDER BY "number", "id" LIMIT ${maximumEmployees + 1}
    ), "attended" AS (
      SELECT "employee_id", "work_date", min("clocked_in_at") AS "came_at",
        COALESCE(sum(extract(epoch FROM "clocked_out_at" - "clocked_in_at")), 0) AS "seconds"
      FROM "hrm"."attendance_records"
      WHERE "employee_id" IN (SELECT "id" FROM "people") AND "deleted_at" IS NULL
        AND "work_date" BETWEEN ${first}::date AND ${last}::date
      GROUP BY "employee_id", "work_date"
    ), "halves_off" AS (
      SELECT "employee_id", "day",
        NOT ("starts_at_noon" AND "day" = "starts_on") AS "is_morning_off",
        NOT ("ends_at_noon" AND "day" = "ends_on") AS "is_afternoon_off"
      FROM "hrm"."leave_requests" JOIN "days" ON "day" BETWEEN "starts_on" AND "ends_on"
      WHERE "employee_id" IN (SELECT "id" FROM "people") AND "status" = 'APPROVED' AND "deleted_at" IS NULL
        AND "starts_on" <= ${last}::date AND "ends_on" >= ${first}::date
    ), "off" AS (
      SELECT "employee_id", "day", bool_or("is_morning_off") AS "is_morning_off",
        LEAST(2, sum("is_morning_off"::int + "is_afternoon_off"::int)) AS "halves"
      FROM "halves_off" GROUP BY "employee_id", "day"
    ), "each" AS (
      SELECT "people"."id", "people"."number",
        "is_working" AND "days"."day" BETWEEN "hired_on" AND "left_on" AS "is_due",
        "days"."day" < ${today.toString()}::date AS "is_past",
        "attended"."seconds", "attended"."came_at" - "days"."starts_at" AS "delay",
        COALESCE("off"."is_morning_off", false) AS "is_morning_off", COALESCE("off"."halves", 0) AS "halves"
      FROM "people" CROSS JOIN "days"
        LEFT JOIN "attended" ON "attended"."employee_id" = "people"."id" AND "attended"."work_date" = "days"."day"
        LEFT JOIN "off" ON "off"."employee_id" = "people"."id" AND "off"."day" = "days"."day"
    )
    SELECT "id"::text AS "employeeId",
      (count(*) FILTER (WHERE "is_due"))::int AS "workingDays",
      floor(COALESCE(sum("seconds"), 0) / 60)::int AS "workedMinutes",
      (count(*) FILTER (WHERE "is_due" AND NOT "is_morning_off" AND "delay" > '0'))::int AS "lateCount",
      COALESCE(sum(floor(extract(epoch FROM "delay") / 60))
        FILTER (WHERE "is_due" AND NOT "is_morning_off" AND "delay" > '0'), 0)::int AS "lateMinutes",
      (COALESCE(sum(2 - "halves") FILTER (WHERE "is_due" AND "is_past" AND "seconds" IS NULL), 0) * 0.5)::text
        AS "absentDays",
      (COALESCE(sum("halves") FILTER (WHERE "is_due"), 0) * 0.5)::text AS "leaveDays",
      round(COALESCE(sum("halves") FILTER (WHERE "is_due"), 0) * 0.5 * ${minutesPerDay}::int)::int AS "leaveMinutes"
    FROM "each" GROUP BY "id", "number" ORDER BY "number", "id"`;
}

/** The condition for the employees whom the viewer may ask about. */
function reachOf(viewer: Viewer): Prisma.Sql {
  const owners = visibleOwners(viewer, 'attendance:read');
  if (owners === 'everybody') return Prisma.sql`TRUE`;
  return Prisma.sql`("user_id" = ANY (${[...owners]}::uuid[]) OR "department_id" IN (${departmentsLedBy(viewer.userId)}))`;
}
