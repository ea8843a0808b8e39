import { z } from 'zod';
import type { TenantDatabase } from '../../db/tenant-client.ts';

const rowsSchema = z.array(z.object({ id: z.string() }));

/** Returns the id of the live customer that has taken over a merged one, perhaps through others; null without one. */
export async function findSuccessor(db: TenantDatabase, id: string): Promise<string | null> {
  const rows = await db.$queryRaw`
    WITH RECURSIVE "path" AS (
      SELECT "merged_into_id" AS "id" FROM "crm"."customers"
      WHERE "id" = ${id}::uuid AND "deleted_at" IS NOT NULL
      UNION
      SELECT "next"."merged_into_id" FROM "path" JOIN "crm"."customers" AS "next" ON "next"."id" = "path"."id"
      WHERE "next"."deleted_at" IS NOT NULL
    )
    SELECT "id" FROM "path" JOIN "crm"."customers" USING ("id") WHERE "deleted_at" IS NULL`;
  return rowsSchema.parse(rows)[0]?.id ?? null;
}
