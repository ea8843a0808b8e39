import { koreanHolidays, koreanHolidaysSource } from '../../catalogue/korean-holidays.ts';
import type { RunStatement } from './reconcile-rights.ts';

/** Deleted ones count as well: what a company has removed doesn't come back. */
const holidays = `
  INSERT INTO hrm.holidays (id, date, name, is_substitute, source)
  SELECT gen_random_uuid(), date, name, "isSubstitute", $2
  FROM jsonb_to_recordset($1::jsonb) AS wanted (date date, name text, "isSubstitute" boolean)
  WHERE NOT EXISTS (SELECT FROM hrm.holidays AS known WHERE known.date = wanted.date AND known.name = wanted.name)
  ON CONFLICT (date, name) WHERE deleted_at IS NULL DO NOTHING`;

/**
 * Adds Korea's public holidays of a year and the next to a tenant's database, but for those that were there once. Run
 * again, it changes nothing.
 */
export async function reconcileHolidays(run: RunStatement, year: number): Promise<void> {
  await run(holidays, [JSON.stringify(koreanHolidays(year)), koreanHolidaysSource]);
}
