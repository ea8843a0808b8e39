import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import { readDay, writeDay } from '../../db/days.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { visibleRowsInSql } from '../../entities/row-scope.ts';
import { Prisma } from '../../generated/tenant/client.ts';

/** The deals to sum up. */
export interface SummaryFilter {
  readonly pipelineId: string;
  /** Days in the tenant's time zone, both included. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly ownerId: string | null;
  readonly timeZone: string;
}

const decimal = z.string().transform((text) => new Prisma.Decimal(text));

const sumSchema = z.object({
  stageId: z.string().nullable(),
  month: z.string().transform(readDay).nullable(),
  currency: z.string(),
  count: z.int(),
  amount: decimal,
  weightedAmount: decimal,
  wonCount: z.int(),
  wonAmount: decimal,
  lostCount: z.int(),
  lostAmount: decimal,
});

/** The sums over deals of one currency that are in one stage, or were closed in one month. */
type DealSum = z.output<typeof sumSchema>;

/** Sums of a stage, in one currency. */
export type StageSum = DealSum & { readonly stageId: string };

/** Sums of a month, in one currency; the month is its first day. */
export type MonthSum = DealSum & { readonly month: Date };

/**
 * Sums up the deals of a pipeline that exist for the viewer: by stage and by the month in which they were won or lost,
 * each by currency, in one statement.
 */
export async function sumUpDeals(
  db: TenantDatabase,
  viewer: Viewer,
  filter: SummaryFilter,
): Promise<{ readonly stages: StageSum[]; readonly months: MonthSum[] }> {
  const rows = await db.$queryRaw(summaryStatement(viewer, filter));
  const sums = z.array(sumSchema).parse(rows);
  return {
    stages: sums.flatMap(({ stageId, ...sum }) => (stageId === null ? [] : [{ ...sum, stageId }])),
    months: sums.flatMap(({ month, ...sum }) => (month === null ? [] : [{ ...sum, month }])),
  };
}

/** The statement of {@link sumUpDeals}. Sums are `numeric` in SQL and text in its answer, so that no digit is lost. */
export function summaryStatement(
  viewer: Viewer,
  { pipelineId, from, to, ownerId, timeZone }: SummaryFilter,
): Prisma.Sql {
  const conditions = [
    Prisma.sql`"stages"."pipeline_id" = ${pipelineId}::uuid`,
    Prisma.sql`"stages"."deleted_at" IS NULL`,
    Prisma.sql`"deals"."deleted_at" IS NULL`,
    visibleRowsInSql('Deal', viewer, 'read', 'deals'),
    ...(ownerId === null ? [] : [Prisma.sql`"deals"."owner_id" = ${ownerId}::uuid`]),
    ...(from === null ? [] : [sinceDay(writeDay(from), timeZone)]),
    ...(to === null ? [] : [untilDay(writeDay(to), timeZone)]),
  ];
  return Prisma.sql`
    WITH "counted" AS (
      SELECT "stages"."id" AS "stage_id", "stages"."probability", "stages"."outcome",
        "deals"."currency", COALESCE("deals"."amount", 0) AS "amount",
        CASE WHEN "stages"."outcome" <> 'OPEN' THEN
          date_trunc('month', "deals"."closed_at" AT TIME ZONE ${timeZone}::text)::date
        END AS "month"
      FROM "crm"."stages" JOIN "crm"."deals" ON "deals"."stage_id" = "stages"."id"
      WHERE ${Prisma.join(conditions, ' AND ')}
    )
    SELECT "stage_id"::text AS "stageId", to_char("month", 'YYYY-MM-DD') AS "month", "currency",
      count(*)::int AS "count",
      sum("amount")::text AS "amount",
      (sum("amount" * "probability") * 0.01)::text AS "weightedAmount",
      (count(*) FILTER (WHERE "outcome" = 'WON'))::int AS "wonCount",
      COALESCE(sum("amount") FILTER (WHERE "outcome" = 'WON'), 0)::text AS "wonAmount",
      (count(*) FILTER (WHERE "outcome" = 'LOST'))::int AS "lostCount",
      COALESCE(sum("amount") FILTER (WHERE "outcome" = 'LOST'), 0)::text AS "lostAmount"
    FROM "counted"
    GROUP BY GROUPING SETS (("stage_id", "currency"), ("month", "currency"))
    HAVING "stage_id" IS NOT NULL OR "month" IS NOT NULL
    ORDER BY "month", "currency" COLLATE "C"`;
}

/** Open deals have a day on which they are expected to close; the others were closed at a moment. */
function sinceDay(day: string, timeZone: string): Prisma.Sql {
  return Prisma.sql`CASE WHEN "stages"."outcome" = 'OPEN' THEN "deals"."expected_close_on" >= ${day}::date
    ELSE "deals"."closed_at" >= ${day}::date::timestamp AT TIME ZONE ${timeZone}::text END`;
}

function untilDay(day: string, timeZone: string): Prisma.Sql {
  return Prisma.sql`CASE WHEN "stages"."outcome" = 'OPEN' THEN "deals"."expected_close_on" <= ${day}::date
    ELSE "deals"."closed_at" < (${day}::date + 1)::timestamp AT TIME ZONE ${timeZone}::text END`;
}
