import { z } from 'zod';
import { auditUserId } from '../../auth/viewer.ts';
import type { Handover } from '../../entities/entity.ts';

const momentsSchema = z.array(z.object({ at: z.date() }));

/**
 * Records that deals move from one stage to another, by the database's clock: processes have others.
 * @returns when; null when there are no such deals.
 */
export async function recordMoves(
  { transaction, actor, ids, from, to }: Handover,
  reason: string | null = null,
): Promise<Date | null> {
  const author = auditUserId(actor.viewer);
  // Not the transaction's time: who has waited for another move would come before it.
  const rows = await transaction.$queryRaw`
    WITH "clock" AS (SELECT date_trunc('milliseconds', clock_timestamp()) AS "at"),
    "moved" AS (
      INSERT INTO "crm"."deal_moves"
        ("id", "deal_id", "from_stage_id", "to_stage_id", "moved_at", "moved_by", "seconds_in_stage", "reason")
      SELECT gen_random_uuid(), "deals"."id", ${from}::uuid, ${to}::uuid, "clock"."at", ${author}::uuid,
        LEAST(GREATEST(floor(extract(epoch FROM "clock"."at" - "deals"."stage_entered_at")), 0), 2147483647)::int,
        ${reason}::text
      FROM "crm"."deals", "clock" WHERE "deals"."id" = ANY (${[...ids]}::uuid[])
      RETURNING "deal_id", "moved_at"
    )
    UPDATE "crm"."deals" SET "stage_entered_at" = "moved"."moved_at" FROM "moved"
    WHERE "deals"."id" = "moved"."deal_id" RETURNING "moved"."moved_at" AS "at"`;
  return momentsSchema.parse(rows)[0]?.at ?? null;
}

/** What to write with a new deal, besides its columns: the stage in which it begins is the first step of its history. */
export async function firstMove({ transaction, actor }: Pick<Handover, 'transaction' | 'actor'>, to: string) {
  const rows = await transaction.$queryRaw`SELECT date_trunc('milliseconds', clock_timestamp()) AS "at"`;
  const movedAt = momentsSchema.parse(rows)[0]?.at;
  const move = { toStageId: to, movedBy: auditUserId(actor.viewer), movedAt };
  return { stageEnteredAt: movedAt, moves: { create: move } };
}
