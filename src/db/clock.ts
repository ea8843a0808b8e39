import { z } from 'zod';
import type { TenantDatabase } from './tenant-client.ts';

const rowsSchema = z.tuple([z.object({ now: z.date() })]);

/** Reads the time of a tenant's database, which is the same for all processes of the API. */
export async function readClock(db: TenantDatabase): Promise<Date> {
  const [{ now }] = rowsSchema.parse(await db.$queryRaw`SELECT CURRENT_TIMESTAMP AS "now"`);
  return now;
}
