import { z } from 'zod';
import type { TenantDatabase } from './tenant-client.ts';

const clockSchema = z.tuple([z.object({ milliseconds: z.number() })]);

/** Reads the database's clock, which all processes share: the moment of this statement, whenever its transaction began. */
export async function readDatabaseClock(db: TenantDatabase): Promise<Date> {
  const rows = await db.$queryRaw`
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "milliseconds"`;
  const [{ milliseconds }] = clockSchema.parse(rows);
  return new Date(milliseconds);
}
